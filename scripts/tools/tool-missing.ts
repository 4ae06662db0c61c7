/** A program Clarion needs could not be had; the message is one line that ends with the remedy. */
export class ToolMissing extends Error {
  readonly tool: string

  constructor(tool: string, tried: readonly string[], remedy: string) {
    const reasons = tried.length === 0 ? '' : ` (${tried.map(oneLine).join('; ')})`
    super(`${tool} is missing${reasons}. ${oneLine(remedy)}`)
    this.name = 'ToolMissing'
    this.tool = tool
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
