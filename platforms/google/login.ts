import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import { ask, type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type {
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  RefreshRequest,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { type CodeFlow, refreshNeeds, tradeCode, tradeRefreshToken } from '../code-flow.ts'
import { tokenHost } from '../hosts.ts'
import type { HttpAnswer } from '../http.ts'
import { s256, withTokenAnswer } from '../oauth.ts'
import { type GooglePlatform, googleTokenFailure } from './errors.ts'
import { PROFILE_SCOPE } from './userinfo.ts'

/** https://developers.google.com/identity/protocols/oauth2/web-server */
export interface GoogleLogin {
  platform: GooglePlatform
  dialect: Dialect
  hosts: PlatformHosts
  /** What Clarion's work on the platform needs. */
  scopes: readonly string[]
  /** Scopes each of which alone covers all of `scopes`. */
  widerScopes: readonly string[]
}

const deadTokenSchema = z.object({ error: z.literal('invalid_token') })

type SharedMembers = Required<
  Pick<
    Authorizer,
    | 'platform'
    | 'method'
    | 'appKey'
    | 'refreshModel'
    | 'revocation'
    | 'scopes'
    | 'missingScopes'
    | 'authorizationUrl'
    | 'exchange'
    | 'refresh'
    | 'revoke'
    | 'verifyApp'
  >
>

/** The part of an authorizer that all of Google shares: consent, tokens, revocation. */
export function makeGoogleLogin(login: GoogleLogin): SharedMembers {
  return {
    platform: login.platform,
    method: 'oauth2',
    appKey: login.platform,
    refreshModel: 'reusable',
    // Ending any token of a person ends all that this person granted the app.
    revocation: { scope: 'grant', platforms: ['youtube', 'google_business'] },
    scopes: login.scopes,
    missingScopes: (granted) => missingScopes(login, granted),
    authorizationUrl: async (request) => ({ url: authorizationUrl(login, request) }),
    exchange: (request, call) => exchange(login, request, call),
    refresh: (request, call) => refresh(login, request, call),
    revoke: (request, call) => revoke(login, request, call),
    verifyApp: (app, call) => verifyApp(login, app, call),
  }
}

/** Consent is granular: people may untick single scopes. */
function missingScopes(login: GoogleLogin, granted: readonly string[]): string[] {
  if (login.widerScopes.some((scope) => granted.includes(scope))) return []
  return login.scopes.filter((scope) => !granted.includes(scope))
}

/** Only `offline` with `consent` gives a refresh token on every grant, not just on the first. */
function authorizationUrl(login: GoogleLogin, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : login.scopes
  return urlBelow(login.hosts.authBaseUrl, '/o/oauth2/v2/auth', {
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    scope: [...new Set([...scopes, PROFILE_SCOPE])].join(' '),
    state: request.state,
    access_type: 'offline',
    prompt: 'consent',
    code_challenge: s256(request.codeVerifier),
    code_challenge_method: 'S256',
  })
}

/** Without a refresh token the access lasts an hour and nothing can prolong it: that is said. */
async function exchange(login: GoogleLogin, request: ExchangeRequest, call: Call): Promise<Grant> {
  const grant = await tradeCode(flowOf(login, request.app, call, 'code'), request)
  return grant.refreshToken ? grant : { ...grant, refreshModel: 'none' }
}

/** Google's refresh tokens stay, so a lost answer costs nothing and is tried again. */
async function refresh(login: GoogleLogin, request: RefreshRequest, call: Call): Promise<Grant> {
  const needs = refreshNeeds(request, login.dialect)
  return tradeRefreshToken(flowOf(login, needs.app, call, 'refresh_token'), needs)
}

const ALREADY_REVOKED = 'already_revoked'

/** https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke */
async function revoke(login: GoogleLogin, request: RefreshRequest, call: Call): Promise<void> {
  const form = new URLSearchParams({ token: request.refreshToken ?? request.accessToken })
  const url = urlBelow(tokenHost(login.hosts), '/revoke')
  const failureOf = (answer: HttpAnswer, effect: Effect) =>
    isDeadToken(answer) ? alreadyRevoked() : login.dialect.failureOf(answer, effect)
  try {
    await ask({ ...login.dialect, failureOf }, { method: 'POST', url, form, trusted: true }, call)
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.code !== ALREADY_REVOKED) throw error
  }
}

function isDeadToken(answer: HttpAnswer): boolean {
  return answer.status === 400 && deadTokenSchema.safeParse(jsonOrUndefined(answer)).success
}

function alreadyRevoked(): PlatformFailure {
  return rejected({ code: ALREADY_REVOKED, message: 'The access had ended before.' })
}

/**
 * Trades a made-up refresh token. `invalid_grant` proves that Google knows the client id and, as far
 * as it checks before looking at the token, the secret; it proves nothing about redirect URIs,
 * enabled APIs or the consent screen. Throws `rejected` for `invalid_client` and its like.
 */
async function verifyApp(login: GoogleLogin, app: AppCredentials, call: Call): Promise<void> {
  try {
    const needs = { app, refreshToken: 'clarion-app-check' }
    await tradeRefreshToken(flowOf(login, app, call, 'refresh_token'), needs)
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.kind !== 'auth_revoked') throw error
  }
}

function flowOf(
  login: GoogleLogin,
  app: AppCredentials,
  call: Call,
  traded: 'code' | 'refresh_token',
): CodeFlow {
  const host = tokenHost(login.hosts)
  return {
    context: {
      dialect: login.dialect,
      call,
      trusted: true,
      insecure: host.startsWith('http:'),
      effect: 'repeatable',
      refusalOf: googleTokenFailure(login.platform, traded),
      readAnswer: withoutIdToken,
    },
    server: { issuer: login.hosts.authBaseUrl, token_endpoint: urlBelow(host, '/token').href },
    clientAuth: oauth.ClientSecretPost(app.clientSecret ?? ''),
    pkce: true,
    askedScopes: login.scopes,
  }
}

/** Profile scopes bring an id token along; who signed in is asked of `userinfo` instead. */
function withoutIdToken(answer: HttpAnswer): HttpAnswer {
  return withTokenAnswer(answer, ({ id_token: _unused, ...rest }) => rest)
}
