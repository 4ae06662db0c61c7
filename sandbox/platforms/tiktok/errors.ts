import { randomBytes } from 'node:crypto'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'

/** https://developers.tiktok.com/doc/tiktok-api-v2-error-handling */
const CODES: Record<number, string> = {
  400: 'invalid_params',
  401: 'access_token_invalid',
  403: 'scope_permission_missed',
  404: 'not_found',
  429: 'rate_limit_exceeded',
}

const MESSAGES: Record<string, string> = {
  access_token_invalid: 'The access token is invalid or not found in the request.',
  scope_not_authorized:
    'The user did not authorize the scope required for completing this request.',
  rate_limit_exceeded: 'The API rate limit was exceeded. Please try again later.',
  spam_risk_too_many_posts: 'The daily post cap from the API is reached for the current user.',
  spam_risk_too_many_pending_share:
    'There are too many pending shares in the last 24 hours for the current user.',
  privacy_level_option_mismatch:
    'The privacy level is not among the privacy_level_options of the creator.',
  url_ownership_unverified:
    'Please review our URL ownership verification rules before using PULL_FROM_URL.',
  invalid_publish_id: 'The publish_id does not exist.',
  token_not_authorized_for_specified_publish_id:
    'The access token is not authorized for the publish_id.',
  internal_error: 'Something went wrong. Please try again later.',
}

/** A good answer is wrapped like an error: `code` "ok". */
export function ok(req: ApiRequest, data: unknown): Answer {
  return { status: 200, body: { data, error: { code: 'ok', message: '', log_id: logId(req) } } }
}

/** The envelope of the API; `data` is there and empty. */
export function apiError(req: ApiRequest, status: number, code?: string, message?: string): Answer {
  const named = code ?? CODES[status] ?? 'internal_error'
  const text = message ?? MESSAGES[named] ?? 'The request failed.'
  return { status, body: { data: {}, error: { code: named, message: text, log_id: logId(req) } } }
}

export function refused(req: ApiRequest, status: number, code: string, message?: string): Refusal {
  return new Refusal(apiError(req, status, code, message))
}

/** `invalid_param` is the word of the Content Posting API, `invalid_params` of all others. */
export function badParam(req: ApiRequest, message: string): Refusal {
  return refused(req, 400, 'invalid_param', message)
}

/**
 * The flat error of the OAuth endpoints. TikTok sends refused grants with HTTP 200, so a client
 * that looks at the status alone takes them for tokens.
 */
export function oauthError(
  req: ApiRequest,
  error: string,
  description: string,
  status = error === 'invalid_grant' ? 200 : 400,
): Answer {
  return { status, body: { error, error_description: description, log_id: logId(req) } }
}

export function deadRefresh(req: ApiRequest): Answer {
  return oauthError(req, 'invalid_grant', 'Refresh token is invalid or expired.')
}

/** TikTok's wording of a fault; it documents no Retry-After. */
export function speakTiktok(fault: SpokenFault, req: ApiRequest): Answer {
  if (fault.step === 'token') return speakToken(fault, req)
  switch (fault.kind) {
    case 'rate_limit':
      return apiError(req, 429)
    case 'refuse':
      // The upload host knows the file and not the post.
      return req.path.startsWith('/upload/')
        ? apiError(req, 400, 'invalid_file_upload', 'The uploaded file does not meet the rules.')
        : apiError(req, 403, 'spam_risk', 'The request is identified as spam.')
    case 'duplicate':
      return apiError(req, 400)
    case 'status':
      return apiError(req, fault.status)
  }
}

function speakToken(fault: SpokenFault, req: ApiRequest): Answer {
  if (fault.kind === 'rate_limit') {
    return oauthError(req, 'rate_limit_exceeded', 'Too many requests.', 429)
  }
  if (fault.kind !== 'status') return deadRefresh(req)
  if (fault.status >= 500) {
    return oauthError(req, 'server_error', 'Something went wrong.', fault.status)
  }
  const error = fault.status === 401 ? 'invalid_client' : 'invalid_grant'
  return oauthError(req, error, 'The grant was refused.', fault.status)
}

/** The instant and some hex digits, as support asks for it. */
function logId(req: ApiRequest): string {
  const instant = new Date(req.nowMs).toISOString().replace(/\D/g, '').slice(0, 14)
  return `${instant}${randomBytes(10).toString('hex').toUpperCase()}`
}
