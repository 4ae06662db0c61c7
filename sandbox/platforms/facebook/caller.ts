import type { ApiRequest } from '../../http/request.ts'
import { appOfToken } from '../meta/app-token.ts'
import { NO_TOKEN, refuse } from '../meta/errors.ts'
import { tokenOf } from '../meta/params.ts'
import { authorize } from '../meta/tokens.ts'
import { countAppCall, countBusinessCall } from '../meta/usage.ts'
import { type Call, type Caller, hasScope, reaches } from './access.ts'
import type { Facebook } from './facebook-store.ts'
import type { Page } from './world.ts'

/** One of them has to be granted for a page token to work at all. */
const PAGE_SCOPES = [
  'pages_read_engagement',
  'pages_manage_metadata',
  'pages_read_user_content',
  'pages_manage_ads',
  'pages_show_list',
  'pages_messaging',
]

/** A request with the caller behind its token, counted against the caller's budget. */
export function openCall(facebook: Facebook, req: ApiRequest): Call {
  const { store, world } = facebook
  if (appOfToken(store, tokenOf(req)) !== undefined) throw refuse(NO_TOKEN)
  const session = authorize(store, req)
  const { row } = session
  const page = row.page_id === null ? undefined : world.pages.get(row.page_id)
  const caller = { ...session, personId: row.account_id, page }
  if (page === undefined) countAppCall(store, row.client_id, req)
  else {
    assertImpersonates(facebook, caller, page)
    countBusinessCall(store, { type: 'pages', accountId: page.id }, req)
  }
  return { facebook, caller, req }
}

/** A page token outlives the consent's narrowing, but does not work against it: 190, no subcode. */
function assertImpersonates(facebook: Facebook, caller: Caller, page: Page): void {
  const mayAct = PAGE_SCOPES.some((scope) => hasScope(caller, scope))
  if (mayAct && reaches(facebook, caller, page.id)) return
  const names = `${PAGE_SCOPES.slice(0, -1).join(', ')} or ${PAGE_SCOPES.at(-1)}`
  throw refuse({
    message: `Any of the ${names} permission(s) must be granted before impersonating a user's page.`,
    code: 190,
  })
}
