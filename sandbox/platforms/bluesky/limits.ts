import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { limitHeaders, plainError } from './errors.ts'
import type { BlueskyStore } from './store.ts'

const HOUR_MS = 3_600_000

/** https://docs.bsky.app/docs/advanced-guides/rate-limits */
export function spend(budget: {
  store: BlueskyStore
  req: ApiRequest
  key: string
  name: string
  limit: number
  windowMs: number
  points?: number
}): void {
  const { store, req, key, name, limit, windowMs, points } = budget
  const window = store.state.rateLimits.take(
    `bluesky ${name} ${key}`,
    { limit, windowMs },
    req.nowMs,
    points,
  )
  const headers = limitHeaders({ ...window, windowMs })
  Object.assign(req.replyHeaders, headers)
  if (!window.allowed) throw new Refusal({ ...plainError(429), headers })
}

/** Writes share points: create 3, put 2, delete 1. */
export function spendWrite(
  store: BlueskyStore,
  req: ApiRequest,
  did: string,
  points: number,
): void {
  const budget = { store, req, key: did, points }
  spend({ ...budget, name: 'repo-write-day', limit: 35_000, windowMs: 24 * HOUR_MS })
  spend({ ...budget, name: 'repo-write-hour', limit: 5000, windowMs: HOUR_MS })
}
