import type { Account } from '../../core/accounts.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type ContainerStore, liveMedia, type Media } from '../meta/containers.ts'
import { type GraphProblem, NO_PERMISSION, noObject, refuse } from '../meta/errors.ts'

/** A call with a token that reaches its own profile. */
export interface ThreadsCall {
  req: ApiRequest
  store: ContainerStore
  account: Account
  scopes: readonly string[]
}

export type ThreadsHandler = (call: ThreadsCall) => Answer

/** `/me/…` and `/{own id}/…`, with a scope. */
export function assertOwn({ req, account, scopes }: ThreadsCall, scope: string): void {
  const id = req.params.id ?? ''
  if (id !== 'me' && id !== account.account_id) throw refuse(noObject(req.method, id))
  if (!scopes.includes(scope)) throw refuse(NO_PERMISSION)
}

/** Own media by the id of the path; what is deleted or foreign does not exist. */
export function ownMedia({ req, store, account }: ThreadsCall): Media {
  const media = liveMedia(store, req.params.id ?? '')
  if (media?.account_id !== account.account_id) throw refuse(NO_RESOURCE)
  return media
}

export const NO_RESOURCE: GraphProblem = {
  message: 'The requested resource does not exist',
  code: 24,
  isTransient: false,
}

/** What is not there yet is answered like what never will be. */
export function mediaNotFound(id: string): GraphProblem {
  return {
    ...NO_RESOURCE,
    subcode: 4279009,
    userTitle: 'Media Not Found',
    userMessage: `The media with id ${id} cannot be found.`,
  }
}
