import type { Account } from '../../core/accounts.ts'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { isLoopback, sendBack } from '../../oauth/redirect-uri.ts'
import { legacyError, plainText, SPENT_REQUEST_TOKEN } from './errors.ts'
import { authorizeOauth1, prove } from './oauth1-access.ts'
import { encode } from './oauth1-signature.ts'
import type { XRequest, XStore, XToken } from './store.ts'

/** Not documented by X. */
const REQUEST_LIFETIME_MS = 15 * 60_000
const PERMISSIONS = ['Read and write posts as you', 'See your profile']

/** POST /oauth/request_token https://docs.x.com/fundamentals/authentication/api-reference */
export function requestToken(store: XStore, req: ApiRequest): Answer {
  const { app, params } = prove(store, req, undefined)
  const callback = params.get('oauth_callback') ?? ''
  if (!isLoopback(callback)) return legacyError(403, 415)
  const request: XRequest = {
    api_key: app.api_key,
    secret: store.state.secrets.issue('x_request_secret'),
    callback,
    account_id: null,
    verifier: null,
    expires_at_ms: req.nowMs + REQUEST_LIFETIME_MS,
    used: false,
  }
  const token = store.state.secrets.issue('x_request')
  store.requests1.set(token, request)
  return formAnswer({
    oauth_token: token,
    oauth_token_secret: request.secret,
    oauth_callback_confirmed: 'true',
  })
}

/** GET /oauth/authorize and /oauth/authenticate: the page, or the redirect of a query decision. */
export function showConsent1(store: XStore, req: ApiRequest): Answer {
  const { request } = openRequest(store, req, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, req.query)
  return consentPage({
    platform: 'X',
    appName: store.keys.get(request.api_key)?.name ?? '',
    scopes: PERMISSIONS,
    accounts: store.state.accounts.list('x'),
    action: '/x/_consent1',
    request: req.query,
  })
}

/** POST /_consent1: the form of the consent page. */
export function answerConsent1(store: XStore, req: ApiRequest): Answer {
  return decide(store, req, new URLSearchParams(req.raw.toString('utf8')))
}

/** A refusal comes back as `denied`, without a verifier. */
function decide(store: XStore, req: ApiRequest, form: URLSearchParams): Answer {
  const { token, request } = openRequest(store, req, form)
  if (form.get('sandbox_decision') !== 'allow') {
    request.used = true
    return sendBack(request.callback, { denied: token })
  }
  const account = store.state.accounts.byHandle('x', form.get('sandbox_account') ?? '')
  if (account === undefined) throw whoaThere('No such account; name one in sandbox_account.')
  request.account_id = account.account_id
  request.verifier = store.state.secrets.issue('x_verifier')
  return sendBack(request.callback, { oauth_token: token, oauth_verifier: request.verifier })
}

function openRequest(
  store: XStore,
  req: ApiRequest,
  query: URLSearchParams,
): { token: string; request: XRequest } {
  const token = query.get('oauth_token') ?? ''
  const request = store.requests1.get(token)
  if (request === undefined || isOver(request, req.nowMs) || request.verifier !== null) {
    throw whoaThere('The request token for this page is invalid.')
  }
  return { token, request }
}

function isOver(request: XRequest, nowMs: number): boolean {
  return request.used || request.expires_at_ms <= nowMs
}

/** POST /oauth/access_token: a request token serves once, with its verifier. */
export function accessToken(store: XStore, req: ApiRequest): Answer {
  const { app, params } = prove(store, req, (name) => requestSecret(store, name))
  const request = store.requests1.get(params.get('oauth_token') ?? '')
  const account = store.state.accounts.byId('x', request?.account_id ?? '')
  if (request === undefined || account === undefined || isOver(request, req.nowMs)) {
    return plainText(401, SPENT_REQUEST_TOKEN)
  }
  if (request.api_key !== app.api_key || request.verifier !== params.get('oauth_verifier')) {
    return plainText(401, SPENT_REQUEST_TOKEN)
  }
  request.used = true
  const { token, secret } = standingToken(store, account, app.api_key)
  return formAnswer({
    oauth_token: token,
    oauth_token_secret: secret,
    user_id: account.account_id,
    screen_name: account.handle,
  })
}

/** An absent token has its own words; an unknown one cannot have signed. */
function requestSecret(store: XStore, token: string): string {
  if (token === '') throw new Refusal(plainText(401, 'Request token missing'))
  const request = store.requests1.get(token)
  if (request === undefined) throw new Refusal(plainText(401, SPENT_REQUEST_TOKEN))
  return request.secret
}

/** Consent given again yields the same token, until the person withdraws it. */
export function standingToken(store: XStore, account: Account, apiKey: string): XToken {
  const { account_id } = account
  const usable = [...store.tokens1.values()].find(
    (row) => !row.revoked && row.account_id === account_id && row.api_key === apiKey,
  )
  if (usable !== undefined) return usable
  const { secrets } = store.state
  const row = {
    token: secrets.issue('x_oauth1_access'),
    secret: secrets.issue('x_oauth1_secret'),
    account_id,
    api_key: apiKey,
    revoked: false,
  }
  store.tokens1.set(row.token, row)
  return row
}

/** POST /1.1/oauth/invalidate_token.json, signed with the token that is to end. */
export function invalidateToken(store: XStore, req: ApiRequest): Answer {
  const row = authorizeOauth1(store, req)
  row.revoked = true
  return { status: 200, body: { access_token: row.token } }
}

function formAnswer(fields: Record<string, string>): Answer {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${encode(value)}`)
  return { status: 200, body: pairs.join('&'), contentType: 'text/html;charset=utf-8' }
}

function whoaThere(detail: string): Refusal {
  return new Refusal(consentErrorPage(403, 'Whoa there!', detail))
}
