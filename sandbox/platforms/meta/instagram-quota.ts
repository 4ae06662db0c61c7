import type { BudgetState } from '../../core/rate-limits.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { ContainerStore } from './containers.ts'
import { type GraphProblem, refuse } from './errors.ts'

const DAY_MS = 24 * 3_600_000
/** https://developers.facebook.com/docs/instagram-platform/content-publishing : other pages say 50. */
const POSTS = { limit: 100, windowMs: DAY_MS }
const CONTAINERS = { limit: 400, windowMs: DAY_MS }

const DAILY_LIMIT: GraphProblem = {
  message: 'Application request limit reached',
  code: 9,
  subcode: 2207042,
  isTransient: false,
  userTitle: 'Publishing limit reached',
  userMessage:
    'You reached maximum number of posts that is allowed to be published by Content Publishing API.',
}

/** A published post counts, with all its files, once. */
export function spendPost(store: ContainerStore, accountId: string, req: ApiRequest): void {
  take(store, req, { ...POSTS, key: `instagram posts ${accountId}` })
}

export function spendContainer(store: ContainerStore, accountId: string, req: ApiRequest): void {
  take(store, req, { ...CONTAINERS, key: `instagram containers ${accountId}` })
}

/** What `content_publishing_limit` tells of it. */
export function postQuota(store: ContainerStore, accountId: string, req: ApiRequest) {
  const key = `instagram posts ${accountId}`
  const { limit, remaining } = store.state.rateLimits.take(key, POSTS, req.nowMs, 0)
  return { used: limit - remaining, limit, durationS: DAY_MS / 1000 }
}

function take(
  store: ContainerStore,
  req: ApiRequest,
  { key, limit, windowMs }: { key: string; limit: number; windowMs: number },
): BudgetState {
  const state = store.state.rateLimits.take(key, { limit, windowMs }, req.nowMs)
  if (!state.allowed) throw refuse(DAILY_LIMIT)
  return state
}
