import * as oauth from 'oauth4webapi'
import { authRevoked, PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import type {
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  Redirect,
  RefreshRequest,
} from '../authorizer.ts'
import { parseServiceUrl } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { refreshNeeds } from '../code-flow.ts'
import { type OauthOptions, type OauthRefusal, s256, toGrant, withOauth } from '../oauth.ts'
import { makeBlueskyClient } from './client.ts'
import { isTrusted, readServer, serverFor, verifiedPds } from './discovery.ts'
import { type DpopKeys, importPrivateJwk, makeDpopKey } from './dpop.ts'
import { BLUESKY_DIALECT, blueskyTokenFailure, NONCE_WANTED } from './errors.ts'
import { identify } from './identity.ts'

/** https://atproto.com/specs/permission#transitional-scopes */
const SCOPES = ['atproto', 'transition:generic'] as const

/** https://atproto.com/specs/oauth#tokens-and-session-lifetime: by whether the client has a key. */
const PUBLIC_SESSION_MS = 14 * 24 * 60 * 60_000
const CONFIDENTIAL_REFRESH_MS = 90 * 24 * 60 * 60_000

/** What every call to an authorization server needs. */
interface Parts {
  hosts: PlatformHosts
  keys: DpopKeys
}

type Run<Result> = (options: OauthOptions) => Promise<Result>

/**
 * OAuth of atproto (https://atproto.com/specs/oauth): pushed requests, PKCE, tokens bound to a key
 * (DPoP), a refresh token that is good once. `clientId` is the URL of Clarion's metadata document.
 */
export function makeBlueskyOauthAuthorizer(
  hosts: PlatformHosts,
  client = makeBlueskyClient(hosts),
): Authorizer {
  const parts = { hosts, keys: client.keys }
  return {
    platform: 'bluesky',
    method: 'oauth2',
    appKey: 'bluesky',
    refreshModel: 'rotating',
    revocation: { scope: 'token' },
    scopes: SCOPES,
    authorizationUrl: (request, call) => authorize(parts, request, call),
    exchange: (request, call) => exchange(parts, request, call),
    refresh: (request, call) => refresh(parts, request, call),
    revoke: (request, call) => revoke(parts, request, call),
    identify: (access, call) => identify(client, access, call),
  }
}

async function authorize(parts: Parts, request: AuthorizeRequest, call: Call): Promise<Redirect> {
  const server = await serverFor(parts.hosts, serviceUrlOf(parts.hosts, request), call)
  const client = { client_id: request.app.clientId }
  const auth = await clientAuth(request.app)
  const secrets = { dpop_key: await makeDpopKey(), issuer: server.issuer }
  const DPoP = await parts.keys.handleOf(secrets.dpop_key)
  const parameters = parametersOf(request)
  const pushed = await proven(parts, server, call, 'repeatable', async (options) => {
    const proof = { ...options, DPoP }
    const response = await oauth.pushedAuthorizationRequest(server, client, auth, parameters, proof)
    return oauth.processPushedAuthorizationResponse(server, client, response)
  })
  const url = new URL(server.authorization_endpoint ?? '')
  url.searchParams.set('client_id', request.app.clientId)
  url.searchParams.set('request_uri', pushed.request_uri)
  return { url, secrets }
}

function parametersOf(request: AuthorizeRequest): Record<string, string> {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return {
    response_type: 'code',
    redirect_uri: request.redirectUri,
    scope: scopes.join(' '),
    state: request.state,
    code_challenge: s256(request.codeVerifier),
    code_challenge_method: 'S256',
  }
}

async function exchange(parts: Parts, request: ExchangeRequest, call: Call): Promise<Grant> {
  const { app, secrets } = request
  const issuer = secrets.issuer ?? parts.hosts.authBaseUrl
  const server = await readServer(parts.hosts, issuer, call)
  const client = { client_id: app.clientId }
  const auth = await clientAuth(app)
  const DPoP = await parts.keys.handleOf(secrets.dpop_key)
  const tokens = await proven(parts, server, call, 'repeatable', async (options) => {
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      oauth.validateAuthResponse(server, client, request.params, request.state),
      request.redirectUri,
      request.codeVerifier,
      { ...options, DPoP },
    )
    return oauth.processAuthorizationCodeResponse(server, client, response)
  })
  const serviceUrl = await verifiedPds(parts.hosts, didOf(tokens), server.issuer, call)
  const { dpop_key = '' } = secrets
  // The tokens belong to this client, whatever address Clarion has later.
  const kept = { dpop_key, issuer: server.issuer, client_id: app.clientId }
  return { ...boundGrant(tokens, app, 'first'), secrets: kept, serviceUrl }
}

