import { refuse, unknownField } from './errors.ts'

/** A parsed `fields` parameter: each name with what is selected below it. */
export type Fields = Map<string, Fields | undefined>

/** A Graph node; a resolver gets what is selected below its field, and omits by undefined. */
export interface GraphNode {
  type: string
  defaults: readonly string[]
  values: Record<string, (below?: Fields) => unknown>
}

/**
 * Field expansion: `id,picture.type(large){url}`. Modifiers are read and have no effect.
 * https://developers.facebook.com/docs/graph-api/guides/field-expansion/
 */
export function parseFields(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined
  const reader = { text: text.replaceAll(/\s/g, ''), at: 0 }
  const fields = readList(reader)
  if (reader.at < reader.text.length) throw syntaxError(reader)
  return fields
}

/** The selected fields of a node, and always its id; refuses fields it does not have. */
export function present(node: GraphNode, fields: Fields | undefined): Record<string, unknown> {
  const wanted: Fields = fields ?? new Map(node.defaults.map((name) => [name, undefined]))
  const shown: Record<string, unknown> = {}
  for (const [name, below] of wanted) {
    const resolve = Object.hasOwn(node.values, name) ? node.values[name] : undefined
    if (resolve === undefined) throw refuse(unknownField(name, node.type))
    const value = resolve(below)
    if (value !== undefined) shown[name] = value
  }
  if (node.values.id !== undefined) shown.id = node.values.id()
  return shown
}

/** `picture` of users and pages, which is an edge with one entry. */
export function picture(url: string): (below?: Fields) => unknown {
  const source: GraphNode = {
    type: 'ProfilePictureSource',
    defaults: ['height', 'is_silhouette', 'url', 'width'],
    values: { height: () => 50, is_silhouette: () => false, url: () => url, width: () => 50 },
  }
  return (below) => ({ data: present(source, below) })
}

interface Reader {
  text: string
  at: number
}

function readList(reader: Reader): Fields {
  const fields: Fields = new Map()
  for (;;) {
    const name = take(reader, /[A-Za-z0-9_]+/y)
    if (name === undefined) throw syntaxError(reader)
    while (take(reader, /\.[a-z_]+\([^()]*\)/y) !== undefined);
    fields.set(name, readBelow(reader))
    if (take(reader, /,/y) === undefined) return fields
  }
}

function readBelow(reader: Reader): Fields | undefined {
  if (take(reader, /\{/y) === undefined) return undefined
  const below = readList(reader)
  if (take(reader, /\}/y) === undefined) throw syntaxError(reader)
  return below
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  if (found !== undefined) reader.at += found.length
  return found
}

function syntaxError({ text, at }: Reader) {
  const message = `Syntax error "Field list is malformed." at character ${at}: ${text}`
  return refuse({ message, code: 2500 })
}
