import type { Answer } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'

/** https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
const PROBLEM_TYPE = 'application/problem+json'
const PROBLEMS = 'https://api.twitter.com/2/problems'

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

const DUPLICATE = 'You are not allowed to create a Tweet with duplicate content.'

/** The plain problem of a status. */
export function problem(status: number, detail?: string): Answer {
  const title = TITLES[status] ?? 'Error'
  const body = { title, type: 'about:blank', status, detail: detail ?? title }
  return { status, body, contentType: PROBLEM_TYPE }
}

export const unauthorized = (): Answer => problem(401)
export const forbidden = (detail?: string): Answer => problem(403, detail)
export const duplicateContent = (): Answer => forbidden(DUPLICATE)

/** A request the schema refuses; `parameters` names what was sent. */
export function invalidRequest(message: string, parameters: Record<string, string[]> = {}): Answer {
  return {
    status: 400,
    contentType: PROBLEM_TYPE,
    body: {
      errors: [{ parameters, message }],
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: `${PROBLEMS}/invalid-request`,
    },
  }
}

/** One entry of `errors[]` beside a 200. */
export function tweetNotFound(id: string, parameter: 'id' | 'ids'): Record<string, string> {
  return {
    value: id,
    detail: `Could not find tweet with ${parameter}: [${id}].`,
    title: 'Not Found Error',
    resource_type: 'tweet',
    parameter,
    resource_id: id,
    type: `${PROBLEMS}/resource-not-found`,
  }
}

export function oauthError(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

/** Not invalid_grant: this is what X really answers. */
export function spentToken(): Answer {
  return oauthError(400, 'invalid_request', 'Value passed for the token was invalid.')
}

/** https://docs.x.com/x-api/fundamentals/response-codes-and-errors, error codes of API v1.1 */
const LEGACY_CODES = {
  32: 'Could not authenticate you.',
  88: 'Rate limit exceeded',
  89: 'Invalid or expired token.',
  135: 'Timestamp out of bounds.',
  215: 'Bad Authentication data.',
  415: 'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
}

/** What OAuth 1.0a requests are refused with, on v2 endpoints too. */
export function legacyError(status: number, code: keyof typeof LEGACY_CODES): Answer {
  return { status, body: { errors: [{ code, message: LEGACY_CODES[code] }] } }
}

export const badAuthentication = (): Answer => legacyError(400, 215)

/** The misleading text that a spent request token or a wrong verifier gets. */
export const SPENT_REQUEST_TOKEN = 'This feature is temporarily unavailable'

export function plainText(status: number, text: string): Answer {
  return { status, body: text, contentType: 'text/html;charset=utf-8' }
}

/** There is no Retry-After; the reset header says when. */
export function tooManyRequests(limit: number, resetAtMs: number): Answer {
  return { ...problem(429), headers: limitHeaders({ limit, remaining: 0, resetAtMs }) }
}

/** https://docs.x.com/x-api/fundamentals/rate-limits : reset in epoch seconds. */
export function limitHeaders(window: {
  limit: number
  remaining: number
  resetAtMs: number
}): Record<string, string> {
  return {
    'x-rate-limit-limit': String(window.limit),
    'x-rate-limit-remaining': String(window.remaining),
    'x-rate-limit-reset': String(Math.ceil(window.resetAtMs / 1000)),
  }
}

/** X’s wording of a fault. */
export function speakX(fault: SpokenFault, req: ApiRequest): Answer {
  const isSigned = /^OAuth /i.test(req.header('authorization') ?? '')
  return (isSigned ? speakOauth1(fault, req) : undefined) ?? speakOauth2(fault, req)
}

/** Only what OAuth 1.0a words otherwise. */
function speakOauth1(fault: SpokenFault, req: ApiRequest): Answer | undefined {
  if (fault.kind === 'status' && fault.status === 401) return legacyError(401, 89)
  if (fault.step !== 'token' || fault.kind === 'duplicate') return undefined
  if (fault.kind === 'refuse') return plainText(401, SPENT_REQUEST_TOKEN)
  if (fault.kind === 'status') return problem(fault.status)
  const resetAtMs = req.nowMs + fault.retryAfterS * 1000
  const headers = limitHeaders({ limit: 15, remaining: 0, resetAtMs })
  return { ...legacyError(429, 88), headers }
}

function speakOauth2(fault: SpokenFault, req: ApiRequest): Answer {
  switch (fault.kind) {
    case 'duplicate':
      return duplicateContent()
    case 'refuse':
      return fault.step === 'token'
        ? spentToken()
        : forbidden('You are not permitted to perform this action.')
    case 'rate_limit':
      return tooManyRequests(100, req.nowMs + fault.retryAfterS * 1000)
    case 'status':
      return speakStatus(fault)
  }
}

/** The token endpoint answers in OAuth’s shape below 500. */
function speakStatus(fault: SpokenFault): Answer {
  if (fault.status === 402) return creditsDepleted()
  if (fault.step !== 'token' || fault.status >= 500) return problem(fault.status)
  if (fault.status === 400) return spentToken()
  return oauthError(fault.status, 'unauthorized_client', 'Missing valid authorization header')
}

/** The operator’s pay-per-use credits ran out. */
function creditsDepleted(): Answer {
  const detail = 'Your enrolled account [1] does not have any credits to fulfill this request.'
  const body = { title: 'CreditsDepleted', type: `${PROBLEMS}/credits`, detail, account_id: 1 }
  return { status: 402, body, contentType: PROBLEM_TYPE }
}
