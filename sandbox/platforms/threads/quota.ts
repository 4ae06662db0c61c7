import type { ApiRequest } from '../../http/request.ts'
import type { ContainerStore } from '../meta/containers.ts'
import { type GraphProblem, refuse } from '../meta/errors.ts'

const DAY_MS = 24 * 3_600_000
/** https://developers.facebook.com/docs/threads/overview#rate-limits : over 24 hours. */
const QUOTAS = { post: 250, reply: 1000, delete: 100 }

export type Quota = keyof typeof QUOTAS

/** The code of a spent quota is not documented. */
const EXCEEDED: GraphProblem = {
  message: '(#4) Application request limit reached',
  code: 4,
  isTransient: true,
  userTitle: 'Publishing limit reached',
  userMessage: 'You reached the number of posts that can be published in 24 hours.',
}

export function spend(store: ContainerStore, req: ApiRequest, quota: Quota, account: string): void {
  if (!take(store, req, quota, account, 1).allowed) throw refuse(EXCEEDED)
}

export function quotaOf(store: ContainerStore, req: ApiRequest, quota: Quota, account: string) {
  const { limit, remaining } = take(store, req, quota, account, 0)
  const config = { quota_total: limit, quota_duration: DAY_MS / 1000 }
  return { used: limit - remaining, config }
}

function take(
  { state }: ContainerStore,
  req: ApiRequest,
  quota: Quota,
  account: string,
  points: number,
) {
  const budget = { limit: QUOTAS[quota], windowMs: DAY_MS }
  return state.rateLimits.take(`threads ${quota} ${account}`, budget, req.nowMs, points)
}
