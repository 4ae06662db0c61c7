import { type Answer, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { basicClient } from '../../oauth/basic.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { provesChallenge } from '../../oauth/pkce.ts'
import { allowsRedirect, sendBack } from '../../oauth/redirect-uri.ts'
import { oauthError, spentToken } from './errors.ts'
import type { XApp, XStore } from './store.ts'
import { issueTokens, killFamily } from './tokens.ts'

/** https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping */
const SCOPES = new Set(
  `tweet.read tweet.write tweet.moderate.write users.email users.read follows.read follows.write
  offline.access space.read mute.read mute.write like.read like.write list.read list.write
  block.read block.write bookmark.read bookmark.write dm.read dm.write media.write`.split(/\s+/),
)
const CODE_LIFETIME_MS = 30_000
const MAX_STATE_LENGTH = 500
const BAD_CODE = 'Value passed for the authorization code was invalid.'

/** A checked authorization request. */
interface Asked {
  app: XApp
  redirectUri: string
  scopes: string[]
  challenge: string
  method: 'S256' | 'plain'
  state: string
}

/** GET /i/oauth2/authorize: the consent page, or the redirect when the query already decides. */
export function showConsent(store: XStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  const decision = req.query.get('sandbox_decision')
  if (decision !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'X',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('x'),
    action: '/x/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: XStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(store: XStore, req: ApiRequest, asked: Asked, form: URLSearchParams): Answer {
  const { state } = asked
  if (form.get('sandbox_decision') !== 'allow') {
    return sendBack(asked.redirectUri, { state, error: 'access_denied' })
  }
  const account = store.state.accounts.byHandle('x', form.get('sandbox_account') ?? '')
  if (account === undefined) throw wentWrong('No such account; name one in sandbox_account.')
  const code = store.state.secrets.issue('x_code')
  store.codes.set(code, {
    client_id: asked.app.client_id,
    account_id: account.account_id,
    redirect_uri: asked.redirectUri,
    scopes: asked.scopes,
    challenge: asked.challenge,
    method: asked.method,
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return sendBack(asked.redirectUri, { state, code })
}

/** X shows a page for every malformed request and never redirects to an unproven address. */
function readAsked(store: XStore, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw wentWrong('Unknown client_id.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app.redirect_uris, redirectUri))
    throw wentWrong('redirect_uri is not registered.')
  if (query.get('response_type') !== 'code') throw wentWrong('response_type must be code.')
  const scopes = (query.get('scope') ?? '').split(' ').filter((one) => one !== '')
  if (scopes.length === 0 || !scopes.every((one) => SCOPES.has(one))) throw wentWrong('Bad scope.')
  const state = query.get('state') ?? ''
  if (state === '' || state.length > MAX_STATE_LENGTH) throw wentWrong('Bad state.')
  const method = query.get('code_challenge_method') ?? 'plain'
  const challenge = query.get('code_challenge') ?? ''
  if (challenge === '' || (method !== 'S256' && method !== 'plain')) {
    throw wentWrong('PKCE is required: code_challenge and code_challenge_method.')
  }
  return { app, redirectUri, scopes, challenge, method, state }
}

function wentWrong(detail: string): Refusal {
  const title = 'Something went wrong'
  return new Refusal(
    consentErrorPage(400, title, `You weren’t able to give access to the App. ${detail}`),
  )
}

/** POST /2/oauth2/token */
export function token(store: XStore, req: ApiRequest): Answer {
  const app = clientOf(store, req)
  if (req.body.kind !== 'form') {
    return oauthError(400, 'invalid_request', 'Missing required parameter [grant_type].')
  }
  switch (required(req, 'grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, req, app)
    case 'refresh_token':
      return refresh(store, req, app)
    default:
      return oauthError(
        400,
        'unsupported_grant_type',
        'Value passed for the grant_type was invalid.',
      )
  }
}

/** A code that was tried with a wrong address or verifier may still be used. */
function exchangeCode(store: XStore, req: ApiRequest, app: XApp): Answer {
  const code = store.codes.get(required(req, 'code'))
  const redirectUri = required(req, 'redirect_uri')
  const verifier = required(req, 'code_verifier')
  if (code === undefined || code.used || code.client_id !== app.client_id)
    return badRequest(BAD_CODE)
  if (code.expires_at_ms <= req.nowMs) return badRequest(BAD_CODE)
  if (code.redirect_uri !== redirectUri) {
    return badRequest(
      'Value passed for the redirect uri did not match the uri of the authorization code.',
    )
  }
  if (!provesChallenge(verifier, code.challenge, code.method)) {
    return badRequest('Value passed for the code verifier did not match the code challenge.')
  }
  code.used = true
  return { status: 200, body: issueTokens(store, code, req.nowMs) }
}

/** Single use: a spent token takes its whole family with it. */
function refresh(store: XStore, req: ApiRequest, app: XApp): Answer {
  const row = store.refresh.get(required(req, 'refresh_token'))
  if (row === undefined || row.client_id !== app.client_id) return spentToken()
  if (row.used) {
    killFamily(store, row.family)
    return spentToken()
  }
  if (row.expires_at_ms <= req.nowMs) return spentToken()
  row.used = true
  return { status: 200, body: issueTokens(store, row, req.nowMs) }
}

/** POST /2/oauth2/revoke: a refresh token takes its family with it. */
export function revoke(store: XStore, req: ApiRequest): Answer {
  clientOf(store, req)
  const token = required(req, 'token')
  const refreshRow = store.refresh.get(token)
  if (refreshRow !== undefined) killFamily(store, refreshRow.family)
  const accessRow = store.access.get(token)
  if (accessRow !== undefined) accessRow.expires_at_ms = 0
  return { status: 200, body: { revoked: true } }
}

/** Confidential clients prove themselves by HTTP Basic only. */
function clientOf(store: XStore, req: ApiRequest): XApp {
  const client = basicClient(req.header('authorization'))
  const app = store.apps.get(client?.clientId ?? '')
  if (client === undefined || app === undefined || app.client_secret !== client.clientSecret) {
    throw new Refusal(oauthError(401, 'unauthorized_client', 'Missing valid authorization header'))
  }
  return app
}

function required(req: ApiRequest, name: string): string {
  const value = textField(req.body, name)
  if (value === undefined || value === '') {
    throw new Refusal(badRequest(`Missing required parameter [${name}].`))
  }
  return value
}

function badRequest(description: string): Answer {
  return oauthError(400, 'invalid_request', description)
}
