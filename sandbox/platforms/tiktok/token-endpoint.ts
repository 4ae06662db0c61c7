import { createHash } from 'node:crypto'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { deadRefresh, oauthError } from './errors.ts'
import type { TiktokApp, TiktokCode, TiktokStore } from './store.ts'
import { endGrant, issueTokens } from './tokens.ts'

/** RFC 7636 §4.1 */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/

/** POST /v2/oauth/token/: https://developers.tiktok.com/doc/oauth-user-access-token-management */
export function token(store: TiktokStore, req: ApiRequest): Answer {
  if (req.body.kind !== 'form') {
    return oauthError(
      req,
      'invalid_request',
      'Only `application/x-www-form-urlencoded` is supported.',
    )
  }
  const app = clientOf(store, req)
  switch (required(req, 'grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, req, app)
    case 'refresh_token':
      return refresh(store, req, app)
    default:
      return oauthError(req, 'unsupported_grant_type', 'The grant type is not supported.')
  }
}

/** A code that was tried with a wrong address or verifier may still be used. */
function exchangeCode(store: TiktokStore, req: ApiRequest, app: TiktokApp): Answer {
  const row = store.codes.get(required(req, 'code'))
  const redirectUri = required(req, 'redirect_uri')
  if (row === undefined || row.used || row.client_key !== app.client_key) {
    return oauthError(req, 'invalid_grant', 'Authorization code is invalid.')
  }
  if (row.expires_at_ms <= req.nowMs) {
    return oauthError(req, 'invalid_grant', 'Authorization code is expired.')
  }
  if (row.redirect_uri !== redirectUri) {
    const description = 'Redirect_uri is not matched with the uri when requesting code.'
    return oauthError(req, 'invalid_request', description)
  }
  if (!provesHexChallenge(row, textField(req.body, 'code_verifier') ?? '')) {
    return oauthError(req, 'invalid_request', 'Code verifier or code challenge is invalid.')
  }
  row.used = true
  return json(200, issueTokens(store, row, req.nowMs))
}

/** Hex and not base64url: https://developers.tiktok.com/doc/login-kit-desktop */
function provesHexChallenge({ challenge }: TiktokCode, verifier: string): boolean {
  if (challenge === null) return true
  if (!VERIFIER.test(verifier)) return false
  return createHash('sha256').update(verifier).digest('hex') === challenge
}

/** Rotates: the old refresh token dies with this answer, whether it arrives or not. */
function refresh(store: TiktokStore, req: ApiRequest, app: TiktokApp): Answer {
  const row = store.refresh.get(required(req, 'refresh_token'))
  if (row === undefined || row.client_key !== app.client_key) return deadRefresh(req)
  if (row.expires_at_ms <= req.nowMs) return deadRefresh(req)
  row.expires_at_ms = 0
  return json(200, issueTokens(store, row, req.nowMs))
}

/** POST /v2/oauth/revoke/: ends what the person gave the app. */
export function revoke(store: TiktokStore, req: ApiRequest): Answer {
  if (req.body.kind !== 'form') {
    return oauthError(
      req,
      'invalid_request',
      'Only `application/x-www-form-urlencoded` is supported.',
    )
  }
  const app = clientOf(store, req)
  const given = required(req, 'token')
  const row = store.access.get(given) ?? store.refresh.get(given)
  if (row === undefined || row.client_key !== app.client_key || row.expires_at_ms <= req.nowMs) {
    return oauthError(req, 'invalid_request', 'Token is invalid or not found.')
  }
  endGrant(store, row)
  return { status: 200 }
}

/** Key and secret belong in the body. */
function clientOf(store: TiktokStore, req: ApiRequest): TiktokApp {
  const app = store.apps.get(required(req, 'client_key'))
  if (app === undefined || textField(req.body, 'client_secret') !== app.client_secret) {
    throw new Refusal(oauthError(req, 'invalid_client', 'Client key or secret is incorrect.', 401))
  }
  return app
}

function required(req: ApiRequest, name: string): string {
  const value = textField(req.body, name)
  if (value !== undefined && value !== '') return value
  throw new Refusal(oauthError(req, 'invalid_request', `The parameter ${name} is missing.`))
}
