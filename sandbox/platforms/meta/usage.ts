import type { Budget, BudgetState } from '../../core/rate-limits.ts'
import type { ApiRequest } from '../../http/request.ts'
import { APP_LIMIT, type GraphProblem, refuse } from './errors.ts'
import type { MetaStore } from './store.ts'

/** https://developers.facebook.com/docs/graph-api/overview/rate-limiting/ */
const CALLS_PER_USER_AND_HOUR = 200
const CALLS_PER_ENGAGED_USER_AND_DAY = 4800
/** Business use cases count at least this many engaged users or impressions. */
const LEAST_ENGAGED = 10
const HOUR_MS = 3_600_000

/** A business use case whose calls are counted per account. */
export interface BusinessUseCase {
  type: 'pages' | 'instagram' | 'threads'
  accountId: string
}

const BUSINESS_LIMIT: Record<BusinessUseCase['type'], GraphProblem> = {
  pages: {
    message:
      '(#80001) There have been too many calls to this Page account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.',
    code: 80001,
  },
  instagram: {
    message:
      '(#80002) There have been too many calls to this Instagram account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.',
    code: 80002,
  },
  threads: APP_LIMIT,
}

/** Counts a call with a user token against the app, and says so in `X-App-Usage`. */
export function countAppCall(store: MetaStore, clientId: string, req: ApiRequest): void {
  const people = Math.max(1, store.state.accounts.list(store.platform).length)
  const budget: Budget = { limit: people * CALLS_PER_USER_AND_HOUR, windowMs: HOUR_MS }
  const key = `${store.platform} app ${clientId}`
  const window = store.state.rateLimits.take(key, budget, req.nowMs)
  req.replyHeaders['x-app-usage'] = appUsage(percentOf(window))
  if (!window.allowed) throw refuse(APP_LIMIT)
}

/** Counts a call against the account, and says so in `X-Business-Use-Case-Usage`. */
export function countBusinessCall(store: MetaStore, use: BusinessUseCase, req: ApiRequest): void {
  const budget = { limit: CALLS_PER_ENGAGED_USER_AND_DAY * LEAST_ENGAGED, windowMs: 24 * HOUR_MS }
  const key = `${use.type} ${use.accountId}`
  const window = store.state.rateLimits.take(key, budget, req.nowMs)
  const waitMs = window.allowed ? 0 : window.resetAtMs - req.nowMs
  const usage = businessUsage(use, percentOf(window), waitMs)
  req.replyHeaders['x-business-use-case-usage'] = usage
  if (!window.allowed) throw refuse(BUSINESS_LIMIT[use.type])
}

/** The refusal of an account that has called too often. */
export function businessLimit(type: BusinessUseCase['type']): GraphProblem {
  return BUSINESS_LIMIT[type]
}

/** Percent of each budget. */
export function appUsage(percent: number): string {
  return JSON.stringify({ call_count: percent, total_cputime: 0, total_time: percent })
}

/** The wait is told in minutes. */
export function businessUsage(use: BusinessUseCase, percent: number, waitMs: number): string {
  const usage = {
    type: use.type,
    call_count: percent,
    total_cputime: 0,
    total_time: percent,
    estimated_time_to_regain_access: Math.ceil(waitMs / 60_000),
  }
  return JSON.stringify({ [use.accountId]: [usage] })
}

function percentOf({ limit, remaining }: BudgetState): number {
  return Math.floor(((limit - remaining) * 100) / limit)
}
