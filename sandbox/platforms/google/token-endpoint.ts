import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { provesChallenge } from '../../oauth/pkce.ts'
import { deadGrant, oauthError } from './errors.ts'
import type { GoogleSite } from './site.ts'
import type { GoogleApp, GoogleCode } from './store.ts'
import { endGrant, isLive, issueAccess, issueRefresh } from './tokens.ts'

/** POST /token: https://developers.google.com/identity/protocols/oauth2/web-server#exchange */
export function token(site: GoogleSite, req: ApiRequest): Answer {
  if (req.body.kind !== 'form') {
    return oauthError(400, 'invalid_request', 'Missing required parameter: grant_type')
  }
  const grantType = required(req, 'grant_type')
  const app = clientOf(site, req)
  if (grantType === 'authorization_code') return exchangeCode(site, req, app)
  if (grantType === 'refresh_token') return refresh(site, req, app)
  return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType}`)
}

/** A code that was tried with a wrong address or verifier may still be used. */
function exchangeCode({ store }: GoogleSite, req: ApiRequest, app: GoogleApp): Answer {
  const row = store.codes.get(required(req, 'code'))
  if (row === undefined || row.client_id !== app.client_id) {
    return oauthError(400, 'invalid_grant', 'Malformed auth code.')
  }
  if (row.used || row.expires_at_ms <= req.nowMs) {
    return oauthError(400, 'invalid_grant', 'Bad Request')
  }
  if (row.redirect_uri !== required(req, 'redirect_uri')) {
    return oauthError(400, 'redirect_uri_mismatch', 'Bad Request')
  }
  checkVerifier(row, textField(req.body, 'code_verifier'))
  row.used = true
  const answer = issueAccess(store, row, req.nowMs)
  if (!row.gives_refresh) return json(200, answer)
  return json(200, { ...answer, refresh_token: issueRefresh(store, row, req.nowMs) })
}

function checkVerifier(row: GoogleCode, verifier: string | undefined): void {
  if (row.challenge === null && verifier === undefined) return
  // RFC 9700 §2.1.1: a verifier without a challenge is a downgrade.
  if (row.challenge === null) throw invalidVerifier('Code challenge is missing.')
  if (verifier === undefined) throw invalidVerifier('Missing code verifier.')
  if (!provesChallenge(verifier, row.challenge, row.method)) {
    throw invalidVerifier('Invalid code verifier.')
  }
}

function invalidVerifier(description: string): Refusal {
  return new Refusal(oauthError(400, 'invalid_grant', description))
}

/** Not rotated: the answer has no refresh token and the old one goes on. */
function refresh({ store }: GoogleSite, req: ApiRequest, app: GoogleApp): Answer {
  const row = store.refresh.get(required(req, 'refresh_token'))
  if (row === undefined) return oauthError(400, 'invalid_grant', 'Bad Request')
  if (row.client_id !== app.client_id) return oauthError(401, 'unauthorized_client', 'Unauthorized')
  if (!isLive(row, req.nowMs)) return deadGrant()
  row.last_used_ms = req.nowMs
  return json(200, issueAccess(store, row, req.nowMs))
}

/** POST /revoke: any live token ends the whole grant; no client credentials are asked for. */
export function revoke({ store }: GoogleSite, req: ApiRequest): Answer {
  const given = textField(req.body, 'token') ?? req.query.get('token') ?? ''
  if (given === '') return oauthError(400, 'invalid_request', 'Missing required parameter: token')
  const refreshRow = store.refresh.get(given)
  const accessRow = store.access.get(given)
  const live =
    (refreshRow !== undefined && isLive(refreshRow, req.nowMs)) ||
    (accessRow !== undefined && accessRow.expires_at_ms > req.nowMs)
  const row = refreshRow ?? accessRow
  if (row === undefined || !live) {
    return oauthError(400, 'invalid_token', 'Token expired or revoked')
  }
  endGrant(store, row)
  return json(200, {})
}

/** Id and secret belong in the body. */
function clientOf({ store }: GoogleSite, req: ApiRequest): GoogleApp {
  const clientId = textField(req.body, 'client_id') ?? ''
  if (clientId === '') {
    throw new Refusal(
      oauthError(400, 'invalid_request', 'Could not determine client ID from request.'),
    )
  }
  const app = store.apps.get(clientId)
  if (app === undefined) {
    throw new Refusal(oauthError(401, 'invalid_client', 'The OAuth client was not found.'))
  }
  if (textField(req.body, 'client_secret') !== app.client_secret) {
    throw new Refusal(oauthError(401, 'invalid_client', 'Unauthorized'))
  }
  return app
}

function required(req: ApiRequest, name: string): string {
  const value = textField(req.body, name)
  if (value !== undefined && value !== '') return value
  throw new Refusal(oauthError(400, 'invalid_request', `Missing required parameter: ${name}`))
}
