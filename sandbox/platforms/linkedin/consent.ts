import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { isLoopback, sendBack } from '../../oauth/redirect-uri.ts'
import { grantable } from './scopes.ts'
import type { LinkedinApp, LinkedinStore } from './store.ts'
import { endOtherScopes } from './tokens.ts'

/** https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow */
const CODE_LIFETIME_MS = 30 * 60_000

/** A checked authorization request. */
interface Asked {
  app: LinkedinApp
  redirectUri: string
  scopes: string[]
  state: string | null
}

/** GET /oauth/v2/authorization */
export function showConsent(store: LinkedinStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'LinkedIn',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('linkedin'),
    action: '/linkedin/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: LinkedinStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(
  store: LinkedinStore,
  req: ApiRequest,
  asked: Asked,
  form: URLSearchParams,
): Answer {
  const { redirectUri, state } = asked
  const handle = form.get('sandbox_account') ?? ''
  if (form.get('sandbox_decision') !== 'allow') {
    return sendBack(redirectUri, { ...cancelled(handle), state })
  }
  const account = store.state.accounts.byHandle('linkedin', handle)
  if (account === undefined) throw wentWrong('No such account; name one in sandbox_account.')
  const kept = form.get('sandbox_scopes')?.split(',')
  const scopes = asked.scopes.filter((one) => kept === undefined || kept.includes(one))
  const owner = { client_id: asked.app.client_id, account_id: account.account_id }
  endOtherScopes(store, owner, scopes)
  const code = `AQ${store.state.secrets.issue('linkedin_code')}`
  store.codes.set(code, {
    ...owner,
    redirect_uri: asked.redirectUri,
    scopes,
    authorized_at_ms: req.nowMs,
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return sendBack(redirectUri, { code, state })
}

/** Who names no account never got past the login. */
function cancelled(handle: string): Record<string, string> {
  return handle === ''
    ? {
        error: 'user_cancelled_login',
        error_description: 'The user cancelled LinkedIn login',
      }
    : {
        error: 'user_cancelled_authorize',
        error_description: 'The user cancelled the authorization',
      }
}

/** A page while the address is unproven; a redirect with an error afterwards. */
function readAsked(store: LinkedinStore, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw wentWrong('The passed in client_id is invalid.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app, redirectUri)) {
    throw wentWrong('The redirect_uri does not match the registered value.')
  }
  const state = query.get('state')
  const refuse = (error: string, error_description: string): Refusal =>
    new Refusal(sendBack(redirectUri, { error, error_description, state }))
  if (query.get('response_type') !== 'code') {
    throw refuse('unsupported_response_type', 'response_type must be code')
  }
  const scopes = grantable(app, query.get('scope') ?? '')
  if (scopes !== undefined && scopes.length > 0) return { app, scopes, redirectUri, state }
  throw refuse('unauthorized_scope_error', 'Scope is not authorized for your application')
}

/** The query does not count, a fragment is refused; the built-in apps allow any loopback. */
function allowsRedirect(app: LinkedinApp, redirectUri: string): boolean {
  if (app.redirect_uris === null) return isLoopback(redirectUri)
  if (redirectUri.includes('#')) return false
  return app.redirect_uris.map(withoutQuery).includes(withoutQuery(redirectUri))
}

function withoutQuery(address: string): string {
  return address.split('?')[0] ?? ''
}

function wentWrong(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'Bummer, something went wrong.', detail))
}
