import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { basicClient } from '../../oauth/basic.ts'
import { consentErrorPage, consentPage } from '../../oauth/consent-page.ts'
import { allowsRedirect, sendBack } from '../../oauth/redirect-uri.ts'
import { oauthError, plainError, refusedGrant, wrongClient } from './errors.ts'
import type { RedditApp, RedditGrant, RedditStore } from './store.ts'
import { assertAgent, issueAccess } from './tokens.ts'

/** https://www.reddit.com/api/v1/scopes */
const SCOPES = new Set(
  `* account creddits edit flair history identity livemanage modconfig modcontributors modflair
  modlog modmail modnote modothers modposts modself modwiki mysubreddits privatemessages read report
  save structuredstyles submit subscribe vote wikiedit wikiread`.split(/\s+/),
)
const CODE_LIFETIME_MS = 10 * 60_000

/** Where an authorization request may be answered to. */
interface Target {
  app: RedditApp
  redirectUri: string
  state: string
}

/** A checked authorization request; `permanent` asks for a refresh token. */
interface Asked extends Target {
  scopes: string[]
  permanent: boolean
}

/** GET /api/v1/authorize: the consent page, or the redirect when the query already decides. */
export function showConsent(store: RedditStore, req: ApiRequest): Answer {
  const asked = readAsked(store, req.query)
  if (req.query.get('sandbox_decision') !== null) return decide(store, req, asked, req.query)
  return consentPage({
    platform: 'Reddit',
    appName: asked.app.name,
    scopes: asked.scopes,
    accounts: store.state.accounts.list('reddit'),
    action: '/reddit/_consent',
    request: req.query,
  })
}

/** POST /_consent: the form of the consent page. */
export function answerConsent(store: RedditStore, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(store, req, readAsked(store, form), form)
}

function decide(store: RedditStore, req: ApiRequest, asked: Asked, form: URLSearchParams): Answer {
  if (form.get('sandbox_decision') !== 'allow') return answerTo(asked, { error: 'access_denied' })
  const account = store.state.accounts.byHandle('reddit', form.get('sandbox_account') ?? '')
  if (account === undefined) throw page('No such account; name one in sandbox_account.')
  const kept = form.get('sandbox_scopes')?.split(',')
  const code = store.state.secrets.issue('reddit_code')
  store.codes.set(code, {
    client_id: asked.app.client_id,
    account_id: account.account_id,
    scopes: asked.scopes.filter((scope) => kept?.includes(scope) ?? true),
    redirect_uri: asked.redirectUri,
    permanent: asked.permanent,
    expires_at_ms: req.nowMs + CODE_LIFETIME_MS,
    used: false,
  })
  return answerTo(asked, { code })
}

/** Reddit ends its redirects with `#_`, which clients must not take for a part of the code. */
function answerTo({ redirectUri, state }: Target, params: Record<string, string>): Answer {
  return sendBack(redirectUri, { state, ...params }, '#_')
}

/** An unknown client or address gets a page; what else is wrong goes back to the client. */
function readAsked(store: RedditStore, query: URLSearchParams): Asked {
  const target = readTarget(store, query)
  const fail = (error: string): Refusal => new Refusal(answerTo(target, { error }))
  if (query.get('response_type') !== 'code') throw fail('unsupported_response_type')
  const duration = query.get('duration') ?? 'temporary'
  if (duration !== 'temporary' && duration !== 'permanent') throw fail('invalid_request')
  const scopes = (query.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  if (scopes.length === 0 || !scopes.every((scope) => SCOPES.has(scope))) {
    throw fail('invalid_scope')
  }
  return { ...target, scopes: [...new Set(scopes)], permanent: duration === 'permanent' }
}

function readTarget(store: RedditStore, query: URLSearchParams): Target {
  const app = store.apps.get(query.get('client_id') ?? '')
  if (app === undefined) throw page('invalid client id.')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!allowsRedirect(app.redirect_uris, redirectUri)) throw page('invalid redirect_uri parameter.')
  const state = query.get('state') ?? ''
  if (state === '') throw page('state is required.')
  return { app, redirectUri, state }
}

function page(detail: string): Refusal {
  return new Refusal(consentErrorPage(400, 'bad request (reddit.com)', `you sent an ${detail}`))
}

/** POST /api/v1/access_token https://github.com/reddit-archive/reddit/wiki/OAuth2 */
export function token(store: RedditStore, req: ApiRequest): Answer {
  assertAgent(req)
  const app = clientOf(store, req)
  switch (formField(req, 'grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, req, app)
    case 'refresh_token':
      return refresh(store, req, app)
    default:
      return refusedGrant('unsupported_grant_type')
  }
}

/** Every mismatch is the same invalid_grant, with HTTP status 200. */
function exchangeCode(store: RedditStore, req: ApiRequest, app: RedditApp): Answer {
  const code = store.codes.get(formField(req, 'code'))
  if (code === undefined || code.used || code.expires_at_ms <= req.nowMs) {
    return refusedGrant('invalid_grant')
  }
  // A code that was shown once is spent, whether its address fits or not.
  code.used = true
  if (code.client_id !== app.client_id || code.redirect_uri !== formField(req, 'redirect_uri')) {
    return refusedGrant('invalid_grant')
  }
  const refreshToken = code.permanent ? issueRefresh(store, code) : null
  const answer = issueAccess(store, code, { refresh: refreshToken, nowMs: req.nowMs })
  return json(200, refreshToken === null ? answer : { ...answer, refresh_token: refreshToken })
}

function issueRefresh(store: RedditStore, grant: RedditGrant): string {
  const token = store.state.secrets.issue('reddit_refresh')
  const { client_id, account_id, scopes } = grant
  store.refresh.set(token, { token, client_id, account_id, scopes, revoked: false })
  return token
}

/** Refresh tokens neither end nor rotate; the answer does not repeat them. */
function refresh(store: RedditStore, req: ApiRequest, app: RedditApp): Answer {
  const row = store.refresh.get(formField(req, 'refresh_token'))
  if (row === undefined || row.client_id !== app.client_id) return oauthError('invalid_request')
  if (row.revoked) return plainError(400)
  return json(200, issueAccess(store, row, { refresh: row.token, nowMs: req.nowMs }))
}

/** POST /api/v1/revoke_token: 204 for unknown tokens too; a refresh token ends its access. */
export function revoke(store: RedditStore, req: ApiRequest): Answer {
  assertAgent(req)
  const app = clientOf(store, req)
  const token = formField(req, 'token')
  const refreshRow = store.refresh.get(token)
  const accessRow = store.access.get(token)
  const owner = refreshRow?.client_id ?? accessRow?.client_id
  if (owner !== undefined && owner !== app.client_id) return oauthError('unauthorized_client')
  if (accessRow !== undefined) accessRow.expires_at_ms = 0
  if (refreshRow !== undefined) {
    refreshRow.revoked = true
    for (const row of store.access.values()) if (row.refresh_token === token) row.expires_at_ms = 0
  }
  return { status: 204 }
}

/** HTTP Basic only. */
function clientOf(store: RedditStore, req: ApiRequest): RedditApp {
  const client = basicClient(req.header('authorization'))
  const app = store.apps.get(client?.clientId ?? '')
  if (app === undefined || app.client_secret !== client?.clientSecret) {
    throw new Refusal(wrongClient())
  }
  return app
}

/** JSON bodies are not read. */
function formField(req: ApiRequest, name: string): string {
  return req.body.kind === 'form' ? (textField(req.body, name) ?? '') : ''
}
