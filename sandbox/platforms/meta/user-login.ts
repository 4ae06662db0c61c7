import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { sendBack } from '../../oauth/redirect-uri.ts'
import { issueCode, redeemCode } from './codes.ts'
import { type Asked, type DialogRules, personOf, readAsked, tickedOf } from './dialog.ts'
import { dialogPage } from './dialog-page.ts'
import { invalidParameter, refuse, WRONG_SECRET } from './errors.ts'
import { requiredParam } from './params.ts'
import { grantKey, type MetaApp, type MetaCode, type MetaGrant, type MetaStore } from './store.ts'
import { issueToken, LONG_LIFETIME_S, openSession, type Session } from './tokens.ts'

/** Instagram Login and Threads: one account per consent, and the same three token calls. */
export interface LoginFamily {
  store: MetaStore
  rules: DialogRules & { basicScope: string }
  exchangeGrant: string
  refreshGrant: string
  /** The answer to a code: the account's id is a bare number in it. */
  codeAnswer(token: string, row: MetaCode, grant: MetaGrant): string
}

const CODE_LIFETIME_MS = 3_600_000
const SHORT_LIFETIME_S = 3600
/** https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token/ */
const MIN_REFRESH_AGE_MS = 24 * 3_600_000
/** Both families hang it on behind the query. */
const FRAGMENT = '#_'
const BAD_CODE = 'Matching code was not found or was already used'

/** GET /oauth/authorize: the login dialog, or the redirect when the query already decides. */
export function showLogin(family: LoginFamily, req: ApiRequest): Answer {
  const { store, rules } = family
  const asked = readAsked(store, rules, req.query)
  if (req.query.has('sandbox_decision')) return decide(family, req, asked, req.query)
  return dialogPage({
    title: rules.title,
    appName: asked.app.name,
    scopes: asked.scopes.map((name) => ({ name, isLocked: name === rules.basicScope })),
    people: store.state.accounts.list(store.platform).map((account) => ({ account, pages: [] })),
    action: `/${store.platform}/_consent`,
    request: req.query,
  })
}

/** POST /_consent: the form of the dialog. */
export function answerLogin(family: LoginFamily, req: ApiRequest): Answer {
  const form = new URLSearchParams(req.raw.toString('utf8'))
  return decide(family, req, readAsked(family.store, family.rules, form), form)
}

function decide(
  { store, rules }: LoginFamily,
  req: ApiRequest,
  asked: Asked,
  form: URLSearchParams,
): Answer {
  if (form.get('sandbox_decision') !== 'allow') {
    const error_description = 'The user denied your request'
    const denied = { error: 'access_denied', error_reason: 'user_denied', error_description }
    return sendBack(asked.redirectUri, { ...denied, state: asked.state }, FRAGMENT)
  }
  const { account_id } = personOf(store, form)
  const owner = { client_id: asked.app.client_id, account_id }
  const granted = tickedOf(rules, form, asked.scopes)
  store.grants.set(grantKey(owner), {
    granted,
    declined: asked.scopes.filter((one) => !granted.includes(one)),
    page_ids: null,
    consented_at_ms: req.nowMs,
  })
  const use = { redirectUri: asked.redirectUri, lifetimeMs: CODE_LIFETIME_MS, nowMs: req.nowMs }
  const answer = { code: issueCode(store, owner, use), state: asked.state }
  return sendBack(asked.redirectUri, answer, FRAGMENT)
}

/** POST /oauth/access_token: parameters in the body only, as form or multipart. */
export function exchangeCode(family: LoginFamily, req: ApiRequest): Answer {
  const { store } = family
  const app = clientOf(store, req)
  if (field(req, 'grant_type') !== 'authorization_code') throw oauthRefusal('Invalid grant_type')
  const [code, redirectUri] = [field(req, 'code'), field(req, 'redirect_uri')]
  const row = redeemCode(store, app, { code, redirectUri, nowMs: req.nowMs })
  if (row === 'redirect_uri') {
    throw oauthRefusal(
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    )
  }
  if (typeof row === 'string') throw oauthRefusal(BAD_CODE)
  const life = { isLong: false, lifetimeS: SHORT_LIFETIME_S, nowMs: req.nowMs }
  const token = issueToken(store, row, life)
  const { grant } = openSession(store, token, req.nowMs)
  return { status: 200, body: family.codeAnswer(token, row, grant) }
}

/** The client in the body; unknown ids and wrong secrets have their own words. */
export function clientOf(store: MetaStore, req: ApiRequest): MetaApp {
  const app = store.apps.get(field(req, 'client_id'))
  if (app === undefined) throw oauthRefusal('Invalid platform app')
  if (app.client_secret !== field(req, 'client_secret')) {
    throw oauthRefusal('Error validating client secret.')
  }
  return app
}

/** What the code endpoint answers to a code that buys nothing. */
export function badCode(): Answer {
  return oauthError(BAD_CODE)
}

/** GET /access_token: a short-lived token for one of 60 days. */
export function exchangeToken(family: LoginFamily, req: ApiRequest): Answer {
  assertGrantType(req, family.exchangeGrant)
  const secret = requiredParam(req, 'client_secret')
  const session = openSession(family.store, requiredParam(req, 'access_token'), req.nowMs)
  if (session.app.client_secret !== secret) throw refuse(WRONG_SECRET)
  if (session.row.is_long_lived) throw wrongKind()
  return longAnswer(family.store, session, req.nowMs)
}

/** GET /refresh_access_token: a long-lived token of at least a day for another 60 days. */
export function refreshToken(family: LoginFamily, req: ApiRequest): Answer {
  assertGrantType(req, family.refreshGrant)
  const session = openSession(family.store, requiredParam(req, 'access_token'), req.nowMs)
  if (!session.row.is_long_lived) throw wrongKind()
  if (req.nowMs - session.row.issued_at_ms < MIN_REFRESH_AGE_MS) {
    throw refuse(invalidParameter('The access token must be at least 24 hours old to be refreshed'))
  }
  return longAnswer(family.store, session, req.nowMs)
}

/** The older token stays alive until its own end. */
function longAnswer(store: MetaStore, session: Session, nowMs: number): Answer {
  const life = { isLong: true, lifetimeS: LONG_LIFETIME_S, nowMs }
  const access_token = issueToken(store, session.row, life)
  return json(200, { access_token, token_type: 'bearer', expires_in: LONG_LIFETIME_S })
}

function assertGrantType(req: ApiRequest, grantType: string): void {
  if (requiredParam(req, 'grant_type') === grantType) return
  throw refuse(invalidParameter(`Param grant_type must be one of {${grantType.toUpperCase()}}`))
}

/** A token of the other lifetime. */
function wrongKind(): Refusal {
  return refuse({
    message:
      'Session key invalid. This could be because the session key has an incorrect format, or because the user has revoked this session',
    code: 452,
  })
}

function field(req: ApiRequest, name: string): string {
  const value = textField(req.body, name)
  if (req.body.kind === 'form' && value !== undefined && value !== '') return value
  throw oauthRefusal(`Missing required field ${name}`)
}

function oauthRefusal(message: string): Refusal {
  return new Refusal(oauthError(message))
}

function oauthError(message: string): Answer {
  return json(400, { error_type: 'OAuthException', code: 400, error_message: message })
}
