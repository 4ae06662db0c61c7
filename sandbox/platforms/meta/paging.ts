import type { ApiRequest } from '../../http/request.ts'
import { invalidParameter, refuse } from './errors.ts'
import { param } from './params.ts'

const DEFAULT_LIMIT = 25
const MAX_LIMIT = 100

/** One page of an edge: `{ data, paging }`. https://developers.facebook.com/docs/graph-api/results */
export interface Edge {
  /** Every row's id, in order. */
  ids: readonly string[]
  row(id: string): unknown
  /** Where the API is mounted, with the version: what `next` starts with. */
  base: string
}

export function pageOf(req: ApiRequest, edge: Edge): Record<string, unknown> {
  const limit = limitOf(req)
  const { start, end } = window(req, edge.ids, limit)
  const ids = edge.ids.slice(start, end)
  const data = ids.map((id) => edge.row(id))
  const [first, last] = [ids[0], ids.at(-1)]
  if (first === undefined || last === undefined) return { data }
  const cursors = { before: toCursor(first), after: toCursor(last) }
  const link = (name: 'before' | 'after') => linkTo(req, edge.base, limit, name, cursors[name])
  return {
    data,
    paging: {
      cursors,
      ...(start > 0 ? { previous: link('before') } : {}),
      ...(end < edge.ids.length ? { next: link('after') } : {}),
    },
  }
}

function window(req: ApiRequest, ids: readonly string[], limit: number) {
  const after = param(req, 'after')
  if (after !== undefined) {
    const start = indexOf(ids, after) + 1
    return { start, end: Math.min(start + limit, ids.length) }
  }
  const before = param(req, 'before')
  const end = before === undefined ? limit : indexOf(ids, before)
  return { start: Math.max(0, end - limit), end: Math.min(end, ids.length) }
}

function indexOf(ids: readonly string[], cursor: string): number {
  const index = ids.indexOf(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (index < 0) throw refuse(invalidParameter('Invalid cursors values'))
  return index
}

function toCursor(id: string): string {
  return Buffer.from(id).toString('base64url')
}

function limitOf(req: ApiRequest): number {
  const text = param(req, 'limit')
  if (text === undefined) return DEFAULT_LIMIT
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1) {
    throw refuse(invalidParameter('Param limit must be an integer greater than 0'))
  }
  return Math.min(limit, MAX_LIMIT)
}

/** The caller's parameters, its token among them, with the cursor in place of the old one. */
function linkTo(
  req: ApiRequest,
  base: string,
  limit: number,
  name: 'before' | 'after',
  cursor: string,
): string {
  const query = new URLSearchParams(req.query)
  query.delete('before')
  query.delete('after')
  query.set('limit', String(limit))
  query.set(name, cursor)
  return `${req.origin}${base}${req.path}?${query}`
}
