import type { ApiRequest } from '../../http/request.ts'
import { badField } from './errors.ts'

/** One page, and the token of the next when there is more. */
export interface Page<T> {
  rows: T[]
  nextPageToken?: string
}

/** Cuts the page that `pageSize` and `pageToken` ask for; sizes above `max` are cut down to it. */
export function pageOf<T>(
  req: ApiRequest,
  all: readonly T[],
  sizes: { default: number; max: number },
): Page<T> {
  const size = sizeOf(req.query.get('pageSize'), sizes)
  const start = startOf(req.query.get('pageToken'))
  const end = start + size
  const rows = all.slice(start, end)
  return end < all.length ? { rows, nextPageToken: pageToken(end) } : { rows }
}

function sizeOf(text: string | null, sizes: { default: number; max: number }): number {
  if (text === null || text === '' || text === '0') return sizes.default
  if (!/^\d{1,9}$/.test(text)) throw badField('page_size', 'Invalid value')
  return Math.min(Number(text), sizes.max)
}

function startOf(token: string | null): number {
  if (token === null || token === '') return 0
  const match = /^from:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))
  if (match === null) throw badField('page_token', 'Invalid page token')
  return Number(match[1])
}

function pageToken(start: number): string {
  return Buffer.from(`from:${start}`).toString('base64url')
}
