import { z } from 'zod'
import {
  authExpired,
  outcomeUnknown,
  type PlatformFailure,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type { RateLimitState } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import { loginFailures } from '../login-failures.ts'
import { asSentence } from '../platform-words.ts'
import { readRetryAfter } from '../rate-limit-headers.ts'

/** 100 calls a minute, averaged over ten: https://support.reddithelp.com/hc/en-us/articles/16160319875092 */
const WINDOW_MS = 60_000

const reasonSchema = z.object({ reason: z.string().optional(), explanation: z.string().optional() })

export const REDDIT_DIALECT: Dialect = {
  platformName: 'Reddit',
  // Not in our form: the reset is a number of seconds, `remaining` a fraction; see `readBudget`.
  rateLimit: { prefix: 'x-ratelimit', reset: 'epoch_seconds' },
  failureOf: redditFailure,
}

/** Answers outside 2xx; writes report their errors with 200, see their own readers. */
export function redditFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const httpStatus = answer.status
  if (httpStatus === 429) return limitFailure(answer)
  if (httpStatus === 401) {
    const message = 'Reddit refused the access token.'
    return authExpired({ code: 'reddit_unauthorized', message, httpStatus })
  }
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect)
  if (httpStatus < 400) {
    const message = 'Reddit answered with a redirect.'
    return transient({ code: 'reddit_redirected', message, httpStatus })
  }
  if (httpStatus === 403) return forbidden(answer)
  const message = `Reddit refused this: ${sentenceOf(answer)}`
  const code = httpStatus === 404 ? 'reddit_not_found' : 'reddit_invalid_request'
  return rejected({ code, message, httpStatus })
}

/** What the headers say of the app's budget; the reset is in seconds from now. */
export function readBudget(headers: Headers, now = new Date()): RateLimitState | undefined {
  const [used, remaining, resetSeconds] = ['used', 'remaining', 'reset'].map((name) =>
    numberOf(headers.get(`x-ratelimit-${name}`)),
  )
  if (remaining === undefined || resetSeconds === undefined) return undefined
  return {
    ...(used === undefined ? {} : { limit: Math.round(used + remaining) }),
    remaining: Math.floor(remaining),
    resetsAt: new Date(now.getTime() + resetSeconds * 1000),
  }
}

export const { appRefused, authorizationFailed, grantEnded } = loginFailures('Reddit', 'reddit')

export const SUSPENDED = {
  code: 'reddit_account_suspended',
  message: 'Reddit has suspended this account. It cannot post until Reddit lifts the suspension.',
} as const

function limitFailure(answer: HttpAnswer): PlatformFailure {
  const now = new Date()
  const asked = readRetryAfter(answer.headers, now) ?? readBudget(answer.headers, now)?.resetsAt
  return rateLimited({
    code: 'reddit_rate_limited',
    message: 'Reddit asks to wait before the next call.',
    retryAt: asked && asked > now ? asked : new Date(now.getTime() + WINDOW_MS),
    httpStatus: answer.status,
  })
}

function forbidden(answer: HttpAnswer): PlatformFailure {
  const httpStatus = answer.status
  if (/insufficient_scope/.test(answer.headers.get('www-authenticate') ?? '')) {
    const message =
      'This connection lacks a permission at Reddit. Please connect the account again.'
    return rejected({ code: 'reddit_permission_missing', message, httpStatus })
  }
  const message = `Reddit does not allow this: ${sentenceOf(answer)}`
  return rejected({ code: 'reddit_forbidden', message, httpStatus })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'Reddit has a problem of its own.'
  const details = { code: 'reddit_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function sentenceOf(answer: HttpAnswer): string {
  const parsed = reasonSchema.safeParse(jsonOrUndefined(answer))
  const words = parsed.success ? (parsed.data.explanation ?? parsed.data.reason) : undefined
  return asSentence(words ?? `HTTP ${answer.status}`)
}

function numberOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}(\.\d+)?$/.test(header.trim()) ? Number(header) : undefined
}
