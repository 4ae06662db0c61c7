import { type Answer, Refusal } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'

/** https://docs.joinmastodon.org/entities/Error/ */
const TEXTS: Record<number, string> = {
  401: 'The access token is invalid',
  403: 'This action is not allowed',
  404: 'Record not found',
  422: 'Validation failed: Text is not acceptable',
  429: 'Too many requests',
  503: 'There was a temporary problem serving your request, please try again',
}

/** Texts are those of the English locale. */
export function apiError(status: number, text?: string): Answer {
  return { status, body: { error: text ?? TEXTS[status] ?? 'Internal Server Error' } }
}

export function refuse(status: number, text?: string): Refusal {
  return new Refusal(apiError(status, text))
}

/** A validation error in the words of Rails. */
export function invalid(reason: string): Refusal {
  return refuse(422, `Validation failed: ${reason}`)
}

export function oauthError(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

export const invalidGrant = (): Answer =>
  oauthError(
    400,
    'invalid_grant',
    'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  )

export const invalidClient = (): Answer =>
  oauthError(
    401,
    'invalid_client',
    'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
  )

/** https://docs.joinmastodon.org/api/rate-limits/ : the reset is a timestamp. */
export function limitHeaders(window: {
  limit: number
  remaining: number
  resetAtMs: number
}): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(window.limit),
    'X-RateLimit-Remaining': String(window.remaining),
    'X-RateLimit-Reset': new Date(window.resetAtMs).toISOString().replace('Z', '000Z'),
  }
}

/** The server’s wording of a fault. */
export function speakMastodon(fault: SpokenFault, req: ApiRequest): Answer {
  switch (fault.kind) {
    case 'status':
      return speakStatus(fault)
    case 'duplicate':
      return apiError(422, 'Duplicate record')
    case 'refuse':
      return fault.step === 'token' ? invalidGrant() : apiError(422)
    case 'rate_limit':
      return {
        ...apiError(429),
        headers: limitHeaders({
          limit: 300,
          remaining: 0,
          resetAtMs: req.nowMs + fault.retryAfterS * 1000,
        }),
      }
  }
}

/** The token endpoint answers in OAuth’s shape below 500. */
function speakStatus(fault: SpokenFault): Answer {
  if (fault.step !== 'token' || fault.status >= 500) return apiError(fault.status)
  if (fault.status === 400) return invalidGrant()
  return fault.status === 401 ? invalidClient() : apiError(fault.status)
}
