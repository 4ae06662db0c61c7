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

const RATE_LIMIT = { prefix: 'ratelimit', reset: 'epoch_seconds' } as const

/** The shortest documented window: https://docs.bsky.app/docs/advanced-guides/rate-limits */
const WINDOW_MS = 5 * 60_000

const errorSchema = z.object({ error: z.string(), message: z.string().optional() })

/** An access token that a fresh one may replace. */
const STALE_TOKEN = new Set(['ExpiredToken', 'InvalidToken', 'AuthMissing'])
/** The password or second factor is refused: only a person can mend that. */
const LOGIN_REFUSED = new Set(['AuthenticationRequired', 'AuthFactorTokenRequired'])
const ACCOUNT_CLOSED = new Set([
  'AccountTakedown',
  'AccountDeactivated',
  'AccountSuspended',
  'AccountNotFound',
])

export const BLUESKY_DIALECT: Dialect = {
  platformName: 'Bluesky',
  rateLimit: RATE_LIMIT,
  failureOf: blueskyFailure,
}

/** Of a blob, by the words of today's servers and of older ones; a text is “too big” elsewhere. */
const TOO_LARGE = /too large|blob too big/i

/** The XRPC error name (`InvalidSwap`), empty when the answer has none. */
export function errorName(answer: HttpAnswer): string {
  const parsed = errorSchema.safeParse(jsonOrUndefined(answer))
  return parsed.success ? parsed.data.error : ''
}

/** https://atproto.com/specs/xrpc#error-responses */
export function blueskyFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const httpStatus = answer.status
  const name = errorName(answer)
  if (httpStatus === 429 || name === 'RateLimitExceeded') return limitFailure(answer)
  if (STALE_TOKEN.has(name)) {
    const code = name === 'ExpiredToken' ? 'bluesky_token_expired' : 'bluesky_token_refused'
    return authExpired({ code, message: 'Bluesky refused the access token.', httpStatus })
  }
  if (ACCOUNT_CLOSED.has(name)) return accountClosed(httpStatus)
  if (LOGIN_REFUSED.has(name)) return loginRefused(httpStatus)
  if (httpStatus === 401) {
    const message = 'Bluesky refused the access token.'
    return authExpired({ code: 'bluesky_unauthorized', message, httpStatus })
  }
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect)
  return refusalFailure(answer, name)
}

/** Code of a refusal that names the nonce to come back with; nothing has happened yet. */
export const NONCE_WANTED = 'bluesky_nonce_wanted'

/** Code of a server's refusal to pass a call on: it works with no service that knows it. */
export const NOT_OFFERED = 'bluesky_not_offered'

/** What `invalid_grant` ends: an attempt to connect, or a connection that lived. */
export function blueskyTokenFailure(
  { error, status, description }: OauthRefusal,
  ended: 'attempt' | 'connection',
): PlatformFailure {
  const details = status === undefined ? {} : { httpStatus: status }
  if (error === 'use_dpop_nonce') {
    const message = 'The Bluesky server asks for the request once more.'
    return transient({ code: NONCE_WANTED, message, ...details })
  }
  if (error === 'invalid_grant' && ended === 'attempt') {
    const message = 'Bluesky no longer knows this connection attempt. Please start again.'
    return rejected({ code: 'authorization_failed', message, ...details })
  }
  if (error === 'invalid_grant') {
    const message = 'Bluesky no longer accepts this sign-in. Please connect the account again.'
    return authRevoked({ code: 'bluesky_grant_ended', message, ...details })
  }
  const words = description ?? error ?? `HTTP ${status}`
  const message = `The Bluesky server does not accept this installation: ${asSentence(words)}`
  return rejected({ code: 'bluesky_app_refused', message, ...details })
}

export function accountClosed(httpStatus?: number): PlatformFailure {
  return authRevoked({
    code: 'bluesky_account_closed',
    message: 'This Bluesky account is deactivated, suspended or gone.',
    ...(httpStatus === undefined ? {} : { httpStatus }),
  })
}

function refusalFailure(answer: HttpAnswer, name: string): PlatformFailure {
  const httpStatus = answer.status
  if (name === 'InvalidSwap') {
    const message = 'Bluesky already holds something under the key of this post.'
    return outcomeUnknown({ code: 'bluesky_record_exists', message, httpStatus })
  }
  if (name === 'RecordNotFound') {
    const message = 'Bluesky holds no such post.'
    return rejected({ code: 'bluesky_record_not_found', message, httpStatus })
  }
  if (name === 'BlobNotFound') {
    // Files that no post uses are thrown away after a while.
    const message = 'Bluesky no longer has the uploaded files. They are uploaded again.'
    return transient({ code: 'bluesky_blob_gone', message, httpStatus, startOver: true })
  }
  if (httpStatus < 400) {
    const message = 'Bluesky could not take the post at this moment.'
    return transient({ code: 'bluesky_not_accepted', message, httpStatus })
  }
  if (httpStatus === 403) {
    const message = 'This Bluesky sign-in is not allowed to post.'
    return rejected({ code: 'bluesky_forbidden', message, httpStatus })
  }
  const sentence = sentenceOf(answer, name)
  if (sentence.startsWith('No service configured for')) {
    const message = 'This Bluesky server stands alone and does not offer that.'
    return rejected({ code: NOT_OFFERED, message, httpStatus })
  }
  if (httpStatus === 413 || name === 'BlobTooLarge' || TOO_LARGE.test(sentence)) {
    const message = `A file is larger than this Bluesky server takes; make it smaller. The server says: ${asSentence(sentence)}`
    return rejected({ code: 'bluesky_too_large', message, httpStatus })
  }
  const message = `Bluesky refused the post: ${asSentence(sentence)}`
  return rejected({ code: 'bluesky_invalid_request', message, httpStatus })
}

function limitFailure(answer: HttpAnswer): PlatformFailure {
  return rateLimited({
    code: 'bluesky_rate_limited',
    message: 'Bluesky asks to wait before the next call.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, WINDOW_MS),
    httpStatus: answer.status,
  })
}

function loginRefused(httpStatus: number): PlatformFailure {
  return authRevoked({
    code: 'bluesky_login_refused',
    message: 'Bluesky refused the handle or app password. Please make a new app password.',
    httpStatus,
  })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'The Bluesky server has a problem of its own.'
  const details = { code: 'bluesky_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function sentenceOf(answer: HttpAnswer, name: string): string {
  const parsed = errorSchema.safeParse(jsonOrUndefined(answer))
  const words = parsed.success ? parsed.data.message : undefined
  return words ?? (name || `HTTP ${answer.status}`)
}
