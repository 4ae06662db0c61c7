import { type Answer, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { provesChallenge } from '../../oauth/pkce.ts'
import { sendBack } from '../../oauth/redirect-uri.ts'
import { clientOf } from './access.ts'
import { OUT_OF_BAND } from './apps.ts'
import { invalidClient, invalidGrant, oauthError } from './errors.ts'
import { covers, parseScopes, SCOPES } from './scopes.ts'
import type { MastodonApp, MastodonStore } from './store.ts'

const CODE_LIFETIME_MS = 10 * 60_000
const CHALLENGE = /^[A-Za-z0-9\-_]{43}$/

/** A checked authorization request. */
interface Asked {
  app: MastodonApp
  redirectUri: string
  scopes: string[]
  state: string | null
  challenge: string | null
}

/** GET /.well-known/oauth-authorization-server */
export function describeOauth(_store: MastodonStore, { origin }: ApiRequest): Answer {
  return {
    status: 200,
    body: {
      issuer: `${origin}/`,
      service_documentation: 'https://docs.joinmastodon.org/',
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      app_registration_endpoint: `${origin}/api/v1/apps`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      scopes_supported: SCOPES,
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
    },
  }
}

/** GET /oauth/authorize: the consent page, or the redirect when the query already decides. */
export function showConsent(store: MastodonStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'Mastodon',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('mastodon'),
    action: '/mastodon/_consent',
    request: req.query,
  })
}

