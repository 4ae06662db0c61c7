import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'

/** https://developers.pinterest.com/docs/api/v5/ : every error is a code and a message. */
export function apiError(status: number, code: number, message: string): Answer {
  return json(status, { code, message })
}

export const authenticationFailed = (): Answer => apiError(401, 2, 'Authentication failed.')

export const missingScope = (): Answer =>
  apiError(
    403,
    3,
    'Your token does not have sufficient permissions to perform this operation. Please make sure that your app has the required scopes.',
  )

export const notPermitted = (): Answer =>
  apiError(403, 29, 'You are not permitted to access that resource.')

export const boardNotFound = (): Answer => apiError(404, 40, 'Board not found.')

export const notYourBoard = (): Answer =>
  apiError(403, 7, 'You are not permitted to access this board.')

export const pinNotFound = (): Answer => apiError(404, 50, 'Pin not found.')

/** Of an address that Pinterest fetches in the call; it may be there the next time. */
export const unreachable = (): Answer =>
  apiError(400, 1, 'Unable to reach the URL. Please check the URL and try again.')

/** The numbers of these two are not documented; 283 and 284 are what clients report. */
export const deadCode = (): Answer =>
  apiError(400, 283, 'The provided authorization code is invalid or has expired.')

export const deadRefreshToken = (): Answer =>
  apiError(400, 284, 'The provided refresh token is invalid or has expired.')

export function invalid(reason: string): Refusal {
  return new Refusal(apiError(400, 1, `Invalid request: ${reason}`))
}

const RATE_LIMITED =
  'This request exceeded a rate limit. This can happen if the client exceeds one of the published rate limits within a short time window.'

/** https://developers.pinterest.com/docs/reference/rate-limits/ : reset in seconds from now. */
export function limitHeaders(window: {
  limit: number
  remaining: number
  resetInS: number
  windowS: number
}): Record<string, string> {
  return {
    'x-ratelimit-limit': `${window.limit}, ${window.limit};w=${window.windowS}`,
    'x-ratelimit-remaining': String(window.remaining),
    'x-ratelimit-reset': String(window.resetInS),
  }
}

export function rateLimited(headers: Record<string, string>): Answer {
  return { ...apiError(429, 8, RATE_LIMITED), headers }
}

/** Pinterest’s wording of a fault. */
export function speakPinterest(fault: SpokenFault): Answer {
  switch (fault.kind) {
    case 'status':
      return speakStatus(fault)
    case 'refuse':
      return speakRefusal(fault.step)
    case 'duplicate':
      return apiError(409, 1, 'Invalid request: this already exists.')
    case 'rate_limit': {
      const resetInS = fault.retryAfterS
      return rateLimited(limitHeaders({ limit: 1000, remaining: 0, resetInS, windowS: 60 }))
    }
  }
}

function speakRefusal(step: SpokenFault['step']): Answer {
  if (step === 'token') return deadRefreshToken()
  if (step !== 'publish' && step !== 'upload') return notPermitted()
  return apiError(400, 1, 'Invalid request: Sorry, this content goes against our guidelines.')
}

function speakStatus({ status, step }: SpokenFault): Answer {
  if (status === 400 && step === 'token') return deadRefreshToken()
  if (status === 401) return authenticationFailed()
  if (status === 403) return notPermitted()
  if (status === 404) return boardNotFound()
  if (status < 500) return apiError(status, 1, 'Invalid request.')
  return apiError(status, 12, 'Something went wrong on our end. Sorry about that.')
}
