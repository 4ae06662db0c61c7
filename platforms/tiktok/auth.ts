import { createHash } from 'node:crypto'
import type { AuthorizeRequest, Authorizer } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { PlatformHosts } from '../call.ts'
import { identify } from './identity.ts'
import { exchange, refresh, revoke, verifyApp } from './tokens.ts'

/** https://developers.tiktok.com/doc/login-kit-web */
export const TIKTOK_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.tiktok.com',
  tokenBaseUrl: 'https://open.tiktokapis.com',
  apiBaseUrl: 'https://open.tiktokapis.com',
  webBaseUrl: 'https://www.tiktok.com',
}

/** Nothing deletes a post: https://developers.tiktok.com/doc/tiktok-api-scopes */
const SCOPES = [
  'user.info.basic',
  'user.info.profile',
  'video.publish',
  'video.upload',
  'video.list',
]

/** OAuth in TikTok's own spelling; every refresh spends the refresh token and gives a new one. */
export function makeTiktokAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'tiktok',
    method: 'oauth2',
    appKey: 'tiktok',
    refreshModel: 'rotating',
    // Whatever token is named, the person's whole consent ends.
    revocation: { scope: 'grant', platforms: ['tiktok'] },
    scopes: SCOPES,
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) =>
      exchange(request, { hosts, call, app: request.app, scopes: SCOPES }),
    refresh: (request, call) => refresh(request, { hosts, call, scopes: SCOPES }),
    revoke: (request, call) => revoke(hosts, request, call),
    verifyApp: (app, call) => verifyApp(hosts, app, call),
    identify: (access, call) => identify(hosts, access, call),
  }
}

/** Deviates: `client_key`, commas between scopes, and a challenge in hex instead of base64url. */
function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/v2/auth/authorize/', {
    client_key: request.app.clientId,
    response_type: 'code',
    scope: scopes.join(','),
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: hexChallenge(request.codeVerifier),
    code_challenge_method: 'S256',
    // Otherwise a person who is signed in would not see the page with the declined scopes again.
    disable_auto_auth: request.isReconnect ? '1' : undefined,
  })
}

/** https://developers.tiktok.com/doc/login-kit-desktop: "hex encoding of the SHA256 string" */
function hexChallenge(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('hex')
}
