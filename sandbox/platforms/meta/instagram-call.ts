import type { Account } from '../../core/accounts.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type Container, type ContainerStore, liveMedia, type Media } from './containers.ts'
import { NO_PERMISSION, noObject, refuse } from './errors.ts'

/** What a permission lets an app do; each login names its scopes. */
export type Ability = 'read' | 'publish' | 'comment' | 'delete'

/** A call of an Instagram node, on the host of either login. */
export interface InstagramCall {
  req: ApiRequest
  store: ContainerStore
  /** The account with an id, `me` on Instagram's own host; undefined when the caller has no part in it. */
  reach(id: string): Account | undefined
  may(ability: Ability): boolean
}

export type InstagramHandler = (call: InstagramCall) => Answer

/** The account of the path. */
export function accountOf(call: InstagramCall, ability: Ability): Account {
  const id = call.req.params.id ?? ''
  const account = call.reach(id)
  if (account === undefined) throw noNode(call, id)
  assertMay(call, ability)
  return account
}

/** A container of an account that the caller reaches. */
export function containerOf(call: InstagramCall, id: string): Container | undefined {
  const container = call.store.containers.get(id)
  return container && call.reach(container.account_id) ? container : undefined
}

/** Media of an account that the caller reaches; gone and foreign are the same. */
export function mediaOf(call: InstagramCall, ability: Ability): Media {
  const id = call.req.params.id ?? ''
  const media = liveMedia(call.store, id)
  if (media === undefined || call.reach(media.account_id) === undefined) throw noNode(call, id)
  assertMay(call, ability)
  return media
}

export function assertMay(call: InstagramCall, ability: Ability): void {
  if (!call.may(ability)) throw refuse(NO_PERMISSION)
}

export function noNode({ req }: InstagramCall, id: string) {
  return refuse(noObject(req.method, id))
}
