import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { authenticationFailed, limitHeaders, missingScope, rateLimited } from './errors.ts'
import type { PinterestStore, PinterestToken } from './store.ts'

const DAY_MS = 24 * 3_600_000
/** https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/ */
const ACCESS_LIFETIME_MS = 30 * DAY_MS
const REFRESH_LIFETIME_MS = 60 * DAY_MS
const MINUTE_MS = 60_000

/** https://developers.pinterest.com/docs/reference/rate-limits/ : per user and app, a minute. */
const LIMITS = { org_read: 1000, org_write: 100 }

/** What a person agreed to. */
interface Grant {
  client_id: string
  account_id: string
  scopes: string[]
}

/** The members of a token answer; each refresh starts its own 60 days. */
export function issueTokens(
  store: PinterestStore,
  grant: Grant,
  nowMs: number,
): Record<string, unknown> {
  const { client_id, account_id, scopes } = grant
  const access = store.state.secrets.issue('pina')
  const refresh = store.state.secrets.issue('pinr')
  const row = { client_id, account_id, scopes }
  store.access.set(access, { ...row, expires_at_ms: nowMs + ACCESS_LIFETIME_MS })
  const refreshEndsMs = nowMs + REFRESH_LIFETIME_MS
  store.refresh.set(refresh, { ...row, expires_at_ms: refreshEndsMs, used: false })
  return {
    access_token: access,
    token_type: 'bearer',
    expires_in: ACCESS_LIFETIME_MS / 1000,
    refresh_token: refresh,
    refresh_token_expires_in: REFRESH_LIFETIME_MS / 1000,
    refresh_token_expires_at: Math.floor(refreshEndsMs / 1000),
  }
}

/** The grant behind a bearer token: 401 without one, 403 without a scope, 429 above the budget. */
export function authorize(
  store: PinterestStore,
  req: ApiRequest,
  need: { scopes: readonly string[]; category: keyof typeof LIMITS },
): PinterestToken {
  const token = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (token === undefined || token.expires_at_ms <= req.nowMs) {
    throw new Refusal(authenticationFailed())
  }
  spend(store, req, { key: `${token.client_id} ${token.account_id}`, category: need.category })
  if (!need.scopes.every((scope) => token.scopes.includes(scope))) {
    throw new Refusal(missingScope())
  }
  return token
}

/** Counts a request; the answer to it carries what is left. */
export function spend(
  store: PinterestStore,
  req: ApiRequest,
  on: { key: string; category: keyof typeof LIMITS },
): void {
  const budget = { limit: LIMITS[on.category], windowMs: MINUTE_MS }
  const key = `pinterest ${on.category} ${on.key}`
  const { allowed, limit, remaining, resetAtMs } = store.state.rateLimits.take(
    key,
    budget,
    req.nowMs,
  )
  const resetInS = Math.ceil((resetAtMs - req.nowMs) / 1000)
  const headers = limitHeaders({ limit, remaining, resetInS, windowS: MINUTE_MS / 1000 })
  Object.assign(req.replyHeaders, headers)
  if (!allowed) throw new Refusal(rateLimited(headers))
}

/** The account a request acts for, by bearer token, refresh token or code. */
export function identify(store: PinterestStore, req: ApiRequest): string | undefined {
  const bearer = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (bearer !== undefined) return bearer.account_id
  const field = (name: string): string => textField(req.body, name) ?? ''
  const row = store.refresh.get(field('refresh_token')) ?? store.codes.get(field('code'))
  if (row !== undefined) return row.account_id
  const upload = [...store.media.values()].find((one) => one.upload_parameters.key === field('key'))
  return upload?.owner_id ?? store.access.get(field('token'))?.account_id
}

/** Access ends, refresh stays. */
export function expireAccount(store: PinterestStore, accountId: string): void {
  for (const row of store.access.values()) if (row.account_id === accountId) row.expires_at_ms = 0
}

/** The person removes the app in the settings, or changes the password. */
export function revokeAccount(store: PinterestStore, accountId: string): void {
  expireAccount(store, accountId)
  for (const row of store.refresh.values()) if (row.account_id === accountId) row.used = true
}
