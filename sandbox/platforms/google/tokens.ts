import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { idToken } from './id-token.ts'
import { OPENID } from './scopes.ts'
import type { GoogleSite } from './site.ts'
import { type GoogleAccess, type GoogleRefresh, type GoogleStore, grantKey } from './store.ts'

const ACCESS_LIFETIME_MS = 3_600_000
/** What Google answers for an hour. */
const EXPIRES_IN_S = 3599
/** https://developers.google.com/identity/protocols/oauth2#expiration : 100 live, 6 months unused */
const MAX_LIVE_REFRESH_TOKENS = 100
const UNUSED_LIFETIME_MS = 183 * 24 * 3_600_000

/** Whom a token is for. */
export interface Owner {
  client_id: string
  person: string
  scopes: string[]
}

/** A token answer without a refresh token, as every refresh gives it. */
export function issueAccess(
  store: GoogleStore,
  owner: Owner,
  nowMs: number,
): Record<string, unknown> {
  const { client_id, person, scopes } = owner
  const access = `ya29.${store.state.secrets.issue('google_access')}`
  store.access.set(access, {
    client_id,
    person,
    scopes,
    expires_at_ms: nowMs + ACCESS_LIFETIME_MS,
  })
  const answer = {
    access_token: access,
    expires_in: EXPIRES_IN_S,
    scope: scopes.join(' '),
    token_type: 'Bearer',
  }
  if (!scopes.includes(OPENID)) return answer
  return { ...answer, id_token: store.state.secrets.record(idToken(owner, nowMs)) }
}

/** A new refresh token; beyond 100 live ones of the grant the oldest ends without a word. */
export function issueRefresh(store: GoogleStore, owner: Owner, nowMs: number): string {
  const { client_id, person, scopes } = owner
  const refresh = `1//0${store.state.secrets.issue('google_refresh')}`
  store.refresh.set(refresh, { client_id, person, scopes, last_used_ms: nowMs, ended: false })
  const live = [...store.refresh.values()].filter((row) => isOf(row, owner) && !row.ended)
  for (const row of live.slice(0, -MAX_LIVE_REFRESH_TOKENS)) row.ended = true
  return refresh
}

export function isLive(row: GoogleRefresh, nowMs: number): boolean {
  return !row.ended && nowMs < row.last_used_ms + UNUSED_LIFETIME_MS
}

/** Ends every token of person and client; the next consent is a first one again. */
export function endGrant(store: GoogleStore, owner: { client_id: string; person: string }): void {
  endAccess(store, (row) => isOf(row, owner))
  for (const row of store.refresh.values()) if (isOf(row, owner)) row.ended = true
  for (const row of store.codes.values()) if (isOf(row, owner)) row.used = true
  store.grants.delete(grantKey(owner))
}

/** The person removes the platform's apps on myaccount.google.com/connections. */
export function revokePerson(site: GoogleSite, person: string): void {
  for (const app of appsOf(site)) endGrant(site.store, { client_id: app, person })
}

/** Access ends, refresh stays. */
export function expirePerson(site: GoogleSite, person: string): void {
  const clients = appsOf(site)
  endAccess(site.store, (row) => row.person === person && clients.includes(row.client_id))
}

/** The row behind a bearer token; refuses 401 without one, 403 without any of the scopes. */
export function authorize(
  site: GoogleSite,
  req: ApiRequest,
  anyOf: readonly string[],
): GoogleAccess {
  const row = site.store.access.get(bearerToken(req.header('authorization')) ?? '')
  if (row === undefined || row.expires_at_ms <= req.nowMs) throw new Refusal(site.badToken())
  if (!anyOf.some((one) => row.scopes.includes(one))) throw new Refusal(site.missingScope())
  return row
}

/** The account a request acts for, by bearer token, refresh token, code or revoked token. */
export function identify(site: GoogleSite, req: ApiRequest): string | undefined {
  const { store, platform } = site
  const field = (name: string): string => textField(req.body, name) ?? req.query.get(name) ?? ''
  const owner =
    store.access.get(bearerToken(req.header('authorization')) ?? '') ??
    store.refresh.get(field('refresh_token')) ??
    store.codes.get(field('code')) ??
    store.refresh.get(field('token')) ??
    store.access.get(field('token'))
  if (owner === undefined) return site.identify?.(req)
  return store.state.accounts.byHandle(platform, owner.person)?.account_id
}

function appsOf({ store, platform }: GoogleSite): string[] {
  return [...store.apps.values()]
    .filter((app) => app.platform === platform)
    .map((app) => app.client_id)
}

function isOf(
  row: { client_id: string; person: string },
  owner: { client_id: string; person: string },
): boolean {
  return row.client_id === owner.client_id && row.person === owner.person
}

/** Ended rows stay, so that a call with a dead token is still listed under its account. */
function endAccess(store: GoogleStore, matches: (row: GoogleAccess) => boolean): void {
  for (const row of store.access.values()) if (matches(row)) row.expires_at_ms = 0
}
