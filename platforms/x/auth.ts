import * as oauth from 'oauth4webapi'
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
import { clientSecretBasic, type OauthCall, s256, toGrant, withOauth } from '../oauth.ts'
import { X_DIALECT, xTokenFailure } from './errors.ts'
import { identify } from './identity.ts'

/** https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
const SCOPES = ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access'] as const

/** OAuth 2 with PKCE; every refresh spends the refresh token and gives a new one. */
export function makeXAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'x',
    method: 'oauth2',
    appKey: 'x',
    refreshModel: 'rotating',
    revocation: { scope: 'token' },
    scopes: SCOPES,
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
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
    code_challenge: s256(request.codeVerifier),
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
  const { app, refreshToken } = refreshNeeds(request, X_DIALECT)
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
