import { randomBytes } from 'node:crypto'
import { type Answer, json, Refusal, redirect } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { allowsRedirect } from './client-metadata.ts'
import { checkProof } from './dpop.ts'
import { authenticate, clientOf } from './oauth-client.ts'
import { DpopFailure, refuseOauth } from './oauth-errors.ts'
import type { BlueskyStore, OauthClient, OauthRequest } from './store.ts'

/** PAR_EXPIRES_IN and AUTHORIZATION_INACTIVITY_TIMEOUT of @atproto/oauth-provider. */
const REQUEST_LIFETIME_MS = 5 * 60_000
const URN = 'urn:ietf:params:oauth:request_uri:'
const CHALLENGE = /^[A-Za-z0-9\-_]{43}$/
const SUBJECT = /^(did:[a-z]+:\S+|[a-z0-9.-]+\.[a-z][a-z0-9-]*)$/

/** POST /oauth/par https://datatracker.ietf.org/doc/html/rfc9126 */
export function pushRequest(store: BlueskyStore, req: ApiRequest): Answer {
  const proofJkt = checkProof(store, req)
  const { client, auth } = authenticate(store, req, proofJkt)
  const asked = readAsked(req, client)
  const namedJkt = textField(req.body, 'dpop_jkt')
  if (namedJkt !== undefined && proofJkt !== undefined && namedJkt !== proofJkt) {
    throw new DpopFailure('invalid_token', 'Invalid DPoP key binding')
  }
  const id = `req-${randomBytes(16).toString('hex')}`
  store.oauthRequests.set(id, {
    ...asked,
    client_id: client.id,
    auth,
    jkt: namedJkt ?? proofJkt ?? null,
    did: null,
    code: null,
    expires_at_ms: req.nowMs + REQUEST_LIFETIME_MS,
  })
  return json(201, { request_uri: `${URN}${id}`, expires_in: REQUEST_LIFETIME_MS / 1000 })
}

/** The parameters of a request, checked against the client and the profile of atproto. */
function readAsked(
  req: ApiRequest,
  client: OauthClient,
): Pick<
  OauthRequest,
  'redirect_uri' | 'scopes' | 'state' | 'challenge' | 'login_hint' | 'response_mode'
> {
  const field = (name: string): string | undefined => textField(req.body, name)
  if (field('response_type') !== 'code') {
    throw refuseOauth('unsupported_response_type', 'Unsupported response_type')
  }
  const redirect_uri = field('redirect_uri') ?? ''
  if (!allowsRedirect(client, redirect_uri)) throw bad(`Invalid redirect_uri ${redirect_uri}`)
  const challenge = field('code_challenge')
  if (challenge === undefined) throw bad('Use of PKCE is required')
  if (field('code_challenge_method') !== 'S256') {
    throw bad('atproto requires use of "S256" code_challenge_method')
  }
  if (!CHALLENGE.test(challenge)) throw bad('Invalid code_challenge')
  const login_hint = field('login_hint')?.toLowerCase() ?? null
  if (login_hint !== null && !SUBJECT.test(login_hint)) {
    throw bad(`Invalid login_hint "${login_hint}"`)
  }
  const response_mode = field('response_mode') ?? 'query'
  if (response_mode !== 'query' && response_mode !== 'fragment') {
    throw bad(`Unsupported response_mode "${response_mode}"`)
  }
  const scopes = readScopes(field('scope'), client)
  return {
    redirect_uri,
    scopes,
    state: field('state') ?? null,
    challenge,
    login_hint,
    response_mode,
  }
}

/** Every scope must be declared in the client's document. */
function readScopes(scope: string | undefined, client: OauthClient): string[] {
  const scopes = [...new Set((scope ?? '').split(' '))]
  const stranger = scopes.find((one) => one !== '' && !client.scopes.includes(one))
  if (stranger !== undefined) {
    const words = `Scope "${stranger}" is not declared in the client metadata`
    throw refuseOauth('invalid_scope', words)
  }
  if (scopes.includes('atproto')) return scopes
  throw refuseOauth('invalid_scope', 'The "atproto" scope is required')
}

