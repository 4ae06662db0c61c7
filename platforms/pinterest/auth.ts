import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { ask, readJson } from '../ask.ts'
import type {
  Account,
  AccountAccess,
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
import {
  clientSecretBasic,
  type OauthCall,
  type OauthRefusal,
  toGrant,
  withOauth,
} from '../oauth.ts'
import { listBoards } from './boards.ts'
import { appRefused, authorizationFailed, grantEnded, PINTEREST_DIALECT } from './errors.ts'

/** https://developers.pinterest.com/docs/getting-started/introduction/ */
export const PINTEREST_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://api.pinterest.com',
  authBaseUrl: 'https://www.pinterest.com',
  webBaseUrl: 'https://www.pinterest.com',
}

/** https://developers.pinterest.com/docs/getting-started/scopes/ */
const SCOPES = [
  'user_accounts:read',
  'boards:read',
  'boards:write',
  'pins:read',
  'pins:write',
] as const

/** Asks for refresh tokens that live on; newer apps have no others. */
const CONTINUOUS = { continuous_refresh: 'true' }

const userSchema = z.object({
  id: z.string().min(1),
  username: z.string(),
  account_type: z.string().optional(),
  business_name: z.string().nullish(),
  profile_image: z.string().nullish(),
})

const lifeSchema = z.object({
  refresh_token_expires_in: z.coerce.number().positive().optional().catch(undefined),
})

/**
 * OAuth 2 without PKCE (https://developers.pinterest.com/docs/getting-started/authentication-and-scopes/).
 * Each refresh returns the refresh token to use next. There is no revocation for people's tokens.
 */
export function makePinterestAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'pinterest',
    method: 'oauth2',
    appKey: 'pinterest',
    refreshModel: 'rotating',
    scopes: SCOPES,
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) => exchange(hosts, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    identify: (access, call) => identify(hosts, access, call),
    destinations: (access, call) => listBoards(hosts, access, call),
    verifyApp: (app, call) => verifyApp(hosts, app, call),
  }
}

function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/oauth/', {
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: scopes.join(','),
    state: request.state,
  })
}

function exchange(hosts: PlatformHosts, request: ExchangeRequest, call: Call): Promise<Grant> {
  const { server, client, auth } = partsOf(hosts, request.app)
  const context = contextOf(hosts, call, 'repeatable', exchangeFailure)
  return withOauth(context, async (options) => {
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      oauth.validateAuthResponse(server, client, request.params, request.state),
      request.redirectUri,
      oauth.nopkce,
      { ...options, additionalParameters: CONTINUOUS },
    )
    return lastingGrant(await oauth.processAuthorizationCodeResponse(server, client, response))
  })
}

/** A lost answer may have spent the token, so it is no `transient`: the outcome is unknown. */
async function refresh(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<Grant> {
  const { app, refreshToken } = refreshNeeds(request, PINTEREST_DIALECT)
  const { server, client, auth } = partsOf(hosts, app)
  const context = contextOf(hosts, call, 'irreversible', ({ status }) => grantEnded(status))
  try {
    return await withOauth(context, async (options) => {
      const more = { ...options, additionalParameters: CONTINUOUS }
      const sent = oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, more)
      return lastingGrant(await oauth.processRefreshTokenResponse(server, client, await sent))
    })
  } catch (error) {
    // The same 401 answers a dead token and a wrong secret: only a good app proves the token dead.
    if (isDead(error)) await verifyApp(hosts, app, call)
    throw error
  }
}

/**
 * Asks for a token of the app itself, which is thrown away. Only a 401 is about the credentials:
 * an app that may not have such tokens is known all the same.
 */
async function verifyApp(hosts: PlatformHosts, app: AppCredentials, call: Call): Promise<void> {
  const { server, client, auth } = partsOf(hosts, app)
  const context = contextOf(hosts, call, 'repeatable', ({ status }) => appRefused(status))
  try {
    await withOauth(context, async (options) => {
      const scope = { scope: 'user_accounts:read' }
      const sent = oauth.clientCredentialsGrantRequest(server, client, auth, scope, options)
      await oauth.processClientCredentialsResponse(server, client, await sent)
    })
  } catch (error) {
    if (isAppRefused(error) && error.httpStatus !== 401) return
    throw error
  }
}

async function identify(hosts: PlatformHosts, access: AccountAccess, call: Call): Promise<Account> {
  const request = {
    method: 'GET' as const,
    url: urlBelow(hosts.apiBaseUrl, '/v5/user_account'),
    headers: { authorization: `Bearer ${access.accessToken}` },
    trusted: true,
  }
  const answer = await ask(PINTEREST_DIALECT, request, call)
  const user = readJson(PINTEREST_DIALECT, answer, userSchema)
  return {
    platformAccountId: user.id,
    handle: user.username,
    displayName: user.business_name || null,
    profileImageUrl: user.profile_image || null,
    kind: user.account_type === 'BUSINESS' ? 'business' : 'personal',
  }
}

function partsOf(hosts: PlatformHosts, app: AppCredentials) {
  const server = {
    issuer: hosts.authBaseUrl,
    token_endpoint: urlBelow(hosts.apiBaseUrl, '/v5/oauth/token').href,
  }
  const auth = clientSecretBasic(app.clientSecret ?? '')
  return { server, client: { client_id: app.clientId }, auth }
}

function lastingGrant(tokens: oauth.TokenEndpointResponse): Grant {
  const { refresh_token_expires_in: lifeSeconds } = lifeSchema.parse(tokens)
  const grant = toGrant(tokens, SCOPES)
  if (lifeSeconds === undefined || grant.refreshToken === undefined) return grant
  return { ...grant, refreshExpiresAt: new Date(Date.now() + lifeSeconds * 1000) }
}

function exchangeFailure({ status }: OauthRefusal): PlatformFailure {
  return status === 401 ? appRefused(status) : authorizationFailed(status)
}

function isDead(error: unknown): boolean {
  return error instanceof PlatformFailure && error.kind === 'auth_revoked'
}

function isAppRefused(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && error.kind === 'rejected'
}

function contextOf(
  hosts: PlatformHosts,
  call: Call,
  effect: OauthCall['effect'],
  refusalOf: OauthCall['refusalOf'],
): OauthCall {
  const insecure = hosts.apiBaseUrl.startsWith('http:')
  return { dialect: PINTEREST_DIALECT, call, trusted: true, insecure, effect, refusalOf }
}
