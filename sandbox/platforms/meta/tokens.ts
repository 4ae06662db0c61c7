import { createHmac } from 'node:crypto'
import type { ApiRequest } from '../../http/request.ts'
import {
  appRemoved,
  CANNOT_PARSE_TOKEN,
  type GraphProblem,
  NO_TOKEN,
  refuse,
  sessionExpired,
} from './errors.ts'
import { param, tokenOf } from './params.ts'
import { grantKey, type MetaApp, type MetaGrant, type MetaStore, type MetaToken } from './store.ts'

/** Long-lived tokens of all three families; https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived/ */
export const LONG_LIFETIME_S = 5_183_944

/** A live token with what stands behind it. */
export interface Session {
  token: string
  row: MetaToken
  app: MetaApp
  grant: MetaGrant
}

/** A new user token of a person, alive for `lifetimeS`. */
export function issueToken(
  store: MetaStore,
  owner: { client_id: string; account_id: string },
  life: { isLong: boolean; lifetimeS: number; nowMs: number },
): string {
  const token = store.state.secrets.issue(`${store.platform}_${life.isLong ? 'long' : 'short'}`)
  store.tokens.set(token, {
    client_id: owner.client_id,
    account_id: owner.account_id,
    page_id: null,
    is_long_lived: life.isLong,
    issued_at_ms: life.nowMs,
    expires_at_ms: life.nowMs + life.lifetimeS * 1000,
    revoked: false,
  })
  return token
}

/** The session of a request's token; refuses 190 in the words of what ended it. */
export function authorize(store: MetaStore, req: ApiRequest): Session {
  const token = tokenOf(req)
  if (token === undefined) throw refuse(NO_TOKEN)
  const session = openSession(store, token, req.nowMs)
  checkProof(session.app, token, req)
  return session
}

/** Checked when sent: https://developers.facebook.com/docs/graph-api/guides/secure-requests/ */
export function checkProof(app: MetaApp, token: string, req: ApiRequest): void {
  const proof = param(req, 'appsecret_proof')
  if (proof === undefined || proof === proofOf(app, token)) return
  throw refuse({
    message: 'Invalid appsecret_proof provided in the API argument',
    code: 100,
    type: 'GraphMethodException',
  })
}

function proofOf(app: MetaApp, token: string): string {
  return createHmac('sha256', app.client_secret).update(token).digest('hex')
}

/** The session behind a token, wherever the request carries it. */
export function openSession(store: MetaStore, token: string, nowMs: number): Session {
  const row = store.tokens.get(token)
  const problem = problemOf(row, nowMs)
  if (row === undefined || problem !== undefined) throw refuse(problem ?? CANNOT_PARSE_TOKEN)
  const app = store.apps.get(row.client_id)
  const grant = store.grants.get(grantKey(row))
  if (app === undefined || grant === undefined) throw refuse(appRemoved(row.client_id))
  return { token, row, app, grant }
}

/** Why a token is dead; undefined while it lives. */
export function problemOf(row: MetaToken | undefined, nowMs: number): GraphProblem | undefined {
  if (row === undefined) return CANNOT_PARSE_TOKEN
  if (row.revoked) return appRemoved(row.client_id)
  if (row.expires_at_ms === null || row.expires_at_ms > nowMs) return undefined
  return sessionExpired(row.expires_at_ms, nowMs)
}

/** The person removes the app: its tokens are dead for good, a new consent gives new ones. */
export function revokeAccount(store: MetaStore, accountId: string): void {
  for (const client_id of store.apps.keys()) {
    removeGrant(store, { client_id, account_id: accountId })
  }
}

/** One app of a person. Dead rows stay, so that a late call is still listed under its account. */
export function removeGrant(
  store: MetaStore,
  owner: { client_id: string; account_id: string },
): void {
  const key = grantKey(owner)
  store.grants.delete(key)
  for (const row of store.tokens.values()) if (grantKey(row) === key) row.revoked = true
  // A code that is still on its way dies too.
  for (const row of store.codes.values()) if (grantKey(row) === key) row.used = true
}

/** Every token of a person ends now, page tokens too. */
export function expireAccount(store: MetaStore, accountId: string): void {
  const nowMs = store.state.now().getTime()
  for (const row of store.tokens.values()) {
    if (row.account_id !== accountId) continue
    row.expires_at_ms = Math.min(row.expires_at_ms ?? nowMs, nowMs)
  }
}

/** The account a request acts for: the page of a page token, else the person. */
export function identify(store: MetaStore, req: ApiRequest): string | undefined {
  const code = store.codes.get(param(req, 'code') ?? '')
  if (code !== undefined) return code.account_id
  // Where a token is only asked about, it names the account, not the caller's own.
  const asked = param(req, 'input_token') ?? param(req, 'fb_exchange_token') ?? tokenOf(req)
  const row = store.tokens.get(asked ?? '')
  return row?.page_id ?? row?.account_id
}
