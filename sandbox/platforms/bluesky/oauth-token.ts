import { randomBytes } from 'node:crypto'
import { type Answer, json } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { provesChallenge } from '../../oauth/pkce.ts'
import { checkProof, isFirstUse } from './dpop.ts'
import { signJwt } from './jwt.ts'
import { authenticate } from './oauth-client.ts'
import { DpopFailure, invalidGrant } from './oauth-errors.ts'
import { accountSession, endSession, sessionOfCode, sessionOfToken } from './oauth-sessions.ts'
import {
  type BlueskyStore,
  type ClientAuth,
  type OauthClient,
  type OauthSession,
  SERVICE_DID,
} from './store.ts'

/** https://github.com/bluesky-social/atproto/blob/main/packages/oauth/oauth-provider/src/oauth-constants.ts */
const ACCESS_LIFETIME_MS = 60 * 60_000
const DAY_MS = 24 * 3_600_000
const YEAR_MS = 365.25 * DAY_MS
const PUBLIC_LIFETIMES = { session: 14 * DAY_MS, refresh: 14 * DAY_MS }
const CONFIDENTIAL_LIFETIMES = { session: 2 * YEAR_MS, refresh: YEAR_MS / 4 }

/** Who asks: the client, how it proved itself, and the key of the proof. */
interface Asker {
  client: OauthClient
  auth: ClientAuth
  jkt: string
}

