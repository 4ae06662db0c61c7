import { DateTime } from 'luxon'
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
import type { Platform } from '../../domain/platforms.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import type { OauthRefusal } from '../oauth.ts'
import { asSentence } from '../platform-words.ts'
import { retryAt } from '../rate-limit-headers.ts'

export type GooglePlatform = Extract<Platform, 'youtube' | 'google_business'>

/** Google documents no rate-limit headers; a `Retry-After` is obeyed all the same. */
const RATE_LIMIT = { prefix: 'x-ratelimit', reset: 'epoch_seconds' } as const

/** https://developers.google.com/my-business/content/limits: budgets are per minute. */
const WINDOW_MS = 60_000

/** https://developers.google.com/youtube/v3/determine_quota_cost: reset at midnight there. */
const QUOTA_TIME_ZONE = 'America/Los_Angeles'

/** https://cloud.google.com/apis/design/errors; `errors` is the older form, `reason` in both. */
const envelopeSchema = z.object({
  error: z.object({
    message: z.string().optional(),
    status: z.string().optional(),
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
    details: z.array(z.looseObject({ reason: z.string().optional() })).optional(),
  }),
})

interface Problem {
  /** Google's machine words: reasons of both forms and the status. */
  reasons: readonly string[]
  /** Google's own sentence, for people. */
  sentence: string | undefined
  /** Whether the answer has the form of Google's APIs. */
  isGoogles: boolean
}

export function makeGoogleDialect(platform: GooglePlatform, platformName: string): Dialect {
  const failureOf = (answer: HttpAnswer, effect: Effect) =>
    googleFailure(answer, effect, { prefix: platform, name: platformName })
  return { platformName, rateLimit: RATE_LIMIT, failureOf }
}

interface Names {
  prefix: GooglePlatform
  name: string
}

function googleFailure(answer: HttpAnswer, effect: Effect, names: Names): PlatformFailure {
  const problem = readProblem(answer)
  const httpStatus = answer.status
  const limited = limitFailure(answer, problem, names)
  if (limited) return limited
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect, names)
  if (httpStatus < 400) {
    const message = `${names.name} answered with a redirect.`
    return transient({ code: `${names.prefix}_redirected`, message, httpStatus })
  }
  if (httpStatus === 401 || httpStatus === 403) {
    return accountFailure(httpStatus, problem, names) ?? forbidden(httpStatus, problem, names)
  }
  const code = `${names.prefix}_${badRequestCode(httpStatus, problem)}`
  return rejected({ code, message: refusal(problem, httpStatus, names), httpStatus })
}

/** Google answers a path that it does not have in HTML: no proof that the thing itself is gone. */
function badRequestCode(httpStatus: number, { isGoogles }: Problem): string {
  if (httpStatus !== 404) return 'invalid_request'
  return isGoogles ? 'not_found' : 'wrong_path'
}

function limitFailure(
  answer: HttpAnswer,
  { reasons }: Problem,
  { prefix, name }: Names,
): PlatformFailure | undefined {
  const httpStatus = answer.status
  if (hasAny(reasons, ['quotaExceeded', 'dailyLimitExceeded'])) {
    return rateLimited({
      code: `${prefix}_quota_exceeded`,
      message: `This installation has used up its calls to ${name} for today.`,
      retryAt: nextQuotaReset(),
      httpStatus,
    })
  }
  const busy = hasAny(reasons, ['rateLimitExceeded', 'userRateLimitExceeded', 'RESOURCE_EXHAUSTED'])
  if (!busy && httpStatus !== 429) return undefined
  return rateLimited({
    code: `${prefix}_rate_limited`,
    message: `${name} asks to wait before the next call.`,
    retryAt: retryAt(answer.headers, RATE_LIMIT, WINDOW_MS),
    httpStatus,
  })
}

