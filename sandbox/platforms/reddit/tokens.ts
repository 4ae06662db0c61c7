import type { Account } from '../../core/accounts.ts'
import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { insufficientScope, invalidToken, limitHeaders, plainError } from './errors.ts'
import type { RedditAccess, RedditGrant, RedditStore } from './store.ts'

/** https://github.com/reddit-archive/reddit/wiki/OAuth2 says an hour; the API now answers a day. */
const ACCESS_LIFETIME_MS = 24 * 3_600_000
/** 100 a minute for each client id, averaged over ten minutes: the Data API wiki of Reddit. */
const REQUESTS = { limit: 1000, windowMs: 10 * 60_000 }
/** Names that HTTP libraries send by themselves; Reddit throttles or blocks them. */
const GENERIC_AGENT =
  /^(node|undici|axios|got|curl|wget|python|java|okhttp|go-http|postman|mozilla)\b(?!:)/i

/** The members every token answer has. */
export function issueAccess(
  store: RedditStore,
  grant: RedditGrant,
  token: { refresh: string | null; nowMs: number },
): Record<string, unknown> {
  const access = store.state.secrets.issue('reddit_access')
  const { client_id, account_id, scopes } = grant
  const expires_at_ms = token.nowMs + ACCESS_LIFETIME_MS
  const row = { client_id, account_id, scopes, expires_at_ms, refresh_token: token.refresh }
  store.access.set(access, row)
  return {
    access_token: access,
    token_type: 'bearer',
    expires_in: ACCESS_LIFETIME_MS / 1000,
    scope: scopes.join(' '),
  }
}

/** The grant behind a bearer token; 429, 401 and 403 in the order Reddit checks. */
export function authorize(store: RedditStore, req: ApiRequest, scope: string): RedditAccess {
  assertAgent(req)
  const token = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (token === undefined || token.expires_at_ms <= req.nowMs) throw new Refusal(invalidToken())
  spend(store, req, token.client_id)
  const allows = token.scopes.includes(scope) || token.scopes.includes('*')
  if (!allows) throw new Refusal(insufficientScope())
  return token
}

/** The account behind a bearer token with a scope. */
export function callerOf(store: RedditStore, req: ApiRequest, scope: string): Account {
  const { account_id } = authorize(store, req, scope)
  const account = store.state.accounts.byId('reddit', account_id)
  if (account === undefined) throw new Refusal(plainError(403))
  return account
}

/** Clients must say who they are: `<platform>:<app id>:<version> (by /u/<name>)`. */
export function assertAgent(req: ApiRequest): void {
  const agent = req.header('user-agent')?.trim() ?? ''
  if (agent === '' || GENERIC_AGENT.test(agent)) throw new Refusal(plainError(429))
}

function spend(store: RedditStore, req: ApiRequest, clientId: string): void {
  const key = `reddit ${clientId}`
  const { allowed, limit, remaining, resetAtMs } = store.state.rateLimits.take(
    key,
    REQUESTS,
    req.nowMs,
  )
  const resetInS = Math.ceil((resetAtMs - req.nowMs) / 1000)
  const headers = limitHeaders({ used: limit - remaining, remaining, resetInS })
  Object.assign(req.replyHeaders, headers)
  if (!allowed) throw new Refusal({ ...plainError(429), headers })
}

/** The account a request acts for, by bearer token, refresh token, code or upload form. */
export function identify(store: RedditStore, req: ApiRequest): string | undefined {
  const bearer = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (bearer !== undefined) return bearer.account_id
  const field = (name: string): string => textField(req.body, name) ?? ''
  const token = field('token')
  const row =
    store.refresh.get(field('refresh_token')) ??
    store.codes.get(field('code')) ??
    store.refresh.get(token) ??
    store.access.get(token) ??
    store.leases.get(field('key'))
  return row?.account_id
}

/** Access ends, refresh stays. */
export function expireAccount(store: RedditStore, accountId: string): void {
  for (const row of store.access.values()) if (row.account_id === accountId) row.expires_at_ms = 0
}

/** The person removes the app in the preferences. */
export function revokeAccount(store: RedditStore, accountId: string): void {
  expireAccount(store, accountId)
  for (const row of store.refresh.values()) if (row.account_id === accountId) row.revoked = true
}