/** POST /mastodon/_consent: the form of the consent page. */
export function answerConsent(store: MastodonStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(
  store: MastodonStore,
  req: ApiRequest,
  asked: Asked,
  form: URLSearchParams,
): Answer {
  if (form.get('sandbox_decision') !== 'allow') return deny(asked)
  const account = store.state.accounts.byHandle('mastodon', form.get('sandbox_account') ?? '')
  if (account === undefined) {
    throw page(400, 'No such account; name one in sandbox_account.')
  }
  const code = store.state.secrets.issue('mastodon_code')
  store.codes.set(code, {
    client_id: asked.app.client_id,
    account_id: account.account_id,
    redirect_uri: asked.redirectUri,
    scopes: asked.scopes,
    challenge: asked.challenge,
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  if (asked.redirectUri === OUT_OF_BAND) {
    return consentErrorPage(200, 'Authorization code', code)
  }
  return sendBack(asked.redirectUri, { code, state: asked.state })
}

function deny(asked: Asked): Answer {
  const error_description = 'The resource owner or authorization server denied the request.'
  if (asked.redirectUri === OUT_OF_BAND) {
    return consentErrorPage(400, 'access_denied', error_description)
  }
  return sendBack(asked.redirectUri, {
    error: 'access_denied',
    error_description,
    state: asked.state,
  })
}

/** Doorkeeper renders these errors as a page; it does not redirect with them. */
function readAsked(store: MastodonStore, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw page(401, 'invalid_client: the client is unknown.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!app.redirect_uris.includes(redirectUri)) {
    throw page(400, 'invalid_redirect_uri: The redirect uri included is not valid.')
  }
  if (query.get('response_type') !== 'code') throw page(400, 'unsupported_response_type')
  const scopes = parseScopes(query.get('scope') ?? 'read')
  if (!isSubset(scopes, app.scopes)) {
    throw page(400, 'invalid_scope: The requested scope is invalid, unknown, or malformed.')
  }
  const challenge = query.get('code_challenge')
  if (challenge !== null && query.get('code_challenge_method') !== 'S256') {
    throw page(400, 'invalid_code_challenge_method: The code challenge method must be S256.')
  }
  if (challenge !== null && !CHALLENGE.test(challenge)) throw page(400, 'invalid_request')
  return { app, redirectUri, scopes, state: query.get('state'), challenge }
}

/** Requested scopes must lie within the registered ones. */
function isSubset(scopes: readonly string[], registered: readonly string[]): boolean {
  return scopes.length > 0 && scopes.every((scope) => covers(registered, scope))
}

function page(status: number, detail: string): Refusal {
  return new Refusal(consentErrorPage(status, 'An error has occurred', detail))
}

/** POST /oauth/token https://docs.joinmastodon.org/methods/oauth/#token */
export function token(store: MastodonStore, req: ApiRequest): Answer {
  const grantType = textField(req.body, 'grant_type')
  if (grantType === undefined) {
    return oauthError(400, 'invalid_request', 'Missing required parameter: grant_type.')
  }
  const app = clientOf(store, req)
  if (grantType !== 'authorization_code' && grantType !== 'client_credentials') {
    const description = 'The authorization grant type is not supported by the authorization server.'
    return oauthError(400, 'unsupported_grant_type', description)
  }
  if (app === undefined) return invalidClient()
  return grantType === 'client_credentials' ? appToken(store, req, app) : exchange(store, req, app)
}

/** Every mismatch is the same invalid_grant. */
function exchange(store: MastodonStore, req: ApiRequest, app: MastodonApp): Answer {
  const code = store.codes.get(textField(req.body, 'code') ?? '')
  if (code === undefined || code.used || code.expires_at_ms <= req.nowMs) return invalidGrant()
  if (code.client_id !== app.client_id) return invalidGrant()
  if (code.redirect_uri !== textField(req.body, 'redirect_uri')) return invalidGrant()
  const verifier = textField(req.body, 'code_verifier') ?? ''
  if (code.challenge !== null && !provesChallenge(verifier, code.challenge, 'S256')) {
    return invalidGrant()
  }
  code.used = true
  return issue(store, req, { app, accountId: code.account_id, scopes: code.scopes })
}

/** client_credentials: a token without a user. */
function appToken(store: MastodonStore, req: ApiRequest, app: MastodonApp): Answer {
  const scopes = parseScopes(textField(req.body, 'scope') ?? 'read')
  if (!isSubset(scopes, app.scopes)) {
    const description = 'The requested scope is invalid, unknown, or malformed.'
    return oauthError(400, 'invalid_scope', description)
  }
  return issue(store, req, { app, accountId: null, scopes })
}

/** Whom a token speaks for, and how far. */
interface Grant {
  app: MastodonApp
  accountId: string | null
  scopes: string[]
}

function issue(store: MastodonStore, req: ApiRequest, grant: Grant): Answer {
  const row = reusable(store, grant) ?? addToken(store, grant, req.nowMs)
  return {
    status: 200,
    body: {
      access_token: row.token,
      token_type: 'Bearer',
      scope: row.scopes.join(' '),
      created_at: Math.floor(row.created_at_ms / 1000),
    },
  }
}

/** Mastodon runs Doorkeeper with reuse_access_token: the same grant gives the same token. */
function reusable(store: MastodonStore, grant: Grant) {
  const wanted = grant.scopes.toSorted().join(' ')
  return [...store.tokens.values()].find(
    (row) =>
      row.ended === null &&
      row.client_id === grant.app.client_id &&
      row.account_id === grant.accountId &&
      row.scopes.toSorted().join(' ') === wanted,
  )
}

/** Mastodon tokens do not expire by themselves. */
export function addToken(store: MastodonStore, grant: Grant, nowMs: number) {
  const row = {
    token: store.state.secrets.issue('mastodon_access'),
    client_id: grant.app.client_id,
    account_id: grant.accountId,
    scopes: grant.scopes,
    created_at_ms: nowMs,
    ended: null,
  }
  store.tokens.set(row.token, row)
  return row
}

/** POST /oauth/revoke */
export function revoke(store: MastodonStore, req: ApiRequest): Answer {
  const app = clientOf(store, req)
  const row = store.tokens.get(textField(req.body, 'token') ?? '')
  if (app === undefined || row === undefined || row.client_id !== app.client_id) {
    const description = 'You are not authorized to revoke this token'
    return oauthError(403, 'unauthorized_client', description)
  }
  row.ended = 'revoked'
  return { status: 200, body: {} }
}
