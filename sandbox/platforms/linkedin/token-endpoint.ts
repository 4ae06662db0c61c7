import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { deadGrant, oauthError } from './errors.ts'
import { idToken } from './id-token.ts'
import type { LinkedinApp, LinkedinStore, LinkedinToken } from './store.ts'
import { endGrant, issueAccess, issueRefresh, secondsUntil } from './tokens.ts'

const MISMATCH = `Unable to retrieve access token: appid/redirect uri/code verifier does not match \
authorization code. Or authorization code expired. Or external member binding exists`

/**
 * POST /oauth/v2/accessToken:
 * https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow
 */
export function token(store: LinkedinStore, req: ApiRequest): Answer {
  const grantType = required(req, 'grant_type')
  switch (grantType) {
    case 'authorization_code':
      return exchangeCode(store, req)
    case 'refresh_token':
      return refresh(store, req)
    default:
      return oauthError(400, 'unsupported_grant_type', `Unknown grant_type: ${grantType}`)
  }
}

/** Single use, even when the address was wrong. */
function exchangeCode(store: LinkedinStore, req: ApiRequest): Answer {
  const code = store.codes.get(required(req, 'code'))
  const redirectUri = required(req, 'redirect_uri')
  const app = clientOf(store, req)
  if (code === undefined || code.used) {
    const description = 'Unable to retrieve access token: authorization code not found'
    return oauthError(401, 'invalid_request', description)
  }
  code.used = true
  const matches = code.client_id === app.client_id && code.redirect_uri === redirectUri
  if (!matches || code.expires_at_ms <= req.nowMs) {
    return oauthError(400, 'invalid_redirect_uri', MISMATCH)
  }
  const { scope, ...access } = issueAccess(store, code, req.nowMs)
  const refreshing = app.approved ? issueRefresh(store, code, req.nowMs) : {}
  const identity = code.scopes.includes('openid')
    ? { id_token: store.state.secrets.record(idToken(code, req.nowMs)) }
    : {}
  return json(200, { ...access, ...refreshing, scope, token_type: 'Bearer', ...identity })
}

/** The same refresh token comes back, with what is left of its year. */
function refresh(store: LinkedinStore, req: ApiRequest): Answer {
  const given = required(req, 'refresh_token')
  const row = store.refresh.get(given)
  const app = clientOf(store, req)
  if (row === undefined || row.client_id !== app.client_id || !isLive(row, req.nowMs)) {
    return deadGrant()
  }
  const { scope, ...access } = issueAccess(store, row, req.nowMs, row.expires_at_ms)
  return json(200, {
    ...access,
    refresh_token: given,
    refresh_token_expires_in: secondsUntil(row.expires_at_ms, req.nowMs),
    scope,
    token_type: 'Bearer',
  })
}

/** POST /oauth/v2/revoke: a refresh token takes every token of member and app with it. */
export function revoke(store: LinkedinStore, req: ApiRequest): Answer {
  const given = required(req, 'token')
  const app = clientOf(store, req)
  const refreshRow = store.refresh.get(given)
  if (refreshRow?.client_id === app.client_id) endGrant(store, refreshRow)
  const accessRow = store.access.get(given)
  if (accessRow?.client_id === app.client_id) accessRow.revoked = true
  return { status: 200 }
}

/**
 * POST /oauth/v2/introspectToken: instants in epoch seconds.
 * https://learn.microsoft.com/linkedin/shared/authentication/token-introspection
 */
export function introspect(store: LinkedinStore, req: ApiRequest): Answer {
  const given = required(req, 'token')
  const app = clientOf(store, req)
  const row = store.access.get(given) ?? store.refresh.get(given)
  if (row === undefined || row.client_id !== app.client_id) return json(200, { active: false })
  return json(200, {
    active: isLive(row, req.nowMs),
    client_id: row.client_id,
    authorized_at: Math.floor(row.authorized_at_ms / 1000),
    created_at: Math.floor(row.created_at_ms / 1000),
    status: statusOf(row, req.nowMs),
    expires_at: Math.floor(row.expires_at_ms / 1000),
    scope: row.scopes.join(','),
    auth_type: '3L',
  })
}

function statusOf(row: LinkedinToken, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (row.revoked) return 'revoked'
  return row.expires_at_ms <= nowMs ? 'expired' : 'active'
}

function isLive(row: LinkedinToken, nowMs: number): boolean {
  return statusOf(row, nowMs) === 'active'
}

/** Id and secret belong in the body. */
function clientOf(store: LinkedinStore, req: ApiRequest): LinkedinApp {
  const clientId = required(req, 'client_id')
  const app = store.apps.get(clientId)
  if (app === undefined) {
    const description = 'The passed in client_id is invalid'
    throw new Refusal(oauthError(401, 'invalid_client_id', description))
  }
  if (required(req, 'client_secret') === app.client_secret) return app
  throw new Refusal(oauthError(401, 'invalid_client', 'Client authentication failed'))
}

/** Only a form counts: a JSON body has no parameters. */
function required(req: ApiRequest, name: string): string {
  const value = req.body.kind === 'form' ? textField(req.body, name) : undefined
  if (value !== undefined && value !== '') return value
  const description = `A required parameter "${name}" is missing`
  throw new Refusal(oauthError(400, 'invalid_request', description))
}
