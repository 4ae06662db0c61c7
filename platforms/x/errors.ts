import { z } from 'zod'
import {
  authExpired,
  authRevoked,
  outcomeUnknown,
  type PlatformFailure,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import type { OauthRefusal } from '../oauth.ts'
import { asSentence } from '../platform-words.ts'
import { retryAt } from '../rate-limit-headers.ts'

const RATE_LIMIT = { prefix: 'x-rate-limit', reset: 'epoch_seconds' } as const

/** X's windows are 15 minutes: https://docs.x.com/x-api/fundamentals/rate-limits */
const WINDOW_MS = 15 * 60_000
/** Spent credits and caps of the account last until somebody acts: look again every hour. */
const OPERATOR_WAIT_MS = 60 * 60_000

const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  type: z.string().optional(),
  errors: z
    .array(z.object({ message: z.string().optional(), code: z.number().optional() }))
    .optional(),
})

interface Problem {
  /** Everything X said, lower case, for matching. */
  words: string
  type: string
  codes: readonly number[]
  /** X's own sentence, for people. */
  sentence: string
}

export const X_DIALECT: Dialect = {
  platformName: 'X',
  rateLimit: RATE_LIMIT,
  failureOf: xFailure,
}

/** https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
export function xFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const problem = readProblem(answer)
  const httpStatus = answer.status
  if (httpStatus === 429 || problem.codes.includes(88)) return limitFailure(answer, problem)
  if (httpStatus === 402) return creditsFailure(answer)
  if (problem.codes.some((code) => code === 64 || code === 326)) return suspended(httpStatus)
  if (httpStatus === 401) {
    return authExpired({
      code: 'x_unauthorized',
      message: 'X refused the access token.',
      httpStatus,
    })
  }
  if (httpStatus === 403) return forbiddenFailure(problem)
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect)
  if (httpStatus < 400) {
    return transient({ code: 'x_redirected', message: 'X answered with a redirect.', httpStatus })
  }
  return rejected({
    code: httpStatus === 404 ? 'x_not_found' : 'x_invalid_request',
    message: `X refused the post: ${problem.sentence}`,
    httpStatus,
  })
}

/**
 * A spent or withdrawn refresh token answers `invalid_request`, in some reports `invalid_grant`.
 * Anything else is about Clarion's app and no proof against the account.
 */
export function xTokenFailure(refusal: OauthRefusal): PlatformFailure {
  const words = refusal.description?.toLowerCase() ?? ''
  const spent = refusal.error === 'invalid_request' && words.includes('token was invalid')
  const details = refusal.status === undefined ? {} : { httpStatus: refusal.status }
  if (spent || refusal.error === 'invalid_grant') {
    return authRevoked({
      code: 'x_grant_ended',
      message: 'X no longer accepts this connection. Please connect the account again.',
      ...details,
    })
  }
  return appRefused(refusal.status)
}

export function appRefused(httpStatus?: number): PlatformFailure {
  return rejected({
    code: 'x_app_refused',
    message: 'X refused Clarion’s app credentials or the authorization request.',
    ...(httpStatus === undefined ? {} : { httpStatus }),
  })
}

export function unreadable(httpStatus: number): PlatformFailure {
  const message = 'X answered in a form that Clarion does not know.'
  return transient({ code: 'unreadable_answer', message, httpStatus })
}

/** The numbers of version 1 errors: https://docs.x.com/x-api/fundamentals/response-codes-and-errors */
export function readErrorCodes(answer: HttpAnswer): readonly number[] {
  return readProblem(answer).codes
}

function limitFailure(answer: HttpAnswer, problem: Problem): PlatformFailure {
  const capped = problem.type.includes('usage-capped')
  return rateLimited({
    code: capped ? 'x_usage_capped' : 'x_rate_limited',
    message: capped
      ? 'The X account of this installation has used up its posts for the period.'
      : 'X asks to wait before the next post.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, capped ? OPERATOR_WAIT_MS : WINDOW_MS),
    httpStatus: answer.status,
  })
}

/** Not the author's fault and it passes when somebody pays: all of X waits. */
function creditsFailure(answer: HttpAnswer): PlatformFailure {
  return rateLimited({
    code: 'x_credits_depleted',
    message: 'The X developer account of this installation has no credits left.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, OPERATOR_WAIT_MS),
    httpStatus: answer.status,
  })
}

function forbiddenFailure(problem: Problem): PlatformFailure {
  const httpStatus = 403
  if (problem.words.includes('duplicate content')) {
    // Perhaps our own earlier try: only a look at the timeline can tell.
    return outcomeUnknown({
      code: 'x_duplicate',
      message: 'X says that a post with this text is already there.',
      httpStatus,
    })
  }
  if (problem.words.includes('suspended')) return suspended(httpStatus)
  if (/client-forbidden|oauth1-permissions|unsupported-authentication/.test(problem.type)) {
    return rejected({
      code: 'x_app_not_permitted',
      message: 'X does not allow Clarion’s app to post. Its access level must be changed at X.',
      httpStatus,
    })
  }
  if (/reply to this conversation|only reply to or quote|quoting this post/.test(problem.words)) {
    return rejected({ code: 'x_reply_not_allowed', message: problem.sentence, httpStatus })
  }
  const message = `X refused the post: ${problem.sentence}`
  return rejected({ code: 'x_forbidden', message, httpStatus })
}

function suspended(httpStatus: number): PlatformFailure {
  return authRevoked({
    code: 'x_account_locked',
    message: 'This X account is suspended or locked. Unlock it at X, then connect it again.',
    httpStatus,
  })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const details = { code: 'x_unavailable', message: 'X has a problem of its own.', httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function readProblem(answer: HttpAnswer): Problem {
  const parsed = problemSchema.safeParse(jsonOrUndefined(answer))
  const { title, detail, type = '', errors = [] } = parsed.success ? parsed.data : {}
  const messages = errors.flatMap((error) => error.message ?? [])
  const sentence = asSentence(messages[0] ?? detail ?? title ?? `HTTP ${answer.status}`)
  const words = [title, detail, type, ...messages].join(' ').toLowerCase()
  return { words, type, codes: errors.flatMap((error) => error.code ?? []), sentence }
}
