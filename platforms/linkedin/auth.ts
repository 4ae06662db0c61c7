import type { AccountAccess, AuthorizeRequest, Authorizer } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import type { Reader } from './client.ts'
import { withFreshToken } from './fresh-token.ts'
import { identify, readAccounts } from './identity.ts'
import { missingScopes, SCOPES } from './scopes.ts'
import { exchange, refresh, revoke, type TokenState, tokenState, verifyApp } from './tokens.ts'

/** https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow */
export const LINKEDIN_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.linkedin.com',
  apiBaseUrl: 'https://api.linkedin.com',
  webBaseUrl: 'https://www.linkedin.com',
}

/** How long LinkedIn may take until its API knows a token that it has just given. */
export const SPREAD_MS = 5_000

/**
 * OAuth without PKCE, the client in the body. One consent covers the member and, when scopes for
 * organizations are asked for, every organization that they administer.
 */
export function makeLinkedinAuthorizer(hosts: PlatformHosts, spreadMs = SPREAD_MS): Authorizer {
  const readerOf = (access: AccountAccess, call: Call) => ({ hosts, access, call })
  return {
    platform: 'linkedin',
    method: 'oauth2',
    appKey: 'linkedin',
    refreshModel: 'reusable',
    revocation: { scope: 'grant', platforms: ['linkedin'] },
    scopes: SCOPES,
    missingScopes,
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) => exchange(hosts, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    revoke: (request, call) => revoke(hosts, request, call),
    verifyApp: (app, call) => verifyApp(hosts, app, call),
    identify: (access, call) => {
      const reader = readerOf(access, call)
      return withFreshToken(reader, spreadMs, () => identify(reader), stateOf)
    },
    accounts: (access, call) => {
      const reader = readerOf(access, call)
      return withFreshToken(reader, spreadMs, () => readAccounts(reader), stateOf)
    },
  }
}

async function stateOf({ hosts, access, call }: Reader): Promise<TokenState> {
  return access.app ? tokenState(hosts, access.app, access.accessToken, call) : 'unknown'
}

/** Unlike others no `prompt`: it breaks the first consent. */
function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/oauth/v2/authorization', {
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    state: request.state,
    scope: scopes.join(' '),
  })
}
