import type { ApiRequest } from '../../http/request.ts'
import { invalidParameter, noObject, refuse } from '../meta/errors.ts'
import type { Session } from '../meta/tokens.ts'
import type { Facebook } from './facebook-store.ts'
import { type Page, roleOn } from './world.ts'

/** Whoever calls: a person, or one of their Pages. */
export interface Caller extends Session {
  personId: string
  /** Of a page token. */
  page: Page | undefined
}

/** A call whose token was checked: what every endpoint of the API answers. */
export interface Call {
  facebook: Facebook
  caller: Caller
  req: ApiRequest
}

/** Whether a Page was picked in the dialog and the person has a role on it. */
export function reaches({ world }: Facebook, caller: Caller, pageId: string): boolean {
  const { page_ids } = caller.grant
  const isPicked = page_ids === null || page_ids.includes(pageId)
  return isPicked && roleOn(world, caller.personId, pageId) !== undefined
}

export function hasScope(caller: Caller, scope: string): boolean {
  return caller.grant.granted.includes(scope)
}

/** Refuses 200 without the permission. */
export function assertScope(caller: Caller, scope: string): void {
  if (hasScope(caller, scope)) return
  throw refuse({ message: `(#200) Requires ${scope} permission`, code: 200, status: 403 })
}

/** Edges of a person that a Page does not have. */
export function assertPerson(caller: Caller, edge: string): void {
  if (caller.page === undefined) return
  throw refuse(invalidParameter(`Tried accessing nonexisting field (${edge}) on node type (Page)`))
}

/**
 * The token of a Page, as `access_token` of it. From a long-lived user token it never expires,
 * from a short-lived one it dies with that. Undefined where the caller gets none.
 */
export function pageTokenOf({ facebook, caller, req }: Call, page: Page): string | undefined {
  if (caller.page?.id === page.id) return caller.token
  if (!hasScope(caller, 'pages_show_list') || !reaches(facebook, caller, page.id)) return undefined
  const { store, pageTokens } = facebook
  const key = `${page.id} ${caller.token}`
  const known = pageTokens.get(key)
  if (known !== undefined && store.tokens.get(known)?.revoked === false) return known
  const { row } = caller
  const token = store.state.secrets.issue('facebook_page')
  store.tokens.set(token, {
    ...row,
    page_id: page.id,
    issued_at_ms: req.nowMs,
    expires_at_ms: row.is_long_lived ? null : row.expires_at_ms,
  })
  pageTokens.set(key, token)
  return token
}

/** What a permission lets a Page's token do. */
export type PageAbility = 'read' | 'publish' | 'comment'

const PAGE_ABILITIES: Record<PageAbility, { scope: string; task: string | null }> = {
  read: { scope: 'pages_read_engagement', task: null },
  publish: { scope: 'pages_manage_posts', task: 'CREATE_CONTENT' },
  comment: { scope: 'pages_manage_engagement', task: 'MODERATE' },
}

/** The Page of the path, by its own token: `{page}` or `me`. */
export function pageOfPath(call: Call, ability: PageAbility): Page {
  const id = call.req.params.id ?? ''
  return ownPage(call, id === 'me' ? (call.caller.page?.id ?? id) : id, ability)
}

/** A Page that the caller may act as; a person's token only reads. */
export function ownPage(call: Call, pageId: string, ability: PageAbility): Page {
  const { facebook, caller, req } = call
  const page = facebook.world.pages.get(pageId)
  const isOther = caller.page !== undefined && caller.page.id !== pageId
  if (page === undefined || isOther || !reaches(facebook, caller, pageId)) {
    throw refuse(noObject(req.method, pageId))
  }
  const { scope, task } = PAGE_ABILITIES[ability]
  const tasks = roleOn(facebook.world, caller.personId, pageId)?.tasks ?? []
  const isAllowed = hasScope(caller, scope) && (task === null || tasks.includes(task))
  if (isAllowed && (caller.page !== undefined || ability === 'read')) return page
  throw refuse(ability === 'read' ? NOT_READABLE : NOT_PERMITTED[ability])
}

const NOT_READABLE = {
  message:
    "(#10) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public Content Access' feature.",
  code: 10,
  status: 403,
}

/** https://developers.facebook.com/docs/pages-api/posts */
const NOT_PERMITTED = {
  publish: {
    message:
      '(#200) If posting to a group, requires app being installed in the group, and either publish_to_groups permission with user token, or both pages_read_engagement and pages_manage_posts permission with page token; If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with sufficient administrative permission',
    code: 200,
    status: 403,
  },
  comment: {
    message: '(#200) Requires pages_manage_engagement permission to manage the object',
    code: 200,
    status: 403,
  },
}
