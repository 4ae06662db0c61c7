import { randomBytes } from 'node:crypto'
import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { accessDenied, emptyToken, expiredToken, invalidToken, revokedToken } from './errors.ts'
import type { LinkedinStore, LinkedinToken } from './store.ts'

/** https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens */
const ACCESS_LIFETIME_MS = 60 * 24 * 3_600_000
const REFRESH_LIFETIME_MS = 365 * 24 * 3_600_000

/** Real tokens have about 500 characters. */
const PADDING_BYTES = 330

/** What the member consented to. */
export type Grant = Pick<LinkedinToken, 'client_id' | 'account_id' | 'scopes' | 'authorized_at_ms'>

/** A new access token that ends with its refresh token at the latest. */
export function issueAccess(
  store: LinkedinStore,
  grant: Grant,
  nowMs: number,
  latestEndMs = Number.POSITIVE_INFINITY,
): { access_token: string; expires_in: number; scope: string } {
  const expiresAtMs = Math.min(nowMs + ACCESS_LIFETIME_MS, latestEndMs)
  const token = opaque(store, 'linkedin_access')
  store.access.set(token, rowOf(grant, nowMs, expiresAtMs))
  const scope = grant.scopes.join(',')
  return { access_token: token, expires_in: secondsUntil(expiresAtMs, nowMs), scope }
}

/** A new refresh token: a year from now, however often it is used. */
export function issueRefresh(
  store: LinkedinStore,
  grant: Grant,
  nowMs: number,
): { refresh_token: string; refresh_token_expires_in: number } {
  const expiresAtMs = nowMs + REFRESH_LIFETIME_MS
  const token = opaque(store, 'linkedin_refresh')
  store.refresh.set(token, rowOf(grant, nowMs, expiresAtMs))
  return {
    refresh_token: token,
    refresh_token_expires_in: secondsUntil(expiresAtMs, nowMs),
  }
}

export function secondsUntil(instantMs: number, nowMs: number): number {
  return Math.floor((instantMs - nowMs) / 1000)
}

/** Another set of scopes ends what member and app had before. */
export function endOtherScopes(
  store: LinkedinStore,
  owner: { client_id: string; account_id: string },
  scopes: readonly string[],
): void {
  const wanted = scopes.join(' ')
  end(store, (row) => isOf(row, owner) && row.scopes.join(' ') !== wanted)
}

/** Ends every token of member and app. */
export function endGrant(
  store: LinkedinStore,
  owner: { client_id: string; account_id: string },
): void {
  end(store, (row) => isOf(row, owner))
}

/** The member removes every app in the settings. */
export function revokeAccount(store: LinkedinStore, accountId: string): void {
  end(store, (row) => row.account_id === accountId)
}

/** Access ends, refresh stays. */
export function expireAccount(store: LinkedinStore, accountId: string): void {
  const nowMs = store.state.now().getTime()
  for (const row of store.access.values()) {
    if (row.account_id === accountId) row.expires_at_ms = Math.min(row.expires_at_ms, nowMs)
  }
}

/** The row behind a bearer token; refuses 401 with the reason, 403 without one of the scopes. */
export function authorize(
  store: LinkedinStore,
  req: ApiRequest,
  need: { anyOf: readonly string[]; method: string },
): LinkedinToken {
  const given = bearerToken(req.header('authorization'))
  if (given === undefined) throw new Refusal(emptyToken())
  const row = store.access.get(given)
  if (row === undefined) throw new Refusal(invalidToken())
  if (row.revoked) throw new Refusal(revokedToken())
  if (row.expires_at_ms <= req.nowMs) throw new Refusal(expiredToken())
  if (!need.anyOf.some((one) => row.scopes.includes(one))) throw accessDenied(need.method)
  return row
}

/** The account a request acts for, by bearer token, refresh token, code or named token. */
export function identify(store: LinkedinStore, req: ApiRequest): string | undefined {
  const field = (name: string): string => textField(req.body, name) ?? ''
  const row =
    store.access.get(bearerToken(req.header('authorization')) ?? '') ??
    store.refresh.get(field('refresh_token')) ??
    store.codes.get(field('code')) ??
    store.access.get(field('token')) ??
    store.refresh.get(field('token')) ??
    uploader(store, req)
  return row?.account_id
}

/** Uploads know their account by their address. */
function uploader(store: LinkedinStore, req: ApiRequest): { account_id: string } | undefined {
  return store.media.get(store.uploads.get(req.params.key ?? '')?.urn ?? '')
}

function rowOf(grant: Grant, nowMs: number, expiresAtMs: number): LinkedinToken {
  const { client_id, account_id, scopes, authorized_at_ms } = grant
  return {
    client_id,
    account_id,
    scopes,
    authorized_at_ms,
    created_at_ms: nowMs,
    expires_at_ms: expiresAtMs,
    revoked: false,
  }
}

function opaque(store: LinkedinStore, kind: string): string {
  const padding = randomBytes(PADDING_BYTES).toString('base64url')
  return `AQX${store.state.secrets.issue(kind)}${padding}`
}

function isOf(row: LinkedinToken, owner: { client_id: string; account_id: string }): boolean {
  return row.client_id === owner.client_id && row.account_id === owner.account_id
}

function end(store: LinkedinStore, matches: (row: LinkedinToken) => boolean): void {
  for (const rows of [store.access, store.refresh]) {
    for (const row of rows.values()) if (matches(row)) row.revoked = true
  }
}