/** GET /oauth/authorize: the consent page, or the redirect when the query already decides. */
export function showConsent(store: BlueskyStore, req: ApiRequest): Answer {
  const { id, request } = openRequest(store, req, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, req.query)
  request.expires_at_ms = req.nowMs + REQUEST_LIFETIME_MS
  store.oauthRequests.set(id, request)
  const accounts = store.state.accounts.list('bluesky')
  const hinted = accounts.filter((one) =>
    [one.handle, one.account_id].includes(request.login_hint ?? ''),
  )
  return consentPage({
    platform: 'Bluesky',
    appName: clientOf(store, request.client_id).name,
    scopes: request.scopes,
    accounts: hinted.length === 0 ? accounts : hinted,
    action: '/bluesky/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: BlueskyStore, req: ApiRequest): Answer {
  return decide(store, req, new URLSearchParams(req.raw.toString('utf8')))
}

/** A person may leave scopes out, but not `atproto`. */
function decide(store: BlueskyStore, req: ApiRequest, form: URLSearchParams): Answer {
  const { id, request } = openRequest(store, req, form)
  if (form.get('sandbox_decision') !== 'allow') {
    return end(store, req, id, 'The user rejected the request')
  }
  const handle = form.get('sandbox_account') ?? ''
  const full = handle.includes('.') ? handle : `${handle}.bsky.social`
  const account = store.state.accounts.byHandle('bluesky', full)
  if (account === undefined) throw page('No such account; name one in sandbox_account.')
  const kept = form.get('sandbox_scopes')?.split(',')
  const scopes = request.scopes.filter((scope) => kept?.includes(scope) ?? true)
  if (!scopes.includes('atproto')) return end(store, req, id, 'The "atproto" scope is required')
  const code = store.state.secrets.issue('bluesky_code')
  const expires_at_ms = req.nowMs + REQUEST_LIFETIME_MS
  const did = account.account_id
  store.oauthRequests.set(id, { ...request, scopes, did, code, expires_at_ms })
  return sendBack(req, request, { code })
}

/** The request behind a `request_uri`; looking at one that is over ends it for good. */
function openRequest(
  store: BlueskyStore,
  req: ApiRequest,
  query: URLSearchParams,
): { id: string; request: OauthRequest } {
  const uri = query.get('request_uri')
  if (uri === null) throw page('Pushed authorization requests are required: no request_uri.')
  const id = uri.startsWith(URN) ? uri.slice(URN.length) : ''
  const request = store.oauthRequests.get(id)
  if (request === undefined) throw page('Unknown request_uri')
  const fail = (why: string): Refusal => new Refusal(end(store, req, id, why))
  if (request.code !== null) throw fail('This request was already authorized')
  if (request.expires_at_ms <= req.nowMs) throw fail('This request has expired')
  if (request.client_id !== query.get('client_id')) {
    throw fail('This request was initiated for another client')
  }
  return { id, request }
}

/** Deletes the request and tells the client why. */
function end(store: BlueskyStore, req: ApiRequest, id: string, why: string): Answer {
  const request = store.oauthRequests.get(id)
  store.oauthRequests.delete(id)
  if (request === undefined) throw page(why)
  return sendBack(req, request, { error: 'access_denied', error_description: why })
}

/** RFC 9207: `iss` comes with every answer. */
function sendBack(req: ApiRequest, request: OauthRequest, params: Record<string, string>): Answer {
  const all = new URLSearchParams({ iss: req.origin })
  if (request.state !== null) all.set('state', request.state)
  for (const [name, value] of Object.entries(params)) all.set(name, value)
  const target = new URL(request.redirect_uri)
  if (request.response_mode === 'fragment') target.hash = all.toString()
  else for (const [name, value] of all) target.searchParams.set(name, value)
  return redirect(target.href)
}

function bad(description: string): Refusal {
  return refuseOauth('invalid_request', description)
}

function page(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'invalid_request', detail))
}
