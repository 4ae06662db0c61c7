import type { Account } from '../../core/accounts.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { noObject, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { param } from '../meta/params.ts'
import type { MetaStore } from '../meta/store.ts'
import { authorize } from '../meta/tokens.ts'
import { countBusinessCall } from '../meta/usage.ts'

/** GET /me: the profile that logged in. */
export function showMe(store: MetaStore, req: ApiRequest): Answer {
  return show(store, req, 'me')
}

/** GET /{id}: a token reads its own profile only. */
export function showProfile(store: MetaStore, req: ApiRequest): Answer {
  return show(store, req, req.params.id ?? '')
}

function show(store: MetaStore, req: ApiRequest, id: string): Answer {
  const { row } = authorize(store, req)
  const account = store.state.accounts.byId('threads', row.account_id)
  if (account === undefined || !['me', account.account_id].includes(id)) {
    throw refuse(noObject('get', id))
  }
  countBusinessCall(store, { type: 'threads', accountId: account.account_id }, req)
  return json(200, present(profileNode(account), parseFields(param(req, 'fields'))))
}

/** https://developers.facebook.com/docs/threads/threads-profiles */
function profileNode(account: Account): GraphNode {
  return {
    type: 'ThreadsUser',
    defaults: ['id'],
    values: {
      id: () => account.account_id,
      username: () => account.handle,
      name: () => account.display_name,
      threads_profile_picture_url: () =>
        `https://scontent.cdninstagram.com/threads/${account.account_id}.jpg`,
      threads_biography: () => '',
      is_verified: () => account.handle === 'carol',
    },
  }
}
