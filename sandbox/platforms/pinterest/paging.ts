import { invalid } from './errors.ts'

const DEFAULT_SIZE = 25
const MAX_SIZE = 250

/** A page by `page_size` (1 to 250) and `bookmark`; the bookmark of the last page is null. */
export function pageOf<T>(
  rows: readonly T[],
  query: URLSearchParams,
): { items: T[]; bookmark: string | null } {
  const size = readSize(query.get('page_size'))
  const from = readBookmark(query.get('bookmark'))
  const end = from + size
  const bookmark = end < rows.length ? Buffer.from(`from ${end}`).toString('base64') : null
  return { items: rows.slice(from, end), bookmark }
}

function readSize(value: string | null): number {
  if (value === null) return DEFAULT_SIZE
  const size = Number(value)
  if (/^\d+$/.test(value) && size >= 1 && size <= MAX_SIZE) return size
  throw invalid(`'page_size' '${value}' is not between 1 and ${MAX_SIZE}.`)
}

function readBookmark(value: string | null): number {
  if (value === null || value === '') return 0
  const from = /^from (\d+)$/.exec(Buffer.from(value, 'base64').toString())?.[1]
  if (from === undefined) throw invalid('the bookmark is not one that was given out.')
  return Number(from)
}
