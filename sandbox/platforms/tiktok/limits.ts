import type { ApiRequest } from '../../http/request.ts'
import { refused } from './errors.ts'
import type { TiktokPublication, TiktokStore, TiktokToken } from './store.ts'

const DAY_MS = 24 * 3_600_000

/** Calls a minute and user token: https://developers.tiktok.com/doc/tiktok-api-v2-rate-limit */
const PER_MINUTE = {
  'user/info': 600,
  'video/list': 600,
  'video/query': 600,
  'creator_info/query': 20,
  'status/fetch': 30,
  'video/init': 6,
  'inbox/video/init': 6,
  'content/init': 6,
}

/** https://developers.tiktok.com/doc/content-sharing-guidelines : about 15 a day, over all apps */
const POSTS_PER_DAY = 15
/** https://developers.tiktok.com/doc/content-posting-api-reference-upload-video */
const PENDING_SHARES_PER_DAY = 5

/** Counts a call; there are no rate headers and no Retry-After. */
export function spend(
  store: TiktokStore,
  req: ApiRequest,
  grant: TiktokToken,
  name: keyof typeof PER_MINUTE,
): void {
  const key = `tiktok ${name} ${grant.client_key} ${grant.account_id}`
  const budget = { limit: PER_MINUTE[name], windowMs: 60_000 }
  if (store.state.rateLimits.take(key, budget, req.nowMs).allowed) return
  throw refused(req, 429, 'rate_limit_exceeded')
}

/** Refuses one more than the creator may post, or have waiting in the inbox, within a day. */
export function refuseTooMany(
  store: TiktokStore,
  req: ApiRequest,
  accountId: string,
  mode: TiktokPublication['mode'],
): void {
  const limit = mode === 'direct' ? POSTS_PER_DAY : PENDING_SHARES_PER_DAY
  const count = [...store.publications.values()].filter(
    (one) =>
      one.account_id === accountId &&
      one.mode === mode &&
      (one.state === 'working' || one.state === 'done') &&
      one.created_at_ms > req.nowMs - DAY_MS,
  ).length
  if (count < limit || !isEnforced(store, req)) return
  throw refused(
    req,
    403,
    mode === 'direct' ? 'spam_risk_too_many_posts' : 'spam_risk_too_many_pending_share',
  )
}

/** A sandbox without rate limits has no daily caps either. */
function isEnforced({ state }: TiktokStore, req: ApiRequest): boolean {
  return !state.rateLimits.take('tiktok cap', { limit: 0, windowMs: 1 }, req.nowMs).allowed
}
