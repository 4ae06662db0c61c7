import { type Answer, Refusal } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'

/** https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling */
const CODES: Record<number, string> = {
  400: 'ILLEGAL_ARGUMENT',
  403: 'ACCESS_DENIED',
  404: 'RESOURCE_NOT_FOUND',
  409: 'CONFLICT',
}

const THROTTLED = 'Resource level throttle limit for calls to this resource is reached.'
/** A post that is not there: what a deleted one leaves behind for a day or two. */
const GHOST = 'urn:li:share:7141138937766391808'
const CONTENT_REFUSED = 'The content of the post is not acceptable'
const DEAD_GRANT =
  'The provided authorization grant or refresh token is invalid, expired or revoked'

/** What an API call is refused with. */
interface ApiProblem {
  code?: string
  serviceErrorCode?: number
  message: string
}

export function apiError(status: number, { serviceErrorCode, code, message }: ApiProblem): Answer {
  return { status, body: { status, serviceErrorCode, code: code ?? CODES[status], message } }
}

export function expiredToken(): Answer {
  return apiError(401, {
    serviceErrorCode: 65_602,
    code: 'EXPIRED_ACCESS_TOKEN',
    message: 'The token used in the request has expired',
  })
}

export function revokedToken(): Answer {
  return apiError(401, {
    serviceErrorCode: 65_601,
    code: 'REVOKED_ACCESS_TOKEN',
    message: 'The token used in the request has been revoked by the user',
  })
}

export function invalidToken(): Answer {
  return apiError(401, {
    serviceErrorCode: 65_600,
    code: 'INVALID_ACCESS_TOKEN',
    message: 'Invalid access token',
  })
}

export function emptyToken(): Answer {
  const message = 'Empty oauth2 access token'
  return apiError(401, { serviceErrorCode: 65_604, code: 'EMPTY_ACCESS_TOKEN', message })
}

/** `method` is LinkedIn's own name of the call, such as `me.GET.NO_VERSION`. */
export function accessDenied(method: string): Refusal {
  const message = `Not enough permissions to access: ${method}`
  return new Refusal(apiError(403, { serviceErrorCode: 100, message }))
}

/** The error of the OAuth endpoints. */
export function oauthError(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

export function deadGrant(): Answer {
  return oauthError(400, 'invalid_request', DEAD_GRANT)
}

/**
 * LinkedIn's wording of a fault; neither rate headers nor Retry-After exist. A 401 is 65601, which
 * LinkedIn also answers to a token that is only seconds old.
 */
export function speakLinkedin(fault: SpokenFault): Answer {
  if (fault.kind === 'rate_limit' || fault.status === 429) {
    return throttled()
  }
  if (fault.step === 'token') return speakToken(fault)
  switch (fault.kind) {
    case 'refuse':
      if (fault.step === 'publish') return apiError(422, { message: CONTENT_REFUSED })
      return accessDenied('sandbox.fault').answer
    case 'duplicate':
      return duplicateOf(GHOST)
    case 'status':
      return fault.status === 401 ? revokedToken() : plain(fault.status)
  }
}

/** No header says until when: the day of UTC. */
export function throttled(): Answer {
  return apiError(429, { serviceErrorCode: 101, message: THROTTLED })
}

function speakToken(fault: SpokenFault): Answer {
  if (fault.kind !== 'status' || fault.status === 400) return deadGrant()
  if (fault.status < 500) {
    return oauthError(fault.status, 'invalid_client', 'Client authentication failed')
  }
  return plain(fault.status)
}

function plain(status: number): Answer {
  return apiError(status, { message: status < 500 ? 'Request failed' : 'Internal Server Error' })
}

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api */
export function duplicateOf(urn: string): Answer {
  const description = 'Duplicate post is detected'
  return {
    status: 422,
    body: {
      errorDetailType: 'com.linkedin.common.error.BadRequest',
      message: `Content is a duplicate of ${urn}`,
      errorDetails: { inputErrors: [{ description, input: {}, code: 'DUPLICATE_POST' }] },
      status: 422,
    },
  }
}
