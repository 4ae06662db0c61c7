import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { apiError, ok } from './errors.ts'
import { spend } from './limits.ts'
import { FIELD_SCOPES } from './scopes.ts'
import { openIdOf, type TiktokStore, type TiktokToken, unionIdOf } from './store.ts'
import { authorize } from './tokens.ts'

/** GET /v2/user/info/: https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info */
export function showUser(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorize(store, req)
  spend(store, req, grant, 'user/info')
  const names = (req.query.get('fields') ?? '').split(',').filter((one) => one !== '')
  if (names.length === 0) return apiError(req, 400, 'invalid_params', 'fields is required')
  const unknown = names.find((name) => !FIELD_SCOPES.has(name))
  if (unknown !== undefined) {
    return apiError(req, 400, 'invalid_params', `Invalid fields: ${unknown}`)
  }
  if (!names.every((name) => grant.scopes.includes(FIELD_SCOPES.get(name) ?? ''))) {
    return apiError(req, 401, 'scope_not_authorized')
  }
  const user = userFields(store, grant)
  return ok(req, { user: Object.fromEntries(names.map((name) => [name, user[name]])) })
}

function userFields(store: TiktokStore, grant: TiktokToken): Record<string, unknown> {
  const { account_id: id, client_key } = grant
  const account = store.state.accounts.byId('tiktok', id)
  const avatar = `https://p16-sign-va.tiktokcdn.com/tos-maliva-avt-0068/${unionIdOf(id)}`
  return {
    open_id: openIdOf(client_key, id),
    union_id: unionIdOf(id),
    avatar_url: `${avatar}~c5_168x168.jpeg`,
    avatar_url_100: `${avatar}~c5_100x100.jpeg`,
    avatar_large_url: `${avatar}~c5_1080x1080.jpeg`,
    display_name: account?.display_name,
    bio_description: '',
    profile_deep_link: `https://vm.tiktok.com/${unionIdOf(id).slice(0, 9)}/`,
    is_verified: false,
    username: account?.handle,
    follower_count: 42,
    following_count: 17,
    likes_count: 0,
    video_count: store.state.posts.countOf('tiktok', id),
  }
}
