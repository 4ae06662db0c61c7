import { randomBytes } from 'node:crypto'
import { type Answer, Refusal } from '../../http/answer.ts'

/** https://developers.facebook.com/docs/graph-api/guides/error-handling/ */
export interface GraphProblem {
  message: string
  code: number
  subcode?: number
  type?: 'OAuthException' | 'GraphMethodException'
  isTransient?: boolean
  /** Words for the person who posts. */
  userTitle?: string
  userMessage?: string
  /** `error_data`: what a client needs to go on. */
  data?: Record<string, unknown>
  /** HTTP status, 400 unless said. */
  status?: number
}

/** What `error` of an answer holds; `fbtrace_id` is another one each time. */
export function graphError(problem: GraphProblem): Answer {
  const { message, code, subcode, type = 'OAuthException', isTransient, status = 400 } = problem
  const error = {
    message,
    type,
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    ...(isTransient === undefined ? {} : { is_transient: isTransient }),
    ...(problem.data === undefined ? {} : { error_data: problem.data }),
    ...(problem.userTitle === undefined ? {} : { error_user_title: problem.userTitle }),
    ...(problem.userMessage === undefined ? {} : { error_user_msg: problem.userMessage }),
    fbtrace_id: `A${randomBytes(16).toString('base64url')}`,
  }
  return { status, body: { error } }
}

export function refuse(problem: GraphProblem): Refusal {
  return new Refusal(graphError(problem))
}

/** The user's session ended by time: 190/463. */
export function sessionExpired(expiredAtMs: number, nowMs: number): GraphProblem {
  const times = `${pacificTime(expiredAtMs)}. The current time is ${pacificTime(nowMs)}.`
  return sessionProblem(463, `Session has expired on ${times}`)
}

/** The person removed the app: 190/458. */
export function appRemoved(clientId: string): GraphProblem {
  return sessionProblem(458, `The user has not authorized application ${clientId}.`)
}

/** The person changed the password: 190/460. */
export function sessionInvalidated(): GraphProblem {
  return sessionProblem(
    460,
    'The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
  )
}

function sessionProblem(subcode: number, why: string): GraphProblem {
  return { message: `Error validating access token: ${why}`, code: 190, subcode }
}

export const CANNOT_PARSE_TOKEN: GraphProblem = {
  message: 'Invalid OAuth access token - Cannot parse access token',
  code: 190,
}

export const NO_TOKEN: GraphProblem = {
  message: 'An active access token must be used to query information about the current user.',
  code: 2500,
}

/** Code 1 with HTTP 400 is what Meta really sends here, and no outage. */
export const WRONG_SECRET: GraphProblem = { message: 'Error validating client secret.', code: 1 }

export const UNKNOWN_APP: GraphProblem = {
  message: 'Error validating application. Cannot get application info due to a system error.',
  code: 101,
}

export const NO_PERMISSION: GraphProblem = {
  message: '(#10) Application does not have permission for this action',
  code: 10,
  status: 403,
}

export const APP_LIMIT: GraphProblem = {
  message: '(#4) Application request limit reached',
  code: 4,
  isTransient: true,
}

export function missingParameter(name: string): GraphProblem {
  return { message: `(#100) The parameter ${name} is required`, code: 100 }
}

export function invalidParameter(detail: string): GraphProblem {
  return { message: `(#100) ${detail}`, code: 100 }
}

export function unknownField(name: string, type: string): GraphProblem {
  const message = `(#100) Tried accessing nonexisting field (${name}) on node type (${type})`
  return { message, code: 100 }
}

/** 100/33: gone, not visible, or never there; Graph does not tell which. */
export function noObject(method: string, id: string): GraphProblem {
  const message = `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`
  return { message, code: 100, subcode: 33, type: 'GraphMethodException' }
}

export function unknownPath(path: string): GraphProblem {
  return { message: `Unknown path components: ${path}`, code: 2500 }
}

/** The form of error texts: `Friday, 04-Dec-26 10:00:00 PST`. */
function pacificTime(ms: number): string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/Los_Angeles',
    weekday: 'long',
    day: '2-digit',
    month: 'short',
    year: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  const time = `${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`
  return `${part.weekday}, ${part.day}-${part.month}-${part.year} ${time}`
}

/** Suspected spam. Its code is that of a rate limit, and waiting does not help. */
export const ACTION_BLOCKED: GraphProblem = {
  message: 'Application request limit reached',
  code: 4,
  subcode: 2207051,
  isTransient: false,
  userTitle: 'Action is blocked',
  userMessage:
    'We restrict certain activity to protect our community. Tell us if you think we made a mistake.',
}
