import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { ask } from '../ask.ts'
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
import { refreshNeeds } from '../code-flow.ts'
import { tokenHost } from '../hosts.ts'
import { type OauthCall, type OauthRefusal, toGrant, withOauth } from '../oauth.ts'
import { appRefused, authorizationFailed, grantEnded, REDDIT_DIALECT } from './errors.ts'
import { coveredAccount, identify } from './identity.ts'
import { listDestinations } from './subreddits.ts'

/** https://github.com/reddit-archive/reddit/wiki/OAuth2 */
export const REDDIT_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://oauth.reddit.com',
  authBaseUrl: 'https://www.reddit.com',
  webBaseUrl: 'https://www.reddit.com',
}

/** https://www.reddit.com/api/v1/scopes: `edit` deletes, `history` finds a post again. */
const SCOPES = ['identity', 'submit', 'edit', 'read', 'history', 'flair', 'mysubreddits'] as const

const errorSchema = z.object({ error: z.string(), error_description: z.string().optional() })

/** OAuth 2 without PKCE; one refresh token stays good until it is revoked. */
export function makeRedditAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'reddit',
    method: 'oauth2',
    appKey: 'reddit',
    refreshModel: 'reusable',
    revocation: { scope: 'token' },
    scopes: SCOPES,
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) => exchange(hosts, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    revoke: (request, call) => revoke(hosts, request, call),
    identify: (access, call) => identify(hosts, access, call),
    accounts: (access, call) => coveredAccount(hosts, access, call),
    destinations: (access, call) => listDestinations(hosts, access, call),
    verifyApp: (app, call) => endToken(hosts, app, 'clarion-checks-its-app', 'access_token', call),
  }
}

/** Only `duration=permanent` gives a refresh token. */
function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/api/v1/authorize', {
    client_id: request.app.clientId,
    response_type: 'code',
    state: request.state,
    redirect_uri: request.redirectUri,
    duration: 'permanent',
    scope: scopes.join(' '),
  })
}

function exchange(hosts: PlatformHosts, request: ExchangeRequest, call: Call): Promise<Grant> {
  const { server, client, auth } = partsOf(hosts, request.app)
  return withOauth(contextOf(hosts, call, exchangeFailure), async (options) => {
    const params = oauth.validateAuthResponse(server, client, request.params, request.state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      params,
      request.redirectUri,
      oauth.nopkce,
      options,
    )
    await raiseHidden(response, exchangeFailure)
    return toGrant(await oauth.processAuthorizationCodeResponse(server, client, response), SCOPES)
  })
}

/** The refresh token is not spent by this, so that asking again does no harm. */
async function refresh(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<Grant> {
  const { app, refreshToken } = refreshNeeds(request, REDDIT_DIALECT)
  const { server, client, auth } = partsOf(hosts, app)
  return withOauth(contextOf(hosts, call, refreshFailure), async (options) => {
    const sent = oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, options)
    const response = await sent
    await raiseHidden(response, refreshFailure)
    return toGrant(await oauth.processRefreshTokenResponse(server, client, response), SCOPES)
  })
}

/** Both tokens: the access token outlives its refresh token otherwise. */
async function revoke(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<void> {
  const { app, refreshToken, accessToken } = request
  if (!app) return
  if (refreshToken) await endToken(hosts, app, refreshToken, 'refresh_token', call)
  await endToken(hosts, app, accessToken, 'access_token', call)
}

/** Says yes to tokens it never knew, so that it tells only whether the app is known. */
async function endToken(
  hosts: PlatformHosts,
  app: AppCredentials,
  token: string,
  hint: string,
  call: Call,
): Promise<void> {
  const request = {
    method: 'POST' as const,
    url: urlBelow(tokenHost(hosts), '/api/v1/revoke_token'),
    headers: { authorization: basicOf(app) },
    form: new URLSearchParams({ token, token_type_hint: hint }),
    trusted: true,
  }
  try {
    await ask(REDDIT_DIALECT, request, call)
  } catch (error) {
    const status = error instanceof PlatformFailure ? error.httpStatus : undefined
    throw status === 400 || status === 401 ? appRefused(status) : error
  }
}

/** Reddit reports a bad code or grant as 200 with an `error` in place of the token. */
async function raiseHidden(response: Response, refusalOf: OauthCall['refusalOf']): Promise<void> {
  if (response.status !== 200) return
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  const parsed = errorSchema.safeParse(body)
  if (!parsed.success) return
  const { error, error_description: description } = parsed.data
  throw refusalOf({ status: 200, error, description })
}

function exchangeFailure({ status }: OauthRefusal): PlatformFailure {
  return status === 401 ? appRefused(status) : authorizationFailed(status)
}

/** 401 is about the app, 403 about how we are let in at all; the rest about the token. */
function refreshFailure({ status, error }: OauthRefusal): PlatformFailure {
  const isGrant = status === 400 || error === 'invalid_grant'
  return isGrant ? grantEnded(status) : appRefused(status)
}

function partsOf(hosts: PlatformHosts, app: AppCredentials) {
  const server = {
    issuer: hosts.authBaseUrl,
    token_endpoint: urlBelow(tokenHost(hosts), '/api/v1/access_token').href,
  }
  const auth: oauth.ClientAuth = (_server, _client, _body, headers) => {
    headers.set('authorization', basicOf(app))
  }
  return { server, client: { client_id: app.clientId }, auth }
}

/** As it is, without the encoding of RFC 6749: ids and secrets hold `-` and `_`. */
function basicOf({ clientId, clientSecret = '' }: AppCredentials): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
}

function contextOf(hosts: PlatformHosts, call: Call, refusalOf: OauthCall['refusalOf']): OauthCall {
  const insecure = tokenHost(hosts).startsWith('http:')
  const effect = 'repeatable'
  return { dialect: REDDIT_DIALECT, call, trusted: true, insecure, effect, refusalOf }
}
