import { randomUUID } from 'node:crypto'
import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { forbidden, limitHeaders, tooManyRequests, unauthorized } from './errors.ts'
import { authorizeOauth1, identifyOauth1, isOauth1 } from './oauth1-access.ts'
import type { XAccess, XStore } from './store.ts'

/** https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
export const ACCESS_LIFETIME_MS = 7_200_000
const REFRESH_LIFETIME_MS = 183 * 24 * 3_600_000
const WINDOW_MS = 15 * 60_000

/** What the user consented to; a refresh keeps the family. */
interface Grant {
  account_id: string
  client_id: string
  scopes: string[]
  family?: string
}

/** A token answer; a refresh token only with `offline.access`. */
export function issueTokens(store: XStore, grant: Grant, nowMs: number): Record<string, unknown> {
  const family = grant.family ?? randomUUID()
  const row = {
    account_id: grant.account_id,
    client_id: grant.client_id,
    scopes: grant.scopes,
    family,
  }
  const access = store.state.secrets.issue('x_access')
  store.access.set(access, { ...row, expires_at_ms: nowMs + ACCESS_LIFETIME_MS })
  const answer = {
    token_type: 'bearer',
    expires_in: ACCESS_LIFETIME_MS / 1000,
    access_token: access,
    scope: grant.scopes.join(' '),
  }
  if (!grant.scopes.includes('offline.access')) return answer
  const refresh = store.state.secrets.issue('x_refresh')
  store.refresh.set(refresh, { ...row, expires_at_ms: nowMs + REFRESH_LIFETIME_MS, used: false })
  return { ...answer, refresh_token: refresh }
}

/** Ends every token of a family: what reuse of a spent refresh token brings about. */
export function killFamily(store: XStore, family: string): void {
  endAccess(store, (row) => row.family === family)
  // Refresh rows stay as spent, so that a later reuse is still known for what it is.
  for (const row of store.refresh.values()) if (row.family === family) row.used = true
}

/** The user disconnects the app in X’s settings. */
export function revokeAccount(store: XStore, accountId: string): void {
  endAccess(store, (row) => row.account_id === accountId)
  for (const row of store.refresh.values()) if (row.account_id === accountId) row.used = true
  for (const row of store.tokens1.values()) if (row.account_id === accountId) row.revoked = true
}

/** Access ends, refresh stays; OAuth 1.0a tokens do not expire. */
export function expireAccount(store: XStore, accountId: string): void {
  endAccess(store, (row) => row.account_id === accountId)
}

/** Whom a request acts for; refuses 401 without a live token and 403 without a scope. */
export function authorize(
  store: XStore,
  req: ApiRequest,
  scopes: readonly string[],
): { account_id: string } {
  // OAuth 1.0a knows no scopes: the app’s permission is read and write.
  if (isOauth1(req)) return authorizeOauth1(store, req)
  const grant = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (grant === undefined || grant.expires_at_ms <= req.nowMs) throw new Refusal(unauthorized())
  if (!scopes.every((scope) => grant.scopes.includes(scope))) throw new Refusal(forbidden())
  return grant
}

/** Counts one request of an account; https://docs.x.com/x-api/fundamentals/rate-limits */
export function spend(
  store: XStore,
  req: ApiRequest,
  route: { accountId: string; name: string; limit: number; windowMs?: number },
): void {
  const budget = { limit: route.limit, windowMs: route.windowMs ?? WINDOW_MS }
  const key = `x ${route.name} ${route.accountId}`
  const window = store.state.rateLimits.take(key, budget, req.nowMs)
  Object.assign(req.replyHeaders, limitHeaders(window))
  if (!window.allowed) throw new Refusal(tooManyRequests(window.limit, window.resetAtMs))
}

/** Posts of the whole app in a day: https://docs.x.com/x-api/fundamentals/rate-limits */
export function spendDay(store: XStore, req: ApiRequest): void {
  const budget = { limit: 10_000, windowMs: 96 * WINDOW_MS }
  const window = store.state.rateLimits.take('x POST tweets app', budget, req.nowMs)
  const reset = Math.ceil(window.resetAtMs / 1000)
  Object.assign(req.replyHeaders, {
    'x-app-limit-24hour-limit': String(window.limit),
    'x-app-limit-24hour-remaining': String(window.remaining),
    'x-app-limit-24hour-reset': String(reset),
  })
  if (!window.allowed) throw new Refusal(tooManyRequests(window.limit, window.resetAtMs))
}

/** The account a request acts for, by signature, bearer token, refresh token or code. */
export function identify(
  store: XStore,
  req: ApiRequest,
  form: (name: string) => string,
): string | undefined {
  if (isOauth1(req)) return identifyOauth1(store, req)
  const bearer = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (bearer !== undefined) return bearer.account_id
  const refresh = store.refresh.get(form('refresh_token')) ?? store.refresh.get(form('token'))
  if (refresh !== undefined) return refresh.account_id
  return (store.codes.get(form('code')) ?? store.access.get(form('token')))?.account_id
}

/** Ended rows stay, so that a call with a dead token is still listed under its account. */
function endAccess(store: XStore, matches: (row: XAccess) => boolean): void {
  for (const row of store.access.values()) if (matches(row)) row.expires_at_ms = 0
}
