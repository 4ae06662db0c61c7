import type { ApiRequest } from '../../http/request.ts'
import type { ContainerStore } from '../meta/containers.ts'
import { noObject, refuse } from '../meta/errors.ts'
import type { MetaStore } from '../meta/store.ts'
import { authorize } from '../meta/tokens.ts'
import { countBusinessCall } from '../meta/usage.ts'
import type { ThreadsCall } from './call.ts'

/** A checked call, counted against the profile. */
export function openCall(store: MetaStore, posts: ContainerStore, req: ApiRequest): ThreadsCall {
  const { row, grant } = authorize(store, req)
  const account = store.state.accounts.byId('threads', row.account_id)
  if (account === undefined) throw refuse(noObject(req.method, row.account_id))
  countBusinessCall(store, { type: 'threads', accountId: account.account_id }, req)
  return { req, store: posts, account, scopes: grant.granted }
}
