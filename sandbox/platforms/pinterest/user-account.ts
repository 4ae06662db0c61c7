import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { isOpenTo } from './boards.ts'
import type { PinterestStore } from './store.ts'
import { authorize } from './tokens.ts'

/** The one built-in account that is a business. */
const BUSINESS_HANDLE = 'alice'

/** GET /v5/user_account https://developers.pinterest.com/docs/api/v5/user_account-get */
export function showUserAccount(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, { scopes: ['user_accounts:read'], category: 'org_read' })
  const account = store.state.accounts.byId('pinterest', token.account_id)
  const isBusiness = account?.handle === BUSINESS_HANDLE
  const boards = [...store.boards.values()].filter((board) => isOpenTo(board, token))
  return {
    status: 200,
    body: {
      id: token.account_id,
      username: account?.handle,
      account_type: isBusiness ? 'BUSINESS' : 'PINNER',
      business_name: isBusiness ? account?.display_name : null,
      profile_image: `https://i.pinimg.com/600x600_R/${token.account_id}.jpg`,
      website_url: '',
      about: '',
      follower_count: 42,
      following_count: 17,
      pin_count: store.state.posts.countOf('pinterest', token.account_id),
      board_count: boards.length,
      monthly_views: 163,
    },
  }
}
