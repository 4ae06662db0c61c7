import { compareIds } from '../../core/ids.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorize, reader, throttle } from './access.ts'
import { accountOr404 } from './accounts.ts'
import { refuse } from './errors.ts'
import { presentStatus } from './present-status.ts'
import { isVisible, type MastodonStore, removeStatus, type Status } from './store.ts'

const DEFAULT_PAGE = 20
const MAX_PAGE = 40
const HALF_HOUR_MS = 30 * 60_000

/** GET /api/v1/statuses/:id */
export function showStatus(store: MastodonStore, req: ApiRequest): Answer {
  const viewer = reader(store, req, 'read:statuses')
  const status = store.statuses.get(req.params.id ?? '')
  if (status === undefined || !isVisible(status, viewer)) throw refuse(404)
  return { status: 200, body: presentStatus(store, status, req.origin) }
}

/** GET /api/v1/statuses?id[]= since 4.3: what is not there is left out. */
export function showStatuses(store: MastodonStore, req: ApiRequest): Answer {
  const viewer = reader(store, req, 'read:statuses')
  const found = req.query.getAll('id[]').flatMap((id) => store.statuses.get(id) ?? [])
  const shown = found.filter((one) => isVisible(one, viewer))
  return { status: 200, body: shown.map((one) => presentStatus(store, one, req.origin)) }
}

/** GET /api/v1/statuses/:id/source: the text as it was written, to its author. */
export function showSource(store: MastodonStore, req: ApiRequest): Answer {
  const token = authorize(store, req, ['read:statuses'])
  const status = ownStatus(store, req, token.account_id)
  const { id, text, spoiler_text } = status
  return { status: 200, body: { id, text, spoiler_text } }
}

/** DELETE /api/v1/statuses/:id: the answer carries the source, for a redraft. */
export function deleteStatus(store: MastodonStore, req: ApiRequest): Answer {
  const token = authorize(store, req, ['write:statuses'])
  throttle(store, req, { name: 'delete', key: token.account_id, limit: 30, windowMs: HALF_HOUR_MS })
  const status = ownStatus(store, req, token.account_id)
  const body = { ...presentStatus(store, status, req.origin), text: status.text }
  removeStatus(store, status)
  store.state.posts.delete('mastodon', status.id, req.nowMs)
  return { status: 200, body }
}

/** GET /api/v1/accounts/:id/statuses https://docs.joinmastodon.org/methods/accounts/#statuses */
export function listStatuses(store: MastodonStore, req: ApiRequest): Answer {
  const viewer = reader(store, req, 'read:statuses')
  const account = accountOr404(store, req.params.id ?? '')
  const all = store.byAccount.get(account.account_id) ?? []
  const matching = all.filter((one) => isVisible(one, viewer) && matches(one, req.query))
  const size = pageSize(req.query)
  // min_id walks upwards from itself; every other page ends at the newest.
  const page = req.query.has('min_id') ? matching.slice(0, size) : matching.slice(-size)
  const newestFirst = page.toReversed()
  return {
    status: 200,
    body: newestFirst.map((one) => presentStatus(store, one, req.origin)),
    headers: linkHeader(req, newestFirst),
  }
}

/** There are no boosts or pins, so those filters leave all or nothing. */
function matches(status: Status, query: URLSearchParams): boolean {
  const maxId = query.get('max_id')
  const sinceId = query.get('since_id') ?? query.get('min_id')
  if (maxId !== null && compareIds(status.id, maxId) >= 0) return false
  if (sinceId !== null && compareIds(status.id, sinceId) <= 0) return false
  if (query.get('exclude_replies') === 'true' && status.in_reply_to_id !== null) return false
  if (query.get('only_media') === 'true' && status.media.length === 0) return false
  return query.get('pinned') !== 'true'
}

/** Too large a limit is cut, not refused. */
function pageSize(query: URLSearchParams): number {
  const asked = Math.abs(Number.parseInt(query.get('limit') ?? '', 10))
  return Number.isNaN(asked) ? DEFAULT_PAGE : Math.min(Math.max(asked, 1), MAX_PAGE)
}

/** https://docs.joinmastodon.org/api/guidelines/#pagination */
function linkHeader(req: ApiRequest, page: Status[]): Record<string, string> {
  const newest = page[0]
  const oldest = page.at(-1)
  if (newest === undefined || oldest === undefined) return {}
  const url = (name: string, id: string): string => {
    const query = new URLSearchParams(req.query)
    for (const cursor of ['max_id', 'min_id', 'since_id']) query.delete(cursor)
    query.set(name, id)
    return `${req.origin}${req.path}?${query}`
  }
  return {
    link: `<${url('max_id', oldest.id)}>; rel="next", <${url('min_id', newest.id)}>; rel="prev"`,
  }
}

/** A foreign status is reported as absent. */
function ownStatus(store: MastodonStore, req: ApiRequest, accountId: string): Status {
  const status = store.statuses.get(req.params.id ?? '')
  if (status === undefined || status.account_id !== accountId) throw refuse(404)
  return status
}