/** The spent token is dead even when the answer is lost, and using it again ends the session. */
async function refresh(parts: Parts, request: RefreshRequest, call: Call): Promise<Grant> {
  const { secrets } = request
  const needs = { ...request, app: grantedApp(request) }
  const { app, refreshToken } = refreshNeeds(needs, BLUESKY_DIALECT)
  if (!secrets.issuer) throw sessionEnded()
  const server = await readServer(parts.hosts, secrets.issuer, call)
  const client = { client_id: app.clientId }
  const auth = await clientAuth(app)
  const DPoP = await parts.keys.handleOf(secrets.dpop_key)
  const tokens = await proven(parts, server, call, 'irreversible', async (options) => {
    const proof = { ...options, DPoP }
    const sent = oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, proof)
    return oauth.processRefreshTokenResponse(server, client, await sent)
  })
  if (request.accountId !== undefined && didOf(tokens) !== request.accountId) throw sessionEnded()
  return boundGrant(tokens, app, 'renewed')
}

/** Ends the session, whichever of its tokens is named. */
async function revoke(parts: Parts, request: RefreshRequest, call: Call): Promise<void> {
  const { secrets } = request
  const app = grantedApp(request)
  if (!app || !secrets.issuer) return
  const server = await readServer(parts.hosts, secrets.issuer, call)
  if (server.revocation_endpoint === undefined) return
  const client = { client_id: app.clientId }
  const auth = await clientAuth(app)
  const DPoP = await parts.keys.handleOf(secrets.dpop_key)
  const token = request.refreshToken ?? request.accessToken
  // Without a proof the server says yes and does nothing, and the library's own revocation sends
  // none; its pushed request is the same authenticated form, with one.
  const target = {
    ...server,
    pushed_authorization_request_endpoint: server.revocation_endpoint,
  }
  await proven(parts, server, call, 'repeatable', async (options) => {
    const proof = { ...options, DPoP }
    const sent = oauth.pushedAuthorizationRequest(target, client, auth, { token }, proof)
    await oauth.processRevocationResponse(await sent)
  })
}

/** A server that wants a nonce has refused and said which: the request is sent once more. */
async function proven<Result>(
  { hosts }: Parts,
  server: oauth.AuthorizationServer,
  call: Call,
  effect: Effect,
  run: Run<Result>,
): Promise<Result> {
  const ended = effect === 'irreversible' ? 'connection' : 'attempt'
  const context = {
    dialect: BLUESKY_DIALECT,
    call,
    trusted: isTrusted(hosts, server.issuer),
    insecure: server.issuer.startsWith('http:'),
    effect,
    refusalOf: (refusal: OauthRefusal) => blueskyTokenFailure(refusal, ended),
  }
  try {
    return await withOauth(context, run)
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.code !== NONCE_WANTED) throw error
    return withOauth(context, run)
  }
}

/** A private key makes the client a confidential one, whose sessions live longer. */
async function clientAuth({ clientSecret }: AppCredentials): Promise<oauth.ClientAuth> {
  if (!clientSecret) return oauth.None()
  const signer = await importPrivateJwk(clientSecret)
  if (signer !== undefined) return oauth.PrivateKeyJwt(signer)
  throw rejected({
    code: 'bluesky_app_refused',
    message: 'The Bluesky key of this installation is no private key in JWK form (ES256).',
  })
}

/** The client that the tokens were given to, with the key of this installation where it has one. */
function grantedApp({ app, secrets }: RefreshRequest): AppCredentials | undefined {
  const clientId = secrets.client_id ?? app?.clientId
  return clientId === undefined ? undefined : { ...app, clientId }
}

function boundGrant(
  tokens: oauth.TokenEndpointResponse,
  app: AppCredentials,
  age: 'first' | 'renewed',
): Grant {
  if (tokens.token_type !== 'dpop') {
    const message = 'This server gave a token that is not bound to Clarion’s key.'
    throw rejected({ code: 'bluesky_token_unbound', message })
  }
  const lifeMs = app.clientSecret ? CONFIDENTIAL_REFRESH_MS : PUBLIC_SESSION_MS
  // Sessions of public clients are not prolonged by renewing: the first end stays.
  const prolonged = age === 'first' || app.clientSecret !== undefined
  return {
    ...toGrant(tokens, SCOPES),
    ...(prolonged ? { refreshExpiresAt: new Date(Date.now() + lifeMs) } : {}),
  }
}

function didOf(tokens: oauth.TokenEndpointResponse): string {
  return typeof tokens.sub === 'string' ? tokens.sub : ''
}

function serviceUrlOf(hosts: PlatformHosts, { serviceUrl }: AuthorizeRequest): string {
  const parsed = parseServiceUrl(serviceUrl ?? hosts.authBaseUrl)
  if (parsed !== undefined) return parsed
  const message = 'The server address is not a web address.'
  throw rejected({ code: 'invalid_service_url', message })
}

function sessionEnded(): PlatformFailure {
  return authRevoked({
    code: 'bluesky_session_ended',
    message: 'The Bluesky session has ended. Please connect the account again.',
  })
}
