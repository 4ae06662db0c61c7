import { randomBytes, randomUUID } from 'node:crypto'
import type { Account } from '../../core/accounts.ts'
import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { didDocument } from './did.ts'
import { refusal, xrpcError } from './errors.ts'
import { type Claims, signJwt, verifyJwt } from './jwt.ts'
import { spend } from './limits.ts'
import { authorizeDpop, isDpop, type Permission } from './oauth-access.ts'
import { sessionOfAccess, sessionOfToken } from './oauth-sessions.ts'
import { type BlueskyStore, SERVICE_DID } from './store.ts'

/** Lifetimes of https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/account-manager/helpers/auth.ts */
const ACCESS_LIFETIME_S = 120 * 60
const REFRESH_LIFETIME_S = 90 * 24 * 3600
const REFRESH_GRACE_MS = 2 * 3_600_000
const ACCESS_SCOPE = 'com.atproto.appPass'
const REFRESH_SCOPE = 'com.atproto.refresh'
const FIVE_MINUTES_MS = 5 * 60_000
const DAY_MS = 24 * 3_600_000

/** POST com.atproto.server.createSession */
export function createSession(store: BlueskyStore, req: ApiRequest, input: Input): Answer {
  const identifier = String(input.identifier).toLowerCase()
  const budget = { store, req, key: `createSession ${identifier}` }
  spend({ ...budget, name: 'day', limit: 300, windowMs: DAY_MS })
  spend({ ...budget, name: '5min', limit: 30, windowMs: FIVE_MINUTES_MS })
  const account = findAccount(store, identifier)
  const password = store.passwords.get(String(input.password))
  if (account === undefined || password?.did !== account.account_id || password.revoked) {
    return xrpcError(401, 'AuthenticationRequired', 'Invalid identifier or password')
  }
  const jti = newJti()
  return session(store, req, { account, jti, appPassword: password.password })
}

type Input = Record<string, unknown>

/** POST com.atproto.server.refreshSession: reuse within two hours gives the same successor. */
export function refreshSession(store: BlueskyStore, req: ApiRequest): Answer {
  const claims = readToken(store, req, REFRESH_SCOPE)
  const row = store.refresh.get(claims.jti)
  const account = store.state.accounts.byId('bluesky', claims.sub)
  if (row === undefined || account === undefined || row.expires_at_ms <= req.nowMs) {
    return xrpcError(400, 'ExpiredToken', 'Token has been revoked')
  }
  row.expires_at_ms = Math.min(row.expires_at_ms, req.nowMs + REFRESH_GRACE_MS)
  row.next_id ??= newJti()
  return session(store, req, { account, jti: row.next_id, appPassword: row.app_password })
}

/** POST com.atproto.server.deleteSession */
export function deleteSession(store: BlueskyStore, req: ApiRequest): Answer {
  const claims = readToken(store, req, REFRESH_SCOPE)
  store.refresh.delete(claims.jti)
  return { status: 200 }
}

/** GET com.atproto.server.getSession */
export function getSession(store: BlueskyStore, req: ApiRequest): Answer {
  const account = authorize(store, req)
  const view = describeAccount(account, req.origin)
  if (!isDpop(req)) return { status: 200, body: view }
  // The address is for `transition:email` only.
  const { email, emailConfirmed, emailAuthFactor, ...rest } = view
  return { status: 200, body: rest }
}

/** The account behind an access token; an OAuth token must also have the permission. */
export function authorize(store: BlueskyStore, req: ApiRequest, permission?: Permission): Account {
  const did = isDpop(req)
    ? authorizeDpop(store, req, permission).did
    : readToken(store, req, ACCESS_SCOPE).sub
  const account = store.state.accounts.byId('bluesky', did)
  if (account === undefined) throw refusal(403, 'AccountNotFound', 'Account not found')
  return account
}

/** The account a request acts for: by its token, else by the identifier it logs in with. */
export function identify(
  store: BlueskyStore,
  req: ApiRequest,
  identifier: string,
): string | undefined {
  const header = req.header('authorization')
  const verified = verifyJwt(bearerToken(header) ?? '', signingKey(store))
  if (typeof verified === 'object') return verified.claims.sub
  if (isDpop(req)) return sessionOfAccess(store, (header ?? '').slice('DPoP '.length))?.did
  for (const name of ['refresh_token', 'code', 'token']) {
    const value = textField(req.body, name) ?? ''
    const request = [...store.oauthRequests.values()].find((row) => row.code === value)
    const did = sessionOfToken(store, value)?.did ?? request?.did
    if (did != null) return did
  }
  return findAccount(store, identifier)?.account_id
}

