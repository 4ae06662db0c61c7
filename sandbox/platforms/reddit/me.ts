import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { plainError } from './errors.ts'
import { escapeUnlessRaw, iconOf, profileOf } from './present.ts'
import type { RedditStore } from './store.ts'
import { authorize } from './tokens.ts'

/** GET /api/v1/me https://www.reddit.com/dev/api#GET_api_v1_me */
export function showMe(store: RedditStore, req: ApiRequest): Answer {
  const { account_id } = authorize(store, req, 'identity')
  const account = store.state.accounts.byId('reddit', account_id)
  if (account === undefined) return plainError(403)
  return json(200, {
    id: account_id,
    name: account.handle,
    icon_img: escapeUnlessRaw(iconOf(account), req.query),
    created_utc: Math.floor(Date.parse(account.created_at) / 1000),
    link_karma: 120,
    comment_karma: 80,
    total_karma: 200,
    has_verified_email: true,
    is_suspended: false,
    is_employee: false,
    is_mod: true,
    over_18: false,
    subreddit: profileOf(account, req.query),
  })
}