/** POST /oauth/token */
export function token(store: BlueskyStore, req: ApiRequest): Answer {
  const asker = askerOf(store, req)
  switch (textField(req.body, 'grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, req, asker)
    case 'refresh_token':
      return refresh(store, req, asker)
    default:
      throw invalidGrant('Invalid request payload')
  }
}

/** POST /oauth/revoke: what is wrong with the client or the token is not told (RFC 7009 §2.2). */
export function revokeToken(store: BlueskyStore, req: ApiRequest): Answer {
  const jkt = checkProof(store, req)
  const session = sessionOfToken(store, textField(req.body, 'token') ?? '')
  if (jkt === undefined || session === undefined) return json(200, {})
  const { client, auth } = authenticate(store, req, jkt)
  if (mismatch(session, { client, auth, jkt }) === undefined) endSession(store, session)
  return json(200, {})
}

/** Tokens are bound to a key, so a proof is required here. */
function askerOf(store: BlueskyStore, req: ApiRequest): Asker {
  const jkt = checkProof(store, req)
  if (textField(req.body, 'client_id') === undefined) {
    throw invalidGrant('Client credentials missing')
  }
  if (jkt === undefined) throw new DpopFailure('invalid_dpop_proof', 'DPoP proof required')
  return { ...authenticate(store, req, jkt), jkt }
}

/** The request is gone at the first try, whatever comes of it; a replay ends the session. */
function exchangeCode(store: BlueskyStore, req: ApiRequest, asker: Asker): Answer {
  const code = textField(req.body, 'code') ?? ''
  const [id, request] = [...store.oauthRequests].find(([, row]) => row.code === code) ?? []
  if (id === undefined || request?.did == null) {
    const replayed = sessionOfCode(store, code)
    if (replayed !== undefined) endSession(store, replayed)
    throw invalidGrant('Invalid code')
  }
  store.oauthRequests.delete(id)
  if (request.expires_at_ms <= req.nowMs) throw invalidGrant('This code has expired')
  const reason = mismatch({ ...request, jkt: request.jkt ?? asker.jkt }, asker)
  if (reason !== undefined) throw invalidGrant(reason)
  if (request.redirect_uri !== textField(req.body, 'redirect_uri')) {
    const words = 'The redirect_uri parameter must match the one used in the authorization request'
    throw invalidGrant(words)
  }
  if (!provesChallenge(textField(req.body, 'code_verifier') ?? '', request.challenge, 'S256')) {
    throw invalidGrant('Invalid code_verifier')
  }
  if (!isFirstUse(store, `challenge ${request.challenge}`, req.nowMs, DAY_MS)) {
    throw invalidGrant('Code challenge already used')
  }
  const { did, scopes } = request
  const session = accountSession({ did, scopes, code, ...bindingOf(asker) }, req.nowMs)
  return issue(store, req, session, asker)
}

/** Single use: a replayed token loses the session, and so does any other mismatch. */
function refresh(store: BlueskyStore, req: ApiRequest, asker: Asker): Answer {
  const presented = textField(req.body, 'refresh_token') ?? ''
  const session = store.oauthSessions.get(store.oauthRefresh.get(presented) ?? '')
  if (session === undefined) throw invalidGrant('Invalid refresh token')
  const reason = refreshRefusal(session, presented, asker, req.nowMs)
  if (reason !== undefined) {
    endSession(store, session)
    throw invalidGrant(reason)
  }
  return issue(store, req, { ...session, auth: asker.auth }, asker)
}

function refreshRefusal(
  session: OauthSession,
  presented: string,
  asker: Asker,
  nowMs: number,
): string | undefined {
  if (session.refresh_token !== presented) return 'Refresh token replayed'
  const reason = mismatch(session, asker)
  if (reason !== undefined) return reason
  const lifetimes = lifetimesOf(asker.client)
  if (nowMs - session.created_at_ms >= lifetimes.session) return 'Session expired'
  return nowMs - session.updated_at_ms >= lifetimes.refresh ? 'Refresh token expired' : undefined
}

function lifetimesOf(client: OauthClient): typeof PUBLIC_LIFETIMES {
  return client.confidential ? CONFIDENTIAL_LIFETIMES : PUBLIC_LIFETIMES
}

function bindingOf({ client, auth, jkt }: Asker): Pick<OauthSession, 'client_id' | 'auth' | 'jkt'> {
  return { client_id: client.id, auth, jkt }
}

/** Why somebody else than the first asker asks now; undefined when it is the same one. */
function mismatch(
  first: Pick<OauthSession, 'client_id' | 'auth' | 'jkt'>,
  { client, auth, jkt }: Asker,
): string | undefined {
  if (first.client_id !== client.id) return 'Token was not issued to this client'
  if (first.jkt !== jkt) return 'DPoP proof does not match the expected JKT'
  // A public client may become confidential, and not the other way round.
  if (first.auth.method === 'none') return undefined
  if (auth.method === 'none') return 'Client authentication method mismatch'
  const isSame = first.auth.kid === auth.kid && first.auth.jkt === auth.jkt
  const words =
    'The session was initiated with a different key than the client assertion currently used'
  return isSame ? undefined : words
}

/** A new pair; the id of the old access token is gone, and the token with it. */
function issue(
  store: BlueskyStore,
  req: ApiRequest,
  session: OauthSession,
  { client, jkt }: Asker,
): Answer {
  const { nowMs, origin } = req
  const { secrets } = store.state
  const sessionEndMs = session.created_at_ms + lifetimesOf(client).session
  const expiresMs = Math.min(nowMs + ACCESS_LIFETIME_MS, sessionEndMs)
  const jti = `tok-${randomBytes(16).toString('hex')}`
  const refreshToken = client.mayRefresh ? secrets.issue('bluesky_refresh') : null
  const row = { ...session, jti, refresh_token: refreshToken }
  store.oauthSessions.set(row.id, { ...row, updated_at_ms: nowMs, expires_at_ms: expiresMs })
  if (refreshToken !== null) store.oauthRefresh.set(refreshToken, row.id)
  const claims = {
    iss: origin,
    aud: SERVICE_DID,
    sub: row.did,
    jti,
    iat: Math.floor(nowMs / 1000),
    exp: Math.floor(expiresMs / 1000),
    cnf: { jkt },
    client_id: client.id,
  }
  return json(200, {
    access_token: secrets.record(signJwt('at+jwt', claims, store.keys.get('jwt') ?? '')),
    token_type: 'DPoP',
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
    scope: row.scopes.join(' '),
    expires_in: Math.floor((expiresMs - nowMs) / 1000),
    sub: row.did,
  })
}
