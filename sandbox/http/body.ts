/** A request body by its Content-Type; `broken` when it does not parse as what it says. */
export type Body =
  | { kind: 'none' }
  | { kind: 'json'; value: unknown }
  | { kind: 'form'; value: Record<string, unknown> }
  | { kind: 'other'; contentType: string }
  | { kind: 'broken'; contentType: string }

/** Never throws: what to answer to a broken body is the platform’s choice. */
export function parseBody(raw: Buffer, contentType: string | undefined): Body {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (raw.length === 0) return { kind: 'none' }
  if (type === 'application/json') return parseJson(raw, type)
  if (type === 'application/x-www-form-urlencoded') {
    return { kind: 'form', value: nestFields(new URLSearchParams(raw.toString('utf8'))) }
  }
  return { kind: 'other', contentType: type }
}

/** The text fields of a multipart form whose files are on the shelf already. */
export function formOf(pairs: readonly (readonly [string, string])[]): Body {
  return pairs.length === 0 ? { kind: 'none' } : { kind: 'form', value: nestFields(pairs) }
}

/** Fields of a form, or of a JSON object; empty for anything else. */
export function fields(body: Body): Record<string, unknown> {
  if (body.kind === 'form') return body.value
  if (body.kind === 'json' && isRecord(body.value)) return body.value
  return {}
}

/** One field as text; undefined when absent or not text. */
export function textField(body: Body, name: string): string | undefined {
  const value = fields(body)[name]
  return typeof value === 'string' ? value : undefined
}

/** An object with fields; arrays and null are none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(raw: Buffer, contentType: string): Body {
  try {
    return { kind: 'json', value: JSON.parse(raw.toString('utf8')) }
  } catch {
    return { kind: 'broken', contentType }
  }
}

/** Rails-style names: `a[]` is a list, `a[b]` an object, `a[b][]` a list in it. */
function nestFields(pairs: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  // No prototype: a field named `__proto__` is a field like any other.
  const root: Record<string, unknown> = Object.create(null)
  for (const [name, value] of pairs) {
    const [head = '', ...rest] = name.split('[').map((part) => part.replace(/\]$/, ''))
    root[head] = place(root[head], rest, value)
  }
  return root
}

/** Puts a value at the rest of its path and returns the container. */
function place(current: unknown, path: string[], value: unknown): unknown {
  const [head, ...rest] = path
  if (head === undefined) return value
  if (head === '') return [...(Array.isArray(current) ? current : []), value]
  const parent: Record<string, unknown> = isRecord(current) ? current : Object.create(null)
  parent[head] = place(parent[head], rest, value)
  return parent
}
