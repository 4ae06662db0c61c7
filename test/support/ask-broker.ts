/**
 * Asks jest's main process for a server; it starts the server at the first question.
 * Answers the text fields of the broker's answer, such as `address`.
 */
export async function askBroker(path: string): Promise<(field: string) => string> {
  const broker = process.env.CLARION_TEST_BROKER
  if (!broker)
    throw new Error('No broker: run test files through jest, whose globalSetup starts it')
  const response = await fetch(`${broker}${path}`)
  const answer: unknown = await response.json()
  const fields = new Map(Object.entries(answer ?? {}))
  if (fields.has('problem')) throw new Error(String(fields.get('problem')))
  return (field) => {
    const value = fields.get(field)
    if (typeof value !== 'string') throw new Error(`The broker's ${path} has no ${field}`)
    return value
  }
}
