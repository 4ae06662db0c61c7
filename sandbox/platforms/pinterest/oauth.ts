import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { basicClient } from '../../oauth/basic.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { allowsRedirect, sendBack } from '../../oauth/redirect-uri.ts'
import {
  authenticationFailed,
  deadCode,
  deadRefreshToken,
  invalid,
  notPermitted,
} from './errors.ts'
import type { PinterestApp, PinterestStore } from './store.ts'
import { issueTokens, spend } from './tokens.ts'

/** https://developers.pinterest.com/docs/getting-started/scopes/ */
const SCOPES = new Set(
  `ads:read ads:write biz_access:read biz_access:write boards:read boards:read_secret boards:write
  boards:write_secret catalogs:read catalogs:write pins:read pins:read_secret pins:write
  pins:write_secret user_accounts:read user_accounts:write`.split(/\s+/),
)
/** Not documented by Pinterest. */
const CODE_LIFETIME_MS = 10 * 60_000

/** A checked authorization request. */
interface Asked {
  app: PinterestApp
  redirectUri: string
  scopes: string[]
  state: string | null
}

/** GET /oauth/: the consent page, or the redirect when the query already decides. */
export function showConsent(store: PinterestStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'Pinterest',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('pinterest'),
    action: '/pinterest/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: PinterestStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(
  store: PinterestStore,
  req: ApiRequest,
  asked: Asked,
  form: URLSearchParams,
): Answer {
  const { state } = asked
  if (form.get('sandbox_decision') !== 'allow') {
    return sendBack(asked.redirectUri, {
      error: 'access_denied',
      error_description: 'The user denied the request.',
      state,
    })
  }
  const account = store.state.accounts.byHandle('pinterest', form.get('sandbox_account') ?? '')
  if (account === undefined) throw page('No such account; name one in sandbox_account.')
  const kept = form.get('sandbox_scopes')?.split(',')
  const code = store.state.secrets.issue('pinterest_code')
  store.codes.set(code, {
    client_id: asked.app.client_id,
    account_id: account.account_id,
    redirect_uri: asked.redirectUri,
    scopes: asked.scopes.filter((scope) => kept?.includes(scope) ?? true),
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return sendBack(asked.redirectUri, { code, state })
}

/** Scopes are separated by commas here, and by nothing else. */
function readAsked(store: PinterestStore, query: URLSearchParams): Asked {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw page('The client_id is not that of an app.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app.redirect_uris, redirectUri))
    throw page('The redirect_uri is not registered.')
  if (query.get('response_type') !== 'code') throw page('The response_type must be code.')
  const scopes = (query.get('scope') ?? '').split(',')
  const stranger = scopes.find((scope) => !SCOPES.has(scope))
  if (stranger !== undefined) throw page(`The scope "${stranger}" is invalid.`)
  return { app, redirectUri, scopes: [...new Set(scopes)], state: query.get('state') }
}

function page(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'We can’t connect this app', detail))
}

/** POST /v5/oauth/token https://developers.pinterest.com/docs/api/v5/oauth-token */
export function token(store: PinterestStore, req: ApiRequest): Answer {
  const app = clientOf(store, req)
  spend(store, req, { key: app.client_id, category: 'org_read' })
  if (req.body.kind !== 'form') throw invalid('the body must be a form.')
  readContinuous(req)
  switch (required(req, 'grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, req, app)
    case 'refresh_token':
      return refresh(store, req, app)
    default:
      throw invalid("'grant_type' is not one of ['authorization_code', 'refresh_token'].")
  }
}

/** Continuous refresh is how every app works now; the parameter is taken and changes nothing. */
function readContinuous(req: ApiRequest): void {
  const value = textField(req.body, 'continuous_refresh') ?? 'true'
  if (value !== 'true' && value !== 'false') throw invalid("'continuous_refresh' is no boolean.")
}

function exchangeCode(store: PinterestStore, req: ApiRequest, app: PinterestApp): Answer {
  const code = store.codes.get(required(req, 'code'))
  const redirectUri = required(req, 'redirect_uri')
  if (code === undefined || code.used || code.expires_at_ms <= req.nowMs) return deadCode()
  if (code.client_id !== app.client_id || code.redirect_uri !== redirectUri) return deadCode()
  code.used = true
  const tokens = issueTokens(store, code, req.nowMs)
  return json(200, {
    response_type: 'authorization_code',
    ...tokens,
    scope: code.scopes.join(' '),
  })
}

/** An unknown token fails as unauthorized; one that was good once, as a dead grant. */
function refresh(store: PinterestStore, req: ApiRequest, app: PinterestApp): Answer {
  const row = store.refresh.get(required(req, 'refresh_token'))
  if (row === undefined || row.client_id !== app.client_id) return authenticationFailed()
  if (row.used || row.expires_at_ms <= req.nowMs) return deadRefreshToken()
  const wanted = textField(req.body, 'scope')
    ?.split(/[\s,]+/)
    .filter((scope) => scope !== '')
  const scopes = wanted ?? row.scopes
  if (!scopes.every((scope) => row.scopes.includes(scope))) {
    throw invalid("'scope' goes beyond what was granted.")
  }
  row.used = true
  const tokens = issueTokens(store, { ...row, scopes }, req.nowMs)
  // Both separators occur in the wild: spaces above, commas here.
  return json(200, { response_type: 'refresh_token', ...tokens, scope: scopes.join(',') })
}

/** POST /v5/oauth/token/revoke: only for system users; people revoke in their settings. */
export function revoke(store: PinterestStore, req: ApiRequest): Answer {
  clientOf(store, req)
  required(req, 'token')
  return notPermitted()
}

/** Client credentials belong in HTTP Basic. */
function clientOf(store: PinterestStore, req: ApiRequest): PinterestApp {
  const client = basicClient(req.header('authorization'))
  const app = store.apps.get(client?.clientId ?? '')
  if (app === undefined || app.client_secret !== client?.clientSecret) {
    throw new Refusal(authenticationFailed())
  }
  return app
}

function required(req: ApiRequest, name: string): string {
  const value = textField(req.body, name)
  if (value === undefined || value === '') throw invalid(`'${name}' is a required property.`)
  return value
}
