import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { allowsRedirect, sendBack } from '../../oauth/redirect-uri.ts'
import { readScopes, tickedOf } from './scopes.ts'
import type { GoogleSite } from './site.ts'
import { type GoogleApp, grantKey, personOf } from './store.ts'

/** Google names no lifetime; this is the most that RFC 6749 §4.1.2 recommends. */
const CODE_LIFETIME_MS = 600_000

/** A checked authorization request. */
interface Asked {
  app: GoogleApp
  redirectUri: string
  scopes: string[]
  state: string | null
  offline: boolean
  prompted: boolean
  includeGranted: boolean
  challenge: string | null
  method: 'S256' | 'plain'
}

/** GET /o/oauth2/v2/auth: https://developers.google.com/identity/protocols/oauth2/web-server */
export function showConsent(site: GoogleSite, req: ApiRequest): Answer {
  const asked = readAsked(site, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(site, req, asked, req.query)
  return consentPage({
    platform: site.title,
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: site.store.state.accounts.list(site.platform),
    action: `/${site.platform}/_consent`,
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(site: GoogleSite, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(site, req, readAsked(site, form), form)
}

function decide(site: GoogleSite, req: ApiRequest, asked: Asked, form: URLSearchParams): Answer {
  const { redirectUri, state } = asked
  const granted = tickedOf(asked.scopes, form.get('sandbox_scopes'))
  if (form.get('sandbox_decision') !== 'allow' || granted.length === 0) {
    return sendBack(redirectUri, { state, error: 'access_denied' })
  }
  const account = site.store.state.accounts.byHandle(
    site.platform,
    form.get('sandbox_account') ?? '',
  )
  if (account === undefined) throw blocked(400, 'invalid_request', 'No such account.')
  const { code, scopes } = approve(site, req, asked, {
    person: personOf(account),
    scopes: granted,
  })
  const prompt = asked.prompted ? 'consent' : 'none'
  return sendBack(redirectUri, { state, code, scope: scopes.join(' '), authuser: '0', prompt })
}

/** Records the consent, which decides now whether the code will give a refresh token. */
function approve(
  site: GoogleSite,
  req: ApiRequest,
  asked: Asked,
  consent: { person: string; scopes: string[] },
): { code: string; scopes: string[] } {
  const { store } = site
  const owner = { client_id: asked.app.client_id, person: consent.person }
  const before = store.grants.get(grantKey(owner))
  const all = [...new Set([...(before?.scopes ?? []), ...consent.scopes])]
  const offline = before?.offline === true || asked.offline
  store.grants.set(grantKey(owner), { scopes: all, offline })
  const scopes = asked.includeGranted ? all : consent.scopes
  const code = `4/0${store.state.secrets.issue('google_code')}`
  store.codes.set(code, {
    ...owner,
    redirect_uri: asked.redirectUri,
    scopes,
    challenge: asked.challenge,
    method: asked.method,
    gives_refresh: asked.offline && (asked.prompted || before?.offline !== true),
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return { code, scopes }
}

/** Google shows a page for every malformed request and redirects for none. */
function readAsked(site: GoogleSite, query: URLSearchParams): Asked {
  const app = site.store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw blocked(401, 'invalid_client', 'The OAuth client was not found.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app.redirect_uris, redirectUri)) {
    throw blocked(400, 'redirect_uri_mismatch', 'The redirect URI is not registered.')
  }
  if (query.get('response_type') !== 'code') throw blocked(400, 'unsupported_response_type')
  const scopes = readScopes(query.get('scope') ?? '')
  if (scopes === undefined) throw blocked(400, 'invalid_scope')
  if (scopes.length === 0) throw blocked(400, 'invalid_request', 'Missing parameter: scope')
  const access = query.get('access_type') ?? 'online'
  if (access !== 'online' && access !== 'offline') {
    throw blocked(400, 'invalid_request', `Invalid parameter value for access_type: ${access}`)
  }
  return {
    app,
    redirectUri,
    scopes,
    state: query.get('state'),
    offline: access === 'offline',
    prompted: (query.get('prompt') ?? '').split(' ').includes('consent'),
    includeGranted: query.get('include_granted_scopes') === 'true',
    ...readChallenge(query),
  }
}

/** PKCE is optional, but what is sent must be whole. */
function readChallenge(query: URLSearchParams): Pick<Asked, 'challenge' | 'method'> {
  const challenge = query.get('code_challenge')
  const method = query.get('code_challenge_method') ?? 'plain'
  if (method !== 'S256' && method !== 'plain') {
    throw blocked(400, 'invalid_request', 'Invalid code_challenge_method.')
  }
  if (challenge !== null && !/^[A-Za-z0-9\-._~]{43,128}$/.test(challenge)) {
    throw blocked(400, 'invalid_request', 'Invalid code_challenge.')
  }
  return { challenge, method }
}

function blocked(status: number, error: string, detail = ''): Refusal {
  const title = `Access blocked: Error ${status}: ${error}`
  return new Refusal(consentErrorPage(status, title, detail))
}
