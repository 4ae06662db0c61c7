import type { Answer } from '../../http/answer.ts'
import { html } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { GoogleSite } from './site.ts'

/** https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export const BAD_TOKEN = `Request had invalid authentication credentials. Expected OAuth 2 access \
token, login cookie or other valid authentication credential. See \
https://developers.google.com/identity/sign-in/web/devconsole-project.`
export const MISSING_SCOPE = 'Request had insufficient authentication scopes.'

/** The envelope of Google's APIs; `errors` only where the API still has that older list. */
export interface ApiProblem {
  code: number
  message: string
  errors?: Record<string, string>[]
  details?: unknown[]
  /** Absent on errors that YouTube itself raises. */
  status?: string | null
}

export function apiError(problem: ApiProblem): Answer {
  const { code, message, errors, details } = problem
  const status = problem.status === undefined ? (STATUSES[code] ?? 'UNKNOWN') : problem.status
  const error = { code, message, errors, status: status ?? undefined, details }
  return { status: code, body: { error } }
}

/** The detail that tells a missing scope from a missing role. */
export function scopeDetail(service: string): Record<string, unknown> {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    domain: 'googleapis.com',
    metadata: { service },
  }
}

export function oauthError(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

/** A refresh token that was revoked, dropped or unused for too long: all the same answer. */
export function deadGrant(): Answer {
  return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.')
}

/** The robot page: what Google answers to a path that is no method. */
export function htmlNotFound(path: string): Answer {
  return html(
    404,
    `<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That’s an error.</ins>
  <p>The requested URL <code>${encodeURI(path)}</code> was not found on this server.
  <ins>That’s all we know.</ins>
`,
  )
}

/** Google's wording of a fault. */
export function speakGoogle(site: GoogleSite, fault: SpokenFault): Answer {
  if (fault.step === 'token') return speakToken(fault)
  switch (fault.kind) {
    case 'duplicate':
      return apiError({ code: 409, message: 'Requested entity already exists' })
    case 'refuse':
      return fault.step === 'upload' || fault.step === 'publish'
        ? site.badContent()
        : apiError({ code: 403, message: 'The caller does not have permission' })
    case 'rate_limit':
      return tooMany(site)
    case 'status':
      return fault.status === 401
        ? site.badToken()
        : apiError({ code: fault.status, message: 'Internal error encountered.' })
  }
}

/** No Retry-After is promised anywhere. */
export function tooMany(site: Pick<GoogleSite, 'platform'>): Answer {
  const message = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
  if (site.platform !== 'youtube') return apiError({ code: 429, message })
  const errors = [{ message, domain: 'global', reason: 'rateLimitExceeded' }]
  return apiError({ code: 429, message, errors })
}

function speakToken(fault: SpokenFault): Answer {
  if (fault.kind === 'rate_limit') {
    return oauthError(429, 'rate_limit_exceeded', 'Rate Limit Exceeded')
  }
  if (fault.kind !== 'status' || fault.status === 400) return deadGrant()
  if (fault.status === 401) return oauthError(401, 'invalid_client', 'Unauthorized')
  return oauthError(fault.status, 'internal_failure', 'Internal error.')
}
