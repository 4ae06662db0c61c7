import { Refusal } from '../../http/answer.ts'
import { invalidRequest } from './errors.ts'

const ID = /^[0-9]{1,19}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/

/** Refuses query parameters the route does not know. */
export function assertKnown(query: URLSearchParams, known: readonly string[]): void {
  for (const [name, value] of query) {
    if (known.includes(name)) continue
    throw refuse(name, value, `The query parameter [${name}] is not one of [${known.join(',')}]`)
  }
}

/** A comma-separated parameter whose values all come from `allowed`. */
export function listParam(
  query: URLSearchParams,
  name: string,
  allowed: readonly string[],
): string[] {
  const value = query.get(name)
  if (value === null) return []
  const items = value.split(',')
  const stranger = items.find((item) => !allowed.includes(item))
  if (stranger === undefined) return items
  throw refuse(
    name,
    value,
    `The \`${name}\` query parameter value [${stranger}] is not one of [${allowed.join(',')}]`,
  )
}

export function idParam(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  if (ID.test(value)) return value
  throw refuse(name, value, `The \`${name}\` query parameter value [${value}] is not valid`)
}

export function idsParam(query: URLSearchParams, max: number): string[] {
  const value = query.get('ids') ?? ''
  if (value === '') throw refuse('ids', value, 'The `ids` query parameter can not be empty')
  const ids = value.split(',')
  const stranger = ids.find((id) => !ID.test(id))
  if (stranger !== undefined) {
    throw refuse('ids', value, `The \`ids\` query parameter value [${stranger}] is not valid`)
  }
  if (ids.length > max) {
    throw refuse(
      'ids',
      value,
      `The number of values in the \`ids\` query parameter list [${ids.length}] is not between 1 and ${max}`,
    )
  }
  return ids
}

/** Out of range is refused, not cut. */
export function numberParam(
  query: URLSearchParams,
  name: string,
  range: { min: number; max: number; fallback: number },
): number {
  const value = query.get(name)
  if (value === null) return range.fallback
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= range.min && number <= range.max) return number
  throw refuse(
    name,
    value,
    `The \`${name}\` query parameter value [${value}] is not between ${range.min} and ${range.max}`,
  )
}

/** An RFC 3339 instant in UTC, as milliseconds. */
export function instantParam(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  const ms = Date.parse(value)
  if (INSTANT.test(value) && !Number.isNaN(ms)) return ms
  throw refuse(
    name,
    value,
    `The \`${name}\` query parameter value [${value}] is not a valid date-time`,
  )
}

/** The refusal of one parameter. */
export function refuse(name: string, value: string, message: string): Refusal {
  return new Refusal(invalidRequest(message, { [name]: [value] }))
}
