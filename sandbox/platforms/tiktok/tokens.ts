import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { apiError, refused } from './errors.ts'
import { openIdOf, type TiktokStore, type TiktokToken } from './store.ts'

/** https://developers.tiktok.com/doc/oauth-user-access-token-management */
const ACCESS_LIFETIME_MS = 2 * 3_600_000
const REFRESH_LIFETIME_MS = 180 * 24 * 3_600_000

/** What the person consented to. */
type Grant = Pick<TiktokToken, 'client_key' | 'account_id' | 'scopes'>

/** A flat token answer. */
export function issueTokens(
  store: TiktokStore,
  grant: Grant,
  nowMs: number,
): Record<string, unknown> {
  const { client_key, account_id, scopes } = grant
  const row = { client_key, account_id, scopes }
  const access = `act.${store.state.secrets.issue('tiktok_access')}!${nowMs % 10_000}.e1`
  const refresh = `rft.${store.state.secrets.issue('tiktok_refresh')}!${nowMs % 10_000}.e1`
  store.access.set(access, { ...row, expires_at_ms: nowMs + ACCESS_LIFETIME_MS })
  store.refresh.set(refresh, { ...row, expires_at_ms: nowMs + REFRESH_LIFETIME_MS })
  return {
    access_token: access,
    expires_in: ACCESS_LIFETIME_MS / 1000,
    open_id: openIdOf(client_key, account_id),
    refresh_expires_in: REFRESH_LIFETIME_MS / 1000,
    refresh_token: refresh,
    scope: scopes.join(','),
    token_type: 'Bearer',
  }
}

/** Ends every token of person and app. */
export function endGrant(store: TiktokStore, grant: Omit<Grant, 'scopes'>): void {
  const matches = (row: TiktokToken): boolean =>
    row.account_id === grant.account_id && row.client_key === grant.client_key
  end(store.access, matches)
  end(store.refresh, matches)
}

/** The person removes every app in TikTok's settings. */
export function revokeAccount(store: TiktokStore, accountId: string): void {
  end(store.access, (row) => row.account_id === accountId)
  end(store.refresh, (row) => row.account_id === accountId)
}

/** Access ends, refresh stays. */
export function expireAccount(store: TiktokStore, accountId: string): void {
  end(store.access, (row) => row.account_id === accountId)
}

/** The row behind a bearer token; refuses 401 without a live one. */
export function authorize(store: TiktokStore, req: ApiRequest): TiktokToken {
  const row = store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (row !== undefined && req.nowMs < row.expires_at_ms) return row
  throw new Refusal(apiError(req, 401))
}

/** The same, with the scope that the endpoint needs: any of those given. */
export function authorizeFor(
  store: TiktokStore,
  req: ApiRequest,
  ...anyOf: readonly string[]
): TiktokToken {
  const grant = authorize(store, req)
  if (anyOf.some((scope) => grant.scopes.includes(scope))) return grant
  throw refused(req, 401, 'scope_not_authorized')
}

/** The account a request acts for, by bearer token, refresh token, code or revoked token, or upload address. */
export function identify(store: TiktokStore, req: ApiRequest): string | undefined {
  const field = (name: string): string => textField(req.body, name) ?? ''
  const row =
    store.access.get(bearerToken(req.header('authorization')) ?? '') ??
    store.refresh.get(field('refresh_token')) ??
    store.codes.get(field('code')) ??
    store.access.get(field('token')) ??
    store.refresh.get(field('token')) ??
    store.uploads.get(req.params.upload ?? '')
  return row?.account_id
}

function end(rows: Map<string, TiktokToken>, matches: (row: TiktokToken) => boolean): void {
  for (const row of rows.values()) if (matches(row)) row.expires_at_ms = 0
}
