import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import { withAccountLimits } from '../account-limits.ts'
import { ask, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type {
  Account,
  AccountAccess,
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  Call,
  ExchangeRequest,
  Grant,
  PlatformHosts,
  RefreshRequest,
} from '../connector.ts'
import { clientSecretBasic, type OauthCall, toGrant, withOauth } from '../oauth.ts'
import { X_DIALECT, xTokenFailure } from './errors.ts'
import { PREMIUM_MAX_TEXT_LENGTH, X_LIMITS } from './limits.ts'

/** https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
const SCOPES = ['tweet.read', 'tweet.write', 'users.read', 'offline.access'] as const

const USER_FIELDS =
  'username,name,profile_image_url,verified,verified_type,public_metrics,subscription_type'

const userSchema = z.object({
  data: z.object({
    id: z.string().regex(/^[0-9]{1,19}$/),
    username: z.string(),
    name: z.string().optional(),
    profile_image_url: z.string().optional(),
    verified_type: z.string().optional(),
    subscription_type: z.string().optional(),
  }),
})

/** OAuth 2 with PKCE; every refresh spends the refresh token and gives a new one. */
export function makeXAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    refreshModel: 'rotating',
    scopes: SCOPES,
    authorizationUrl: async (request) => authorizationUrl(hosts, request),
    exchange: (request, call) => exchange(hosts, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    revoke: (request, call) => revoke(hosts, request, call),
    identify: (access, call) => identify(hosts, access, call),
  }
}

function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/i/oauth2/authorize', {
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    scope: scopes.join(' '),
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: 'S256',
  })
}

function exchange(hosts: PlatformHosts, request: ExchangeRequest, call: Call): Promise<Grant> {
  const server = serverOf(hosts)
  const client = { client_id: request.app.clientId }
  return withOauth(contextOf(hosts, call, 'repeatable'), async (options) => {
    const params = oauth.validateAuthResponse(server, client, request.params, request.state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuth(request.app),
      params,
      request.redirectUri,
      request.codeVerifier,
      options,
    )
    return toGrant(await oauth.processAuthorizationCodeResponse(server, client, response), SCOPES)
  })
}

/** A lost answer may have spent the token, so it is no `transient`: the outcome is unknown. */
async function refresh(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<Grant> {
  const { app, refreshToken } = request
  if (!refreshToken || !app) {
    throw authRevoked({
      code: 'x_no_refresh_token',
      message: 'X gave no refresh token for this connection. Please connect the account again.',
    })
  }
  const server = serverOf(hosts)
  const client = { client_id: app.clientId }
  return withOauth(contextOf(hosts, call, 'irreversible'), async (options) => {
    const auth = clientAuth(app)
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      auth,
      refreshToken,
      options,
    )
    return toGrant(await oauth.processRefreshTokenResponse(server, client, response), SCOPES)
  })
}

/** Both tokens: ending one leaves the other usable until it expires. */
async function revoke(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<void> {
  const { app } = request
  if (!app) return
  const server = serverOf(hosts)
  const client = { client_id: app.clientId }
  const tokens = [request.refreshToken, request.accessToken].filter((token) => token !== undefined)
  for (const token of tokens) {
    await withOauth(contextOf(hosts, call, 'repeatable'), async (options) => {
      const auth = clientAuth(app)
      const response = await oauth.revocationRequest(server, client, auth, token, options)
      await oauth.processRevocationResponse(response)
    })
  }
}

async function identify(hosts: PlatformHosts, access: AccountAccess, call: Call): Promise<Account> {
  const answer = await ask(
    X_DIALECT,
    {
      method: 'GET',
      url: urlBelow(hosts.apiBaseUrl, '/2/users/me', { 'user.fields': USER_FIELDS }),
      headers: { authorization: `Bearer ${access.accessToken}` },
      trusted: true,
    },
    call,
  )
  const { data } = readJson(X_DIALECT, answer, userSchema)
  const premium = /^premium/i.test(data.subscription_type ?? '')
  return {
    platformAccountId: data.id,
    handle: data.username,
    displayName: data.name ?? null,
    profileImageUrl: data.profile_image_url?.replace(/_normal(\.\w+)$/, '_400x400$1') ?? null,
    kind: data.verified_type === 'business' ? 'business' : 'personal',
    metadata: withAccountLimits(
      { subscription_type: data.subscription_type ?? null },
      { maxTextLength: premium ? PREMIUM_MAX_TEXT_LENGTH : X_LIMITS.maxTextLength },
    ),
  }
}

function serverOf(hosts: PlatformHosts): oauth.AuthorizationServer {
  return {
    issuer: hosts.authBaseUrl,
    token_endpoint: urlBelow(hosts.apiBaseUrl, '/2/oauth2/token').href,
    revocation_endpoint: urlBelow(hosts.apiBaseUrl, '/2/oauth2/revoke').href,
  }
}

function clientAuth(app: AppCredentials): oauth.ClientAuth {
  return app.clientSecret ? clientSecretBasic(app.clientSecret) : oauth.None()
}

function contextOf(hosts: PlatformHosts, call: Call, effect: OauthCall['effect']): OauthCall {
  return {
    dialect: X_DIALECT,
    call,
    trusted: true,
    insecure: hosts.apiBaseUrl.startsWith('http:'),
    effect,
    refusalOf: xTokenFailure,
  }
}
