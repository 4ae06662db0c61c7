import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { isPremium } from './people.ts'
import { assertKnown, listParam } from './query.ts'
import type { XStore } from './store.ts'
import { authorize, spend } from './tokens.ts'

const USER_FIELDS = `affiliation connection_status created_at description entities id location
  most_recent_tweet_id name pinned_tweet_id profile_banner_url profile_image_url protected
  public_metrics receives_your_dm subscription_type url username verified verified_type
  withheld`.split(/\s+/)

/** GET /2/users/me */
export function showMe(store: XStore, req: ApiRequest): Answer {
  const { account_id: accountId } = authorize(store, req, ['users.read', 'tweet.read'])
  spend(store, req, { accountId, name: 'GET users/me', limit: 75 })
  assertKnown(req.query, ['user.fields', 'expansions', 'tweet.fields', 'post.fields'])
  const wanted = new Set([
    'id',
    'name',
    'username',
    ...listParam(req.query, 'user.fields', USER_FIELDS),
  ])
  const fields = Object.entries(userFields(store, accountId)).filter(([name]) => wanted.has(name))
  return { status: 200, body: { data: Object.fromEntries(fields) } }
}

function userFields(store: XStore, accountId: string): Record<string, unknown> {
  const account = store.state.accounts.byId('x', accountId)
  const premium = isPremium(store, accountId)
  return {
    id: accountId,
    name: account?.display_name,
    username: account?.handle,
    created_at: account?.created_at,
    description: '',
    protected: false,
    profile_image_url: `https://pbs.twimg.com/profile_images/${accountId}/photo_normal.jpg`,
    verified: premium,
    verified_type: premium ? 'blue' : 'none',
    subscription_type: premium ? 'Premium' : 'None',
    public_metrics: {
      followers_count: 42,
      following_count: 17,
      tweet_count: store.state.posts.countOf('x', accountId),
      listed_count: 0,
      like_count: 0,
      media_count: 0,
    },
  }
}
