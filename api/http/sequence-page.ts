import type { Requester } from '../contract/operation.ts'

/** Cursor of lists that are numbered by a sequence: the last number seen. */
export function readSequenceCursor(
  requester: Requester<'invalid_cursor'>,
  cursor: string | undefined,
): number {
  if (cursor === undefined) return 0
  const digits = /^s(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  // Only what we made is taken: a guessed cursor would page from anywhere.
  if (digits === undefined) throw requester.fail('invalid_cursor')
  return Number(digits)
}

/** A page from `limit + 1` rows that were read. */
export function sequencePage<T extends { seq: number }>(rows: readonly T[], limit: number) {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  const next = hasMore ? Buffer.from(`s${last.seq}`).toString('base64url') : null
  return { rows: page, next_cursor: next }
}
