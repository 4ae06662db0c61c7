import type { RequestHandler } from 'express'
import { type Answer, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import { type ApiRequest, readRequest } from '../../http/request.ts'
import { isLoopback } from '../../oauth/redirect-uri.ts'
import { readDevelopmentClient, readJwks, readMetadata, toClient } from './client-metadata.ts'
import { isFirstUse } from './dpop.ts'
import { isSignedBy, type Jws, readJws, thumbprint } from './jose.ts'
import { invalidGrant, oauthError, refuseOauth } from './oauth-errors.ts'
import type { BlueskyStore, ClientAuth, OauthClient } from './store.ts'

const FETCH_TIMEOUT_MS = 5000
/** The real server keeps documents that long; here a new login reads them anew. */
const CACHE_MS = 10 * 60_000
const ASSERTION_MAX_AGE_S = 60
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What fetching a client's document came to. */
export type LoadedClient = { client: OauthClient } | { refusal: Answer }

/** Fetches the client's document before the handler runs, which cannot wait itself. */
export function loadClient(store: BlueskyStore, options: { fresh: boolean }): RequestHandler {
  return async (expressReq, _res, next) => {
    const nowMs = store.state.now().getTime()
    const req = readRequest(expressReq, nowMs)
    const clientId = textField(req.body, 'client_id') ?? req.query.get('client_id') ?? ''
    const known = store.clients.get(clientId)
    const isOld = known === undefined || known.atMs + CACHE_MS <= nowMs
    if (clientId !== '' && (options.fresh || isOld)) {
      const loaded = await load(clientId, store.state.closing.signal)
      store.clients.set(clientId, { ...loaded, atMs: nowMs })
    }
    next()
  }
}

/** The client a request names, or the refusal of its document. */
export function clientOf(store: BlueskyStore, clientId: string): OauthClient {
  const loaded = store.clients.get(clientId)
  if (loaded === undefined) throw refuseOauth('invalid_client', 'Client credentials missing')
  if ('refusal' in loaded) throw new Refusal(loaded.refusal)
  return loaded.client
}

/** Who the client is and how it proved it: https://atproto.com/specs/oauth#confidential-clients */
export function authenticate(
  store: BlueskyStore,
  req: ApiRequest,
  dpopJkt: string | undefined,
): { client: OauthClient; auth: ClientAuth } {
  const client = clientOf(store, textField(req.body, 'client_id') ?? '')
  if (!client.confidential) return { client, auth: { method: 'none' } }
  const auth = readAssertion(store, req, client)
  if (auth.jkt === dpopJkt) {
    const words = 'The DPoP proof must be signed with a different key than the client assertion'
    throw refuseOauth('invalid_request', words)
  }
  return { client, auth }
}

function readAssertion(
  store: BlueskyStore,
  req: ApiRequest,
  client: OauthClient,
): Extract<ClientAuth, { method: 'private_key_jwt' }> {
  const assertion = textField(req.body, 'client_assertion')
  if (assertion === undefined || textField(req.body, 'client_assertion_type') !== ASSERTION_TYPE) {
    const words = 'client authentication method "private_key_jwt" required a "client_assertion"'
    throw refuseOauth('invalid_request', words)
  }
  const jws = readJws(assertion)
  const kid = jws?.header.kid
  const key = client.keys.find((one) => one.kid === kid)
  if (jws === undefined || typeof kid !== 'string' || key === undefined || !isSignedBy(jws, key)) {
    throw badAssertion('signature verification failed')
  }
  assertClaims(jws, client, req)
  const { jti, exp } = jws.claims
  const lifetimeMs = typeof exp === 'number' ? exp * 1000 - req.nowMs : ASSERTION_MAX_AGE_S * 1000
  if (!isFirstUse(store, `assertion ${client.id} ${String(jti)}`, req.nowMs, lifetimeMs)) {
    throw invalidGrant('private_key_jwt jti reused')
  }
  return { method: 'private_key_jwt', kid, jkt: thumbprint(key) }
}

/** RFC 7523 §3; the audience is the issuer, not the token endpoint. */
function assertClaims({ claims }: Jws, client: OauthClient, req: ApiRequest): void {
  const { iss, sub, aud, iat, exp, jti } = claims
  const nowS = Math.floor(req.nowMs / 1000)
  if (iss !== client.id) throw badAssertion('unexpected "iss" claim value')
  if (sub !== client.id) throw badAssertion('unexpected "sub" claim value')
  if (![aud].flat().includes(req.origin)) throw badAssertion('unexpected "aud" claim value')
  if (typeof jti !== 'string' || jti === '') throw badAssertion('missing required "jti" claim')
  if (typeof iat !== 'number') throw badAssertion('missing required "iat" claim')
  if (iat > nowS || nowS - iat > ASSERTION_MAX_AGE_S) {
    throw badAssertion('"iat" claim timestamp check failed')
  }
  if (typeof exp === 'number' && exp <= nowS) {
    throw badAssertion('"exp" claim timestamp check failed')
  }
}

function badAssertion(reason: string): Refusal {
  return refuseOauth('invalid_client', `Validation of "client_assertion" failed: ${reason}`)
}

async function load(clientId: string, closing: AbortSignal): Promise<LoadedClient> {
  try {
    const development = readDevelopmentClient(clientId)
    if (development !== undefined) return { client: development }
    assertAddress(clientId)
    const found = readMetadata(clientId, await fetchJson(clientId, closing))
    const remote = found.jwks_uri
    const keys = remote === undefined ? [] : readJwks(await fetchJson(remote, closing))
    return { client: toClient(found, keys) }
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error.answer }
    const words = `Unable to obtain client metadata for "${clientId}"`
    return { refusal: oauthError(400, 'invalid_client_metadata', words) }
  }
}

/** https everywhere but on this machine; a path, and no credentials or fragment. */
function assertAddress(clientId: string): void {
  const fail = (why: string) => refuseOauth('invalid_client_metadata', `Invalid client ID: ${why}`)
  if (!URL.canParse(clientId)) throw fail('not a URL')
  const url = new URL(clientId)
  if (url.protocol !== 'https:' && !isLoopback(clientId)) throw fail('must use https')
  if (url.username !== '' || url.password !== '') throw fail('must not contain credentials')
  if (url.hash !== '') throw fail('must not contain a fragment')
  if (url.pathname.endsWith('/')) throw fail('must contain a path without trailing slash')
  if (url.href !== clientId) throw fail('must be in canonical form')
}

/** Only a plain 200 with JSON counts; redirects are errors. */
async function fetchJson(address: string, closing: AbortSignal): Promise<unknown> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
  const headers = { accept: 'application/json' }
  const response = await fetch(address, { headers, redirect: 'error', signal })
  const isJson = /^application\/([\w-]+\+)?json\b/.test(response.headers.get('content-type') ?? '')
  if (response.status === 200 && isJson) return response.json()
  const words = `Unable to obtain client metadata for "${address}": HTTP ${response.status}`
  throw refuseOauth('invalid_client_metadata', words)
}
