import type { Account } from '../../core/accounts.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { noObject, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { param } from '../meta/params.ts'
import { accountType, appScopedId } from '../meta/professional.ts'
import type { MetaStore } from '../meta/store.ts'
import { authorize } from '../meta/tokens.ts'
import { countBusinessCall } from '../meta/usage.ts'

/** GET /me: the account that logged in. */
export function showMe(store: MetaStore, req: ApiRequest): Answer {
  return show(store, req, 'me')
}

/** GET /{id}: a token reads its own account only. */
export function showAccount(store: MetaStore, req: ApiRequest): Answer {
  return show(store, req, req.params.id ?? '')
}

function show(store: MetaStore, req: ApiRequest, id: string): Answer {
  const { row } = authorize(store, req)
  const account = store.state.accounts.byId('instagram', row.account_id)
  if (account === undefined || !['me', account.account_id, appScopedId(account)].includes(id)) {
    throw refuse(noObject('get', id))
  }
  countBusinessCall(store, { type: 'instagram', accountId: account.account_id }, req)
  return json(200, present(accountNode(store, account), parseFields(param(req, 'fields'))))
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/get-started */
function accountNode(store: MetaStore, account: Account): GraphNode {
  const { handle, account_id: accountId } = account
  return {
    type: 'User',
    defaults: ['id'],
    values: {
      id: () => appScopedId(account),
      user_id: () => accountId,
      username: () => handle,
      name: () => account.display_name,
      account_type: () => accountType(account),
      profile_picture_url: () => `https://scontent.cdninstagram.com/${accountId}.jpg`,
      biography: () => '',
      followers_count: () => 42,
      follows_count: () => 17,
      media_count: () => store.state.posts.countOf('instagram', accountId),
    },
  }
}
