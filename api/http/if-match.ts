import { problem } from '../../domain/errors.ts'

/** `"3"` → 3; undefined for `*` or none. Throws `invalid_header`. */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const digits = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())?.[1]
  if (digits !== undefined) return Number(digits)
  throw problem('invalid_header', { detail: 'If-Match must be one ETag as it was answered: "3".' })
}

/** Strong ETag of a revision, https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
export function etagOf(revision: number): string {
  return `"${revision}"`
}
