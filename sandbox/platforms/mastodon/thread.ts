import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { reader } from './access.ts'
import { refuse } from './errors.ts'
import { presentStatus } from './present-status.ts'
import { isVisible, type MastodonStore, type Status } from './store.ts'

/** GET /api/v1/statuses/:id/context https://docs.joinmastodon.org/methods/statuses/#context */
export function showContext(store: MastodonStore, req: ApiRequest): Answer {
  const viewer = reader(store, req, 'read:statuses')
  const status = store.statuses.get(req.params.id ?? '')
  if (status === undefined || !isVisible(status, viewer)) throw refuse(404)
  const show = (list: Status[]): unknown[] =>
    list.filter((one) => isVisible(one, viewer)).map((one) => presentStatus(store, one, req.origin))
  return json(200, {
    ancestors: show(ancestorsOf(store, status)),
    descendants: show(descendantsOf(store, status)),
  })
}

/** Oldest first. */
function ancestorsOf(store: MastodonStore, { in_reply_to_id }: Status): Status[] {
  const parent = store.statuses.get(in_reply_to_id ?? '')
  return parent === undefined ? [] : [...ancestorsOf(store, parent), parent]
}

/** Depth first, as the server sorts a thread. */
function descendantsOf(store: MastodonStore, { id }: Status): Status[] {
  const children = [...store.statuses.values()].filter((one) => one.in_reply_to_id === id)
  return children.flatMap((child) => [child, ...descendantsOf(store, child)])
}
