import { DateTime } from 'luxon'
import { z } from 'zod'
import {
  authExpired,
  authRevoked,
  outcomeUnknown,
  PlatformFailure,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import type { OauthRefusal } from '../oauth.ts'
import { asSentence } from '../platform-words.ts'
import { retryAt } from '../rate-limit-headers.ts'

/** LinkedIn documents no rate-limit headers; a `Retry-After` is obeyed all the same. */
const RATE_LIMIT = { prefix: 'x-ratelimit', reset: 'epoch_seconds' } as const

/** https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling */
const problemSchema = z.object({
  message: z.string().optional(),
  serviceErrorCode: z.number().optional(),
  code: z.string().optional(),
  errorDetails: z
    .object({ inputErrors: z.array(z.object({ code: z.string().optional() })).optional() })
    .optional()
    .catch(undefined),
})

type Problem = z.output<typeof problemSchema>

export const TOKEN_REVOKED = 'linkedin_token_revoked'

export const LINKEDIN_DIALECT: Dialect = {
  platformName: 'LinkedIn',
  rateLimit: RATE_LIMIT,
  failureOf: linkedinFailure,
}

export function linkedinFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const httpStatus = answer.status
  const problem = readProblem(answer)
  if (httpStatus === 429) return limitFailure(answer)
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect)
  if (httpStatus === 401) return tokenRefused(problem)
  if (httpStatus < 400) {
    const message = 'LinkedIn answered with a redirect.'
    return transient({ code: 'linkedin_redirected', message, httpStatus })
  }
  if (httpStatus === 426 || problem.code === 'NONEXISTENT_VERSION') {
    const message = 'This version of Clarion speaks to LinkedIn in a way that it no longer accepts.'
    return rejected({ code: 'linkedin_version_ended', message, httpStatus })
  }
  const reason = problem.message || problem.code || `HTTP ${httpStatus}`
  if (/unable to obtain activity|resource is forbidden/i.test(reason)) {
    return serverFailure(httpStatus, effect)
  }
  if (httpStatus === 409) {
    const message = 'LinkedIn was busy with this account.'
    return transient({ code: 'linkedin_conflict', message, httpStatus })
  }
  if (httpStatus === 422 && isDuplicate(problem)) return new DuplicateRefusal(reason)
  const message = `LinkedIn refused: ${asSentence(reason)}`
  return rejected({ code: codeOf(httpStatus, problem), message, httpStatus })
}

export const DUPLICATE = 'linkedin_duplicate'

/** LinkedIn holds a post with this content, and mostly says which: perhaps our own earlier try. */
export class DuplicateRefusal extends PlatformFailure {
  readonly urn: string | undefined

  constructor(words: string) {
    const message = 'LinkedIn says that a post with this content is already there.'
    super('outcome_unknown', { code: DUPLICATE, message, httpStatus: 422 })
    this.urn = /urn:li:(?:share|ugcPost):\d+/.exec(words)?.[0]
  }
}

function isDuplicate({ message = '', errorDetails }: Problem): boolean {
  const codes = errorDetails?.inputErrors?.map(({ code }) => code) ?? []
  return codes.includes('DUPLICATE_POST') || /duplicate/i.test(message)
}

/** https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling */
function tokenRefused({ serviceErrorCode, code }: Problem): PlatformFailure {
  const httpStatus = 401
  if (serviceErrorCode === 65601 || code === 'REVOKED_ACCESS_TOKEN') {
    const message = 'Access was withdrawn at LinkedIn. Please connect the account again.'
    return authRevoked({ code: TOKEN_REVOKED, message, httpStatus })
  }
  const expired = serviceErrorCode === 65602 || code === 'EXPIRED_ACCESS_TOKEN'
  return authExpired({
    code: expired ? 'linkedin_token_expired' : 'linkedin_unauthorized',
    message: expired ? 'The LinkedIn access has run out.' : 'LinkedIn refused the access token.',
    httpStatus,
  })
}

/**
 * Refusals of the token endpoint. Only words about the refresh token itself prove that the grant is
 * dead; for a code they mean a stale sign-in, and everything else is about Clarion's app.
 * https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
 */
export function linkedinTokenFailure(traded: 'code' | 'refresh_token') {
  return ({ status, error, description = '' }: OauthRefusal): PlatformFailure => {
    const details = status === undefined ? {} : { httpStatus: status }
    const dead = error === 'invalid_grant' || /refresh token is invalid/i.test(description)
    if (traded === 'refresh_token' && dead) {
      const message = 'LinkedIn no longer accepts this connection. Please connect it again.'
      return authRevoked({ code: 'linkedin_grant_ended', message, ...details })
    }
    if (
      traded === 'code' &&
      (dead || /authorization code|redirect/i.test(`${error} ${description}`))
    ) {
      const message = 'The sign-in at LinkedIn took too long or was used already. Start again.'
      return rejected({ code: 'authorization_failed', message, ...details })
    }
    return appFailure(error, description, details)
  }
}

/** A 400 that names no client may be about the request alone. */
function appFailure(
  error: string | undefined,
  description: string,
  details: { httpStatus?: number },
): PlatformFailure {
  const isClient = details.httpStatus === 401 || /client/i.test(`${error} ${description}`)
  const message = 'LinkedIn refused Clarion’s app credentials. Its operator must check them.'
  return rejected({
    code: isClient ? 'linkedin_app_refused' : 'linkedin_request_refused',
    message: isClient ? message : 'LinkedIn refused the request for access. Please try again.',
    ...details,
  })
}

/** Budgets are per day: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits */
function limitFailure(answer: HttpAnswer): PlatformFailure {
  const untilMidnightMs = DateTime.utc().endOf('day').diffNow().toMillis()
  return rateLimited({
    code: 'linkedin_rate_limited',
    message: 'LinkedIn takes no more calls of this account or installation today.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, untilMidnightMs),
    httpStatus: answer.status,
  })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'LinkedIn has a problem of its own.'
  const details = { code: 'linkedin_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function codeOf(httpStatus: number, { code, message = '' }: Problem): string {
  // Said with 400 too, when the consent covers the person alone.
  const isPermission = /permissions must be used/i.test(message)
  if (httpStatus === 403 || isPermission) return 'linkedin_forbidden'
  if (code === 'FIELD_LENGTH_TOO_LONG') return 'linkedin_text_too_long'
  return httpStatus === 404 ? 'linkedin_not_found' : 'linkedin_invalid_request'
}

function readProblem(answer: HttpAnswer): Problem {
  const parsed = problemSchema.safeParse(jsonOrUndefined(answer))
  return parsed.success ? parsed.data : {}
}
