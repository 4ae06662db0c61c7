/** Where a page ended: the sort key of its last row, instants in PostgreSQL's full precision. */
export interface Keyset {
  at: string
  id: string
}

/** One page of a list, in the list's order. */
export interface Page<T> {
  data: T[]
  /** Opaque; null on the last page. */
  nextCursor: string | null
}

/** A cursor that this service did not make. */
export class InvalidCursor extends Error {
  constructor() {
    super('This cursor is not valid; start again from the first page.')
    this.name = 'InvalidCursor'
  }
}

const INSTANT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Sort key as text, in UTC; a Date would lose the microseconds and so repeat or skip rows. */
export const KEYSET_AT = `(created_at at time zone 'UTC')::text || '+00'`

/** Opaque to clients; holds nothing but the sort key. */
export function encodeCursor(key: Keyset): string {
  return Buffer.from(`${key.at}|${key.id}`).toString('base64url')
}

/** Throws InvalidCursor. Checked by pattern: its parts become parameters of a query. */
export function decodeCursor(cursor: string): Keyset {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('|')
  if (!INSTANT.test(at) || !UUID.test(id)) throw new InvalidCursor()
  return { at, id }
}

/** The rows of this page and the cursor of the next, from `limit + 1` rows read. */
export function pageOf<T extends Keyset>(
  rows: T[],
  limit: number,
): { rows: T[]; next: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { rows: page, next: null }
  return { rows: page, next: encodeCursor(last) }
}
