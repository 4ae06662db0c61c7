import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import type {
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  Redirect,
  RefreshRequest,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import { appRefused, unreadable } from './errors.ts'
import { identify } from './identity.ts'
import type { Oauth1Keys } from './oauth1-signature.ts'
import { askSigned, askX, isTokenGone } from './request.ts'

const temporarySchema = z.object({
  oauth_token: z.string().min(1),
  oauth_token_secret: z.string().min(1),
  oauth_callback_confirmed: z.literal('true'),
})
const tokenSchema = z.object({
  oauth_token: z.string().min(1),
  oauth_token_secret: z.string().min(1),
})

/**
 * OAuth 1.0a (https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens):
 * tokens never expire, every request is signed with the app's keys.
 */
export function makeXOauth1Authorizer(hosts: PlatformHosts): Authorizer {
  return {
    platform: 'x',
    method: 'oauth1',
    appKey: 'x_oauth1',
    refreshModel: 'none',
    revocation: { scope: 'token' },
    // Rights belong to the app, not to the token: there are no scopes.
    scopes: [],
    credentialFields: [
      { name: 'api_key', required: true, secret: true },
      { name: 'api_secret', required: true, secret: true },
      { name: 'access_token', required: true, secret: true },
      { name: 'access_token_secret', required: true, secret: true },
    ],
    authorizationUrl: (request, call) => authorize(hosts, request, call),
    exchange: (request, call) => exchange(hosts, request, call),
    withCredentials: async (credentials) => grantOf(credentials),
    revoke: (request, call) => revoke(hosts, request, call),
    identify: (access, call) => identify(hosts, access, call),
    verifyApp: (app, call) => verifyApp(hosts, app, call),
  }
}

async function authorize(
  hosts: PlatformHosts,
  { app, redirectUri, state }: AuthorizeRequest,
  call: Call,
): Promise<Redirect> {
  const callback = new URL(redirectUri)
  callback.searchParams.set('state', state)
  const answer = await temporary(hosts, keysOf(app), callback.href, call)
  const token = readForm(answer, temporarySchema)
  return {
    url: urlBelow(hosts.apiBaseUrl, '/oauth/authorize', { oauth_token: token.oauth_token }),
    secrets: { request_token: token.oauth_token, request_secret: token.oauth_token_secret },
    stateKey: token.oauth_token,
  }
}

/** Temporary credentials; the only call that shows whether the app's own keys are right. */
async function temporary(
  hosts: PlatformHosts,
  keys: Oauth1Keys,
  callback: string,
  call: Call,
): Promise<HttpAnswer> {
  const url = urlBelow(hosts.apiBaseUrl, '/oauth/request_token')
  const extra = { oauth_callback: callback }
  try {
    return await askSigned({ method: 'POST', url }, keys, call, 'repeatable', extra)
  } catch (error) {
    if (isTokenGone(error)) throw appRefused()
    throw isForbidden(error) ? callbackRefused(error) : error
  }
}

/** Without a callback there is nothing to register: a refusal of it proves the keys good. */
async function verifyApp(hosts: PlatformHosts, app: AppCredentials, call: Call): Promise<void> {
  try {
    await temporary(hosts, keysOf(app), 'oob', call)
  } catch (error) {
    if (!isForbidden(error)) throw error
  }
}

async function exchange(
  hosts: PlatformHosts,
  { app, params, state, secrets }: ExchangeRequest,
  call: Call,
): Promise<Grant> {
  const verifier = readCallback(params, state, secrets.request_token)
  const keys = keysOf(app)
  const signedBy = {
    ...keys,
    token: secrets.request_token ?? '',
    tokenSecret: secrets.request_secret ?? '',
  }
  const url = urlBelow(hosts.apiBaseUrl, '/oauth/access_token')
  const extra = { oauth_verifier: verifier }
  const dance = askSigned({ method: 'POST', url }, signedBy, call, 'repeatable', extra)
  const answer = await dance.catch((error) => {
    throw isTokenGone(error) ? consentEnded() : error
  })
  const token = readForm(answer, tokenSchema)
  return toGrant(token.oauth_token, token.oauth_token_secret, keys)
}

/** The verifier, when the callback belongs to this attempt and nobody declined. */
function readCallback(
  params: URLSearchParams,
  state: string,
  requestToken: string | undefined,
): string {
  if (params.has('denied')) {
    const message = 'Access was not granted on X.'
    throw rejected({ code: 'consent_denied', message })
  }
  const verifier = params.get('oauth_verifier')
  const foreign = (params.get('state') ?? state) !== state
  if (!verifier || !requestToken || foreign || params.get('oauth_token') !== requestToken) {
    const message = 'The answer of X does not belong to this connection attempt.'
    throw rejected({ code: 'authorization_invalid', message })
  }
  return verifier
}

/** The four strings of the developer portal, as people copy them from there. */
function grantOf(credentials: Readonly<Record<string, string>>): Grant {
  const given = (name: string) => credentials[name]?.trim() ?? ''
  const apiKey = given('api_key')
  const apiSecret = given('api_secret')
  const accessToken = given('access_token')
  const tokenSecret = given('access_token_secret')
  if (!apiKey || !apiSecret || !accessToken || !tokenSecret) {
    const message = 'Please give all four: API key, API secret, access token and its secret.'
    throw rejected({ code: 'credentials_incomplete', message })
  }
  return toGrant(accessToken, tokenSecret, { apiKey, apiSecret })
}

function toGrant(accessToken: string, tokenSecret: string, keys: Oauth1Keys): Grant {
  const { apiKey, apiSecret } = keys
  return {
    accessToken,
    tokenType: 'oauth1',
    secrets: { token_secret: tokenSecret, api_key: apiKey, api_secret: apiSecret },
    scopes: [],
  }
}

/** https://docs.x.com/fundamentals/authentication/api-reference; a token that is gone is fine. */
async function revoke(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<void> {
  const { accessToken, secrets } = request
  const url = urlBelow(hosts.apiBaseUrl, '/1.1/oauth/invalidate_token.json')
  const access = { accessToken, secrets, tokenType: 'oauth1' }
  try {
    await askX({ method: 'POST', url }, access, call)
  } catch (error) {
    if (!isTokenGone(error)) throw error
  }
}

function isForbidden(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && error.httpStatus === 403
}

/** Code 415: addresses must be registered with the app, word for word. */
function callbackRefused(cause: PlatformFailure): PlatformFailure {
  return rejected({
    code: 'x_callback_refused',
    message: 'X does not know the return address of this installation. Register it with the app.',
    httpStatus: 403,
    cause,
  })
}

function consentEnded(): PlatformFailure {
  const message = 'X no longer knows this connection attempt. Please start again.'
  return rejected({ code: 'authorization_failed', message, httpStatus: 401 })
}

function keysOf({ clientId, clientSecret }: AppCredentials): Oauth1Keys {
  return { apiKey: clientId, apiSecret: clientSecret ?? '' }
}

/** Answers of the dance are forms, not JSON. */
function readForm<Schema extends z.ZodType>(answer: HttpAnswer, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(new URLSearchParams(answer.text)))
  if (parsed.success) return parsed.data
  throw unreadable(answer.status)
}
