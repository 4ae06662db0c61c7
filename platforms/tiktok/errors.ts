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
import { postingFailure } from './posting-problem.ts'

/** TikTok documents no rate-limit headers; a `Retry-After` is obeyed all the same. */
const RATE_LIMIT = { prefix: 'x-ratelimit', reset: 'epoch_seconds' } as const

/** A sliding minute: https://developers.tiktok.com/doc/tiktok-api-v2-rate-limit */
const WINDOW_MS = 60_000

const problemSchema = z.object({ code: z.string(), message: z.string().optional() })
/** The documents show the problem bare, live answers wrap it in `error`. */
const answerSchema = z.union([z.object({ error: problemSchema }), problemSchema])

type Problem = z.output<typeof problemSchema>

export const GRANT_TYPE_REFUSED = 'tiktok_grant_type_refused'

export const TIKTOK_DIALECT: Dialect = {
  platformName: 'TikTok',
  rateLimit: RATE_LIMIT,
  failureOf: tiktokFailure,
}

/** https://developers.tiktok.com/doc/tiktok-api-v2-error-handling */
export function tiktokFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const problem = readProblem(answer)
  const httpStatus = answer.status
  if (httpStatus === 429 || problem?.code === 'rate_limit_exceeded') return limitFailure(answer)
  const isServers = httpStatus >= 500 || httpStatus === 408 || problem?.code === 'internal_error'
  if (isServers) return serverFailure(httpStatus, effect)
  if (problem && /^scope_(not_authorized|permission_missed)$/.test(problem.code)) {
    const message = 'A permission was not granted on TikTok. Please connect the account again.'
    return rejected({ code: 'tiktok_scope_missing', message, httpStatus })
  }
  if (httpStatus === 401 || problem?.code === 'access_token_invalid') {
    const message = 'TikTok refused the access token.'
    return authExpired({ code: 'tiktok_unauthorized', message, httpStatus })
  }
  if (httpStatus >= 300 && httpStatus < 400) {
    const message = 'TikTok answered with a redirect.'
    return transient({ code: 'tiktok_redirected', message, httpStatus })
  }
  const posting = problem && postingFailure(problem.code, httpStatus)
  if (posting) return posting
  const code = httpStatus === 403 ? 'tiktok_forbidden' : 'tiktok_invalid_request'
  const reason = problem?.message || problem?.code || `HTTP ${httpStatus}`
  return rejected({ code, message: `TikTok refused: ${asSentence(reason)}`, httpStatus })
}

/** The problem that an answer of status 200 may hold; `ok` is none. */
export function hiddenProblem(answer: HttpAnswer): boolean {
  const problem = readProblem(answer)
  return problem !== undefined && problem.code !== 'ok'
}

/**
 * Refusals of the token endpoint. Only `invalid_grant` for a refresh token proves that the grant is
 * dead; for a code it means a stale sign-in, and everything else is about Clarion's app.
 * https://developers.tiktok.com/doc/oauth-error-handling
 */
export function tiktokTokenFailure(traded: 'code' | 'refresh_token') {
  return ({ status, error }: OauthRefusal): PlatformFailure => {
    const details = status === undefined ? {} : { httpStatus: status }
    if (error === 'invalid_grant') return grantRefused(traded, details)
    if (error === 'rate_limit_exceeded') {
      const message = 'TikTok asks to wait before the next sign-in or renewal.'
      const waitUntil = new Date(Date.now() + WINDOW_MS)
      return rateLimited({ code: 'tiktok_rate_limited', message, retryAt: waitUntil, ...details })
    }
    if (error && /^(internal_error|server_error|temporarily_unavailable)$/.test(error)) {
      const message = 'TikTok has a problem of its own.'
      return transient({ code: 'tiktok_unavailable', message, ...details })
    }
    if (error === 'unsupported_grant_type') {
      const message = 'TikTok does not give this kind of access.'
      return rejected({ code: GRANT_TYPE_REFUSED, message, ...details })
    }
    const message = 'TikTok refused Clarion’s app credentials. Its operator must check them.'
    return rejected({ code: 'tiktok_app_refused', message, ...details })
  }
}

function grantRefused(
  traded: 'code' | 'refresh_token',
  details: { httpStatus?: number },
): PlatformFailure {
  if (traded === 'code') {
    const message = 'The sign-in at TikTok took too long or was used already. Please start again.'
    return rejected({ code: 'authorization_failed', message, ...details })
  }
  const message = 'TikTok no longer accepts this connection. Please connect the account again.'
  return authRevoked({ code: 'tiktok_grant_ended', message, ...details })
}

function limitFailure(answer: HttpAnswer): PlatformFailure {
  return rateLimited({
    code: 'tiktok_rate_limited',
    message: 'TikTok asks to wait before the next call.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, WINDOW_MS),
    httpStatus: answer.status,
  })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'TikTok has a problem of its own.'
  const details = { code: 'tiktok_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function readProblem(answer: HttpAnswer): Problem | undefined {
  const parsed = answerSchema.safeParse(jsonOrUndefined(answer))
  if (!parsed.success) return undefined
  return 'error' in parsed.data ? parsed.data.error : parsed.data
}
