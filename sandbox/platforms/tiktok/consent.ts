import { randomInt } from 'node:crypto'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { allowsRedirect, sendBack } from '../../oauth/redirect-uri.ts'
import { leftOn, readScopes } from './scopes.ts'
import type { TiktokApp, TiktokStore } from './store.ts'

/** TikTok names no lifetime; this is the most that RFC 6749 §4.1.2 recommends. */
const CODE_LIFETIME_MS = 600_000

/** A checked authorization request. */
interface Asked {
  app: TiktokApp
  redirectUri: string
  scopes: string[]
  state: string
  challenge: string | null
}

/** GET /v2/auth/authorize/: https://developers.tiktok.com/doc/login-kit-web */
export function showConsent(store: TiktokStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'TikTok',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('tiktok'),
    action: '/tiktok/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: TiktokStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(store: TiktokStore, req: ApiRequest, asked: Asked, form: URLSearchParams): Answer {
  const { redirectUri, state } = asked
  if (form.get('sandbox_decision') !== 'allow') {
    const error_description = 'User denied the request'
    return sendBack(redirectUri, { error: 'access_denied', error_description, state })
  }
  const account = store.state.accounts.byHandle('tiktok', form.get('sandbox_account') ?? '')
  if (account === undefined) throw wentWrong('No such account; name one in sandbox_account.')
  const scopes = leftOn(asked.scopes, form.get('sandbox_scopes'))
  // The form of a real code: it only works after URL decoding.
  const code = `${store.state.secrets.issue('tiktok_code')}*1!${randomInt(1000, 9999)}.e1`
  store.codes.set(code, {
    client_key: asked.app.client_key,
    account_id: account.account_id,
    redirect_uri: asked.redirectUri,
    scopes,
    challenge: asked.challenge,
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return sendBack(redirectUri, { code, scopes: scopes.join(','), state })
}

/** TikTok shows a page for every malformed request. */
function readAsked(store: TiktokStore, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_key') ?? '')
  if (app === undefined) throw wentWrong('param_error: client_key')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!isStatic(redirectUri) || !allowsRedirect(app.redirect_uris, redirectUri)) {
    throw wentWrong('param_error: redirect_uri')
  }
  if (query.get('response_type') !== 'code') throw wentWrong('param_error: response_type')
  const scopes = readScopes(query.get('scope') ?? '')
  if (scopes === undefined) throw wentWrong('param_error: scope')
  const state = query.get('state') ?? ''
  if (state === '') throw wentWrong('param_error: state')
  const challenge = query.get('code_challenge')
  if (challenge !== null && query.get('code_challenge_method') !== 'S256') {
    throw wentWrong('param_error: code_challenge_method')
  }
  return { app, redirectUri, scopes, state, challenge }
}

/** Static addresses: without query or fragment. */
function isStatic(redirectUri: string): boolean {
  return !/[?#]/.test(redirectUri)
}

function wentWrong(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'We couldn’t log in with TikTok', detail))
}
