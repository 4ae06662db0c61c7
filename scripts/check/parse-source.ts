import { parseSync } from '@swc/core'

export interface ImportOf {
  specifier: string
  /** Erased before the code runs. */
  isType: boolean
  line: number
}

export interface FunctionOf {
  name: string
  line: number
  lines: number
}

export interface ParsedSource {
  imports: ImportOf[]
  /** Functions with a body of statements; one-expression arrows would hide the long ones. */
  functions: FunctionOf[]
  exportedNames: string[]
  /** Lines that say `any` as a type. */
  anyLines: number[]
  lines: number
  commentLines: number
  /** Lines that switch a check off. */
  suppressionLines: number[]
}

interface Node {
  readonly [field: string]: unknown
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']
const METHODS = ['ClassMethod', 'PrivateMethod', 'MethodProperty', 'Constructor']
const SUPPRESSION = /^\s*(?:\/\/|\/?\*).*(?:@ts-(?:ignore|expect-error|nocheck)|biome-ignore)/

/** Facts about one TypeScript file that the rules and budgets are about. */
export function parseSource(text: string): ParsedSource {
  // A statement in front makes the module's span begin at byte 0 of what we parse.
  const module = parseSync(`;${text}`, { syntax: 'typescript', target: 'es2024' })
  const lineAt = lineFinder(text, module.span.start + 1)
  const parsed: ParsedSource = {
    imports: [],
    functions: [],
    exportedNames: [],
    anyLines: [],
    ...countLines(text),
  }
  for (const statement of module.body) parsed.exportedNames.push(...exportsOf(asNode(statement)))
  visit(asNode(module), (node) => collect(node, parsed, lineAt))
  return parsed
}

function collect(node: Node, parsed: ParsedSource, lineAt: (byte: number) => number): void {
  const found = importOf(node)
  const { start, end } = spanOf(node)
  if (found !== undefined) parsed.imports.push({ ...found, line: lineAt(start) })
  if (node.type === 'TsKeywordType' && node.kind === 'any') parsed.anyLines.push(lineAt(start))
  if (!isFunctionWithBody(node)) return
  const line = lineAt(start)
  parsed.functions.push({ name: nameOf(node), line, lines: lineAt(end - 1) - line + 1 })
}

function importOf(node: Node): Omit<ImportOf, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
      return from(node.source, node.typeOnly === true || allTypes(node.specifiers))
    case 'ExportAllDeclaration':
      return from(node.source, node.typeOnly === true)
    case 'TsImportType':
      return from(node.argument, true)
    case 'CallExpression': {
      if (!isNode(node.callee) || node.callee.type !== 'Import') return undefined
      const [first] = Array.isArray(node.arguments) ? node.arguments : []
      return isNode(first) ? from(first.expression, false) : undefined
    }
    default:
      return undefined
  }
}

function from(source: unknown, isType: boolean): Omit<ImportOf, 'line'> | undefined {
  if (!isNode(source) || typeof source.value !== 'string') return undefined
  return { specifier: source.value, isType }
}

function allTypes(specifiers: unknown): boolean {
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false
  return specifiers.every((one) => isNode(one) && one.isTypeOnly === true)
}

function isFunctionWithBody(node: Node): boolean {
  const type = String(node.type)
  if (METHODS.includes(type)) return true
  if (!FUNCTIONS.includes(type) || !isNode(node.body)) return false
  return node.body.type === 'BlockStatement' || node.body.type === 'FunctionBody'
}

function nameOf(node: Node): string {
  const named = isNode(node.identifier) ? node.identifier : node.key
  return isNode(named) && typeof named.value === 'string' ? named.value : '(anonymous)'
}

function exportsOf(statement: Node): string[] {
  if (statement.type === 'ExportNamedDeclaration' && Array.isArray(statement.specifiers)) {
    return statement.specifiers.flatMap((one) =>
      isNode(one) ? namesIn(one.exported ?? one.orig) : [],
    )
  }
  if (statement.type !== 'ExportDeclaration' || !isNode(statement.declaration)) return []
  const { declarations, identifier, id } = statement.declaration
  if (!Array.isArray(declarations)) return namesIn(identifier ?? id)
  return declarations.flatMap((one) => (isNode(one) ? namesIn(one.id) : []))
}

function namesIn(name: unknown): string[] {
  return isNode(name) && typeof name.value === 'string' ? [name.value] : []
}

function countLines(text: string) {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  let inBlock = false
  const isComment = lines.map((line) => {
    const trimmed = line.trim()
    const begins = inBlock || trimmed.startsWith('/*')
    inBlock = begins && !trimmed.includes('*/')
    return begins || trimmed.startsWith('//')
  })
  return {
    lines: lines.length,
    commentLines: isComment.filter(Boolean).length,
    suppressionLines: lines.flatMap((line, index) => (SUPPRESSION.test(line) ? [index + 1] : [])),
  }
}

/** swc counts UTF-8 bytes, from a base that differs from call to call in some versions. */
function lineFinder(text: string, base: number): (byte: number) => number {
  const starts = [0]
  const bytes = Buffer.from(text)
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1)
  return (byte) => {
    const next = starts.findIndex((start) => start > byte - base)
    return next === -1 ? starts.length : next
  }
}

function spanOf(node: Node): { start: number; end: number } {
  const { span } = node
  if (!isNode(span)) return { start: 0, end: 0 }
  return { start: Number(span.start), end: Number(span.end) }
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node)
  for (const child of Object.values(node)) {
    const children = Array.isArray(child) ? child : [child]
    for (const one of children) if (isNode(one)) visit(one, see)
  }
}

function asNode(value: unknown): Node {
  if (isNode(value)) return value
  throw new Error('swc gave something that is no syntax tree')
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}
