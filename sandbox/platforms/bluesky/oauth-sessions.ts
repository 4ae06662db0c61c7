import { randomUUID } from 'node:crypto'
import { readJws } from './jose.ts'
import type { BlueskyStore, OauthSession } from './store.ts'

/** A session before its first tokens. */
export function accountSession(
  grant: Pick<OauthSession, 'did' | 'scopes' | 'code' | 'client_id' | 'auth' | 'jkt'>,
  nowMs: number,
): OauthSession {
  const times = { created_at_ms: nowMs, updated_at_ms: nowMs, expires_at_ms: nowMs }
  return { ...grant, ...times, id: randomUUID(), jti: '', refresh_token: null }
}

export function sessionOfCode(store: BlueskyStore, code: string): OauthSession | undefined {
  return [...store.oauthSessions.values()].find((row) => row.code === code)
}

/** By refresh token, access token or code; access tokens are not verified here. */
export function sessionOfToken(store: BlueskyStore, token: string): OauthSession | undefined {
  const byRefresh = store.oauthSessions.get(store.oauthRefresh.get(token) ?? '')
  return byRefresh ?? sessionOfAccess(store, token) ?? sessionOfCode(store, token)
}

/** The session whose current access token this is. */
export function sessionOfAccess(store: BlueskyStore, token: string): OauthSession | undefined {
  const jti = readJws(token)?.claims.jti
  return [...store.oauthSessions.values()].find((row) => row.jti === jti)
}

/** Refresh tokens are forgotten with their session: a later use is merely unknown. */
export function endSession(store: BlueskyStore, session: OauthSession): void {
  store.oauthSessions.delete(session.id)
  for (const [token, id] of store.oauthRefresh) {
    if (id === session.id) store.oauthRefresh.delete(token)
  }
}

/** The person removes the app in the settings: access and refresh end at once. */
export function endSessionsOf(store: BlueskyStore, did: string): void {
  for (const row of [...store.oauthSessions.values()]) if (row.did === did) endSession(store, row)
}

/** Access tokens issued so far end now, refresh tokens stay. */
export function expireSessionsOf(store: BlueskyStore, did: string): void {
  for (const row of store.oauthSessions.values()) if (row.did === did) row.expires_at_ms = 0
}