/** What a 401 or 403 says of the account or its token; undefined when it is about something else. */
function accountFailure(
  httpStatus: number,
  { reasons }: Problem,
  { prefix, name }: Names,
): PlatformFailure | undefined {
  if (hasAny(reasons, ['youtubeSignupRequired'])) {
    const message = 'This Google account has no YouTube channel. Create one, then connect again.'
    return authRevoked({ code: `${prefix}_no_channel`, message, httpStatus })
  }
  if (hasAny(reasons, ['authenticatedUserAccountClosed', 'authenticatedUserAccountSuspended'])) {
    const message = 'This Google account is closed or suspended. Restore it, then connect again.'
    return authRevoked({ code: `${prefix}_account_locked`, message, httpStatus })
  }
  if (hasAny(reasons, ['accountDelegationForbidden'])) {
    const message = 'This Google account may no longer act for the channel. Please connect again.'
    return authRevoked({ code: `${prefix}_delegation_ended`, message, httpStatus })
  }
  if (httpStatus !== 401) return undefined
  const message = `${name} refused the access token.`
  return authExpired({ code: `${prefix}_unauthorized`, message, httpStatus })
}

/** A 403 that is no proof against the grant: the scope, Clarion's project or a role is lacking. */
function forbidden(httpStatus: number, problem: Problem, names: Names): PlatformFailure {
  const { prefix, name } = names
  if (hasAny(problem.reasons, ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'])) {
    const message = `A permission for ${name} was not granted. Connect again and leave every box ticked.`
    return rejected({ code: `${prefix}_scope_missing`, message, httpStatus })
  }
  if (hasAny(problem.reasons, ['accessNotConfigured', 'SERVICE_DISABLED'])) {
    const message = `${name} is not switched on in the Google project of Clarion’s app. Its operator can enable it.`
    return rejected({ code: `${prefix}_api_disabled`, message, httpStatus })
  }
  const message = refusal(problem, httpStatus, names)
  return rejected({ code: `${prefix}_forbidden`, message, httpStatus })
}

/**
 * Refusals of the token endpoint. Only `invalid_grant` for a refresh token proves that the grant is
 * dead; for a code it means a stale sign-in, and everything else is about Clarion's app.
 * https://developers.google.com/identity/protocols/oauth2#expiration
 */
export function googleTokenFailure(platform: GooglePlatform, traded: 'code' | 'refresh_token') {
  return ({ status, error }: OauthRefusal): PlatformFailure => {
    const details = status === undefined ? {} : { httpStatus: status }
    if (error === 'invalid_grant') {
      return traded === 'code' ? staleSignIn(details) : grantEnded(platform, details)
    }
    if (error === 'rate_limit_exceeded') {
      const message = 'Google asks to wait before the next sign-in or renewal.'
      const waitUntil = new Date(Date.now() + WINDOW_MS)
      return rateLimited({
        code: `${platform}_rate_limited`,
        message,
        retryAt: waitUntil,
        ...details,
      })
    }
    const message = 'Google refused Clarion’s app credentials. Its operator must check them.'
    return rejected({ code: `${platform}_app_refused`, message, ...details })
  }
}

function staleSignIn(details: { httpStatus?: number }): PlatformFailure {
  const message = 'The sign-in at Google took too long or was used already. Please start again.'
  return rejected({ code: 'authorization_failed', message, ...details })
}

function grantEnded(platform: GooglePlatform, details: { httpStatus?: number }): PlatformFailure {
  const message =
    'Google no longer accepts this connection: access was withdrawn or has run out. Please connect the account again.'
  return authRevoked({ code: `${platform}_grant_ended`, message, ...details })
}

function serverFailure(httpStatus: number, effect: Effect, { prefix, name }: Names) {
  const message = `${name} has a problem of its own.`
  const details = { code: `${prefix}_unavailable`, message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

/** Machine words of a refusal, for what one platform alone says. */
export function googleReasons(answer: HttpAnswer): readonly string[] {
  return readProblem(answer).reasons
}

function readProblem(answer: HttpAnswer): Problem {
  const parsed = envelopeSchema.safeParse(jsonOrUndefined(answer))
  if (!parsed.success) return { reasons: [], sentence: undefined, isGoogles: false }
  const { message, status, errors = [], details = [] } = parsed.data.error
  const reasons = [...errors, ...details].flatMap((one) => one.reason ?? [])
  return {
    reasons: status ? [...reasons, status] : reasons,
    sentence: message,
    isGoogles: true,
  }
}

function refusal({ sentence }: Problem, httpStatus: number, { name }: Names): string {
  return `${name} refused: ${asSentence(sentence || `HTTP ${httpStatus}`)}`
}

function hasAny(reasons: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((one) => reasons.includes(one))
}

function nextQuotaReset(): Date {
  return DateTime.now().setZone(QUOTA_TIME_ZONE).plus({ days: 1 }).startOf('day').toJSDate()
}
