import { type Answer, Refusal } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'

/** Names of https://github.com/bluesky-social/atproto/blob/main/packages/xrpc-server/src/errors.ts */
const NAMES: Record<number, [string, string]> = {
  400: ['InvalidRequest', 'Invalid Request'],
  401: ['AuthenticationRequired', 'Authentication Required'],
  403: ['Forbidden', 'Forbidden'],
  404: ['XRPCNotSupported', 'XRPCNotSupported'],
  413: ['PayloadTooLarge', 'Payload Too Large'],
  429: ['RateLimitExceeded', 'Rate Limit Exceeded'],
  500: ['InternalServerError', 'Internal Server Error'],
  501: ['MethodNotImplemented', 'Method Not Implemented'],
  502: ['UpstreamFailure', 'Upstream Failure'],
  503: ['NotEnoughResources', 'Not Enough Resources'],
  504: ['UpstreamTimeout', 'Upstream Timeout'],
}

/** The one error shape of XRPC. */
export function xrpcError(status: number, error: string, message: string): Answer {
  return { status, body: { error, message } }
}

export function invalidRequest(message: string): Refusal {
  return new Refusal(xrpcError(400, 'InvalidRequest', message))
}

export function refusal(status: number, error: string, message: string): Refusal {
  return new Refusal(xrpcError(status, error, message))
}

/** The error a status has when nothing more is known. */
export function plainError(status: number): Answer {
  const [error, message] = NAMES[status] ?? ['Unknown', 'Unknown']
  return xrpcError(status, error, message)
}

/** Reset in epoch seconds; the policy names the window in seconds. */
export function limitHeaders(window: {
  limit: number
  remaining: number
  resetAtMs: number
  windowMs: number
}): Record<string, string> {
  return {
    'RateLimit-Limit': String(window.limit),
    'RateLimit-Remaining': String(window.remaining),
    'RateLimit-Reset': String(Math.ceil(window.resetAtMs / 1000)),
    'RateLimit-Policy': `${window.limit};w=${window.windowMs / 1000}`,
  }
}

/** The PDS’s wording of a fault. */
export function speakBluesky(fault: SpokenFault, req: ApiRequest): Answer {
  const answer = speakXrpc(fault, req)
  // The authorization server has the errors of OAuth, with the same statuses and headers.
  return req.path.startsWith('/oauth/') ? { ...answer, body: oauthBody(fault) } : answer
}

function speakXrpc(fault: SpokenFault, req: ApiRequest): Answer {
  switch (fault.kind) {
    case 'status':
      return plainError(fault.status)
    case 'duplicate':
      // What createRecord answers to a record key that exists.
      return plainError(500)
    case 'refuse':
      return speakRefusal(fault)
    case 'rate_limit':
      return {
        ...plainError(429),
        headers: limitHeaders({
          limit: 5000,
          remaining: 0,
          resetAtMs: req.nowMs + fault.retryAfterS * 1000,
          windowMs: 3_600_000,
        }),
      }
  }
}

function oauthBody(fault: SpokenFault): Record<string, string> {
  const body = (error: string, error_description: string) => ({ error, error_description })
  if (fault.kind === 'refuse') return body('invalid_grant', 'Invalid refresh token')
  if (fault.kind === 'rate_limit') return body('rate_limit_exceeded', 'Rate Limit Exceeded')
  if (fault.kind === 'duplicate' || fault.status >= 500) return body('server_error', 'Server error')
  if (fault.status === 401) return body('invalid_dpop_proof', 'Failed to verify DPoP proof')
  return body('invalid_request', plainName(fault.status))
}

function plainName(status: number): string {
  return NAMES[status]?.[1] ?? 'Unknown'
}

function speakRefusal(fault: SpokenFault): Answer {
  if (fault.step === 'token') return xrpcError(400, 'ExpiredToken', 'Token has been revoked')
  const message = 'Invalid app.bsky.feed.post record: Record/text is not acceptable'
  return xrpcError(400, 'InvalidRequest', message)
}