/** By DID, or by handle with or without @. */
export function findAccount(store: BlueskyStore, identifier: string): Account | undefined {
  const { accounts } = store.state
  const handle = identifier.replace(/^@/, '')
  return accounts.byId('bluesky', identifier) ?? accounts.byHandle('bluesky', handle)
}

/** A password of the form the settings page gives: xxxx-xxxx-xxxx-xxxx. */
export function newAppPassword(store: BlueskyStore, did: string): string {
  const letters = [...randomBytes(16)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31])
  const password = letters.join('').replace(/(.{4})(?=.)/g, '$1-')
  store.passwords.set(password, { did, password, revoked: false })
  return store.state.secrets.record(password)
}

/** The user deletes the app passwords: refresh ends now, access lives to its own end. */
export function revokePasswords(store: BlueskyStore, did: string): void {
  for (const row of store.passwords.values()) if (row.did === did) row.revoked = true
  for (const [jti, row] of store.refresh) if (row.did === did) store.refresh.delete(jti)
}

/** Access tokens issued so far end now. */
export function expireAccess(store: BlueskyStore, did: string): void {
  for (const row of store.access.values()) if (row.did === did) row.expired = true
}

/** A pair of tokens; the refresh row is made once per jti, so a reuse cannot prolong it. */
function session(
  store: BlueskyStore,
  req: ApiRequest,
  grant: { account: Account; jti: string; appPassword: string },
): Answer {
  const did = grant.account.account_id
  const iat = Math.floor(req.nowMs / 1000)
  const accessJti = randomUUID()
  const base = { aud: SERVICE_DID, sub: did, iat }
  const access = { ...base, scope: ACCESS_SCOPE, jti: accessJti, exp: iat + ACCESS_LIFETIME_S }
  const refresh = { ...base, scope: REFRESH_SCOPE, jti: grant.jti, exp: iat + REFRESH_LIFETIME_S }
  store.access.set(accessJti, { did, expired: false })
  if (!store.refresh.has(grant.jti)) {
    const row = { did, app_password: grant.appPassword, next_id: null }
    store.refresh.set(grant.jti, { ...row, expires_at_ms: refresh.exp * 1000 })
  }
  const key = signingKey(store)
  const { secrets } = store.state
  return {
    status: 200,
    body: {
      accessJwt: secrets.record(signJwt('at+jwt', access, key)),
      refreshJwt: secrets.record(signJwt('refresh+jwt', refresh, key)),
      ...describeAccount(grant.account, req.origin),
    },
  }
}

/** The client finds its PDS in the DID document. */
function describeAccount(account: Account, origin: string) {
  const did = account.account_id
  return {
    did,
    handle: account.handle,
    email: `${account.handle.split('.')[0]}@example.com`,
    emailConfirmed: true,
    emailAuthFactor: false,
    active: true,
    didDoc: didDocument(account, origin),
  }
}

/** The claims of a live token of the right kind; the order of checks is that of the PDS. */
function readToken(store: BlueskyStore, req: ApiRequest, scope: string): Claims {
  const header = req.header('authorization')
  if (header === undefined) throw refusal(401, 'AuthMissing', 'Authentication Required')
  const token = bearerToken(header)
  if (token === undefined) {
    throw refusal(400, 'InvalidToken', 'Unexpected authorization type')
  }
  const verified = verifyJwt(token, signingKey(store))
  if (verified === 'malformed') throw refusal(400, 'InvalidToken', 'Malformed token')
  if (verified === 'forged') throw refusal(400, 'InvalidToken', 'Token could not be verified')
  const { claims } = verified
  // A token that is bound to a key is no bearer token.
  if (claims.cnf !== undefined) throw refusal(400, 'InvalidToken', 'Malformed token')
  const ended = claims.exp * 1000 <= req.nowMs || store.access.get(claims.jti)?.expired === true
  if (ended) throw refusal(400, 'ExpiredToken', 'Token has expired')
  if (claims.scope !== scope) throw refusal(400, 'InvalidToken', 'Bad token scope')
  return claims
}

function signingKey(store: BlueskyStore): string {
  return store.keys.get('jwt') ?? ''
}

function newJti(): string {
  return randomBytes(32).toString('base64url')
}
