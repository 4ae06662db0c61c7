import { z } from 'zod'
import {
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

const RATE_LIMIT = { prefix: 'x-ratelimit', reset: 'iso_8601' } as const

/** https://docs.joinmastodon.org/api/rate-limits: the common window. */
const WINDOW_MS = 5 * 60_000

const errorSchema = z.object({ error: z.string() })

export const MASTODON_DIALECT: Dialect = {
  platformName: 'Mastodon',
  rateLimit: RATE_LIMIT,
  failureOf: mastodonFailure,
}

/** Status first: instances translate their texts, which only refine the answer. */
export function mastodonFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const httpStatus = answer.status
  const sentence = sentenceOf(answer)
  if (httpStatus === 429) return limitFailure(answer)
  if (httpStatus === 401) return tokenRefused(httpStatus)
  if (httpStatus === 403) return forbiddenFailure(sentence ?? '')
  if (httpStatus === 422) return unprocessableFailure(sentence ?? '')
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(answer, sentence, effect)
  if (httpStatus < 400 || (httpStatus === 404 && sentence === undefined)) {
    const message = 'This address does not answer like a Mastodon server at the moment.'
    return transient({ code: 'mastodon_instance_unavailable', message, httpStatus })
  }
  return rejected({
    code: httpStatus === 404 ? 'mastodon_not_found' : 'mastodon_invalid_request',
    message: refusal(sentence, httpStatus),
    httpStatus,
  })
}

/** Refusals of the token endpoint; Mastodon has no refresh, so only connecting meets them. */
export function mastodonTokenFailure({ status, error }: OauthRefusal): PlatformFailure {
  const details = status === undefined ? {} : { httpStatus: status }
  if (error === 'invalid_client') {
    const message = 'This server has forgotten Clarion’s app. Please start connecting again.'
    return rejected({ code: 'mastodon_app_unknown', message, ...details })
  }
  const message = 'The Mastodon server refused the authorization. Please try again.'
  return rejected({ code: 'authorization_failed', message, ...details })
}

function limitFailure(answer: HttpAnswer): PlatformFailure {
  return rateLimited({
    code: 'mastodon_rate_limited',
    message: 'The Mastodon server asks to wait before the next call.',
    retryAt: retryAt(answer.headers, RATE_LIMIT, WINDOW_MS),
    httpStatus: answer.status,
  })
}

/** Tokens of Mastodon do not expire, so a refused one was withdrawn: there is no refresh. */
function tokenRefused(httpStatus: number): PlatformFailure {
  const message = 'The Mastodon server no longer accepts this connection. Please connect again.'
  return authRevoked({ code: 'mastodon_token_refused', message, httpStatus })
}

function forbiddenFailure(sentence: string): PlatformFailure {
  const httpStatus = 403
  if (/login is currently disabled|confirmed e-?mail|pending approval/i.test(sentence)) {
    const message = `The Mastodon account cannot be used: ${asSentence(sentence)}`
    return authRevoked({ code: 'mastodon_account_unusable', message, httpStatus })
  }
  if (/outside the authorized scopes/i.test(sentence)) {
    const message = 'The connection lacks a permission. Please connect the account again.'
    return rejected({ code: 'mastodon_scope_missing', message, httpStatus })
  }
  return rejected({
    code: 'mastodon_forbidden',
    message: refusal(sentence, httpStatus),
    httpStatus,
  })
}

function unprocessableFailure(sentence: string): PlatformFailure {
  const httpStatus = 422
  if (/duplicate record/i.test(sentence)) {
    // Seen when the first try of the same key had been taken: only a look can tell.
    const message = 'The Mastodon server says that it holds this post already.'
    return outcomeUnknown({ code: 'mastodon_duplicate', message, httpStatus })
  }
  if (/requires an authenticated user/i.test(sentence)) return tokenRefused(httpStatus)
  if (/not finished processing/i.test(sentence)) {
    const message = 'The Mastodon server is still processing the media.'
    return transient({ code: 'mastodon_media_processing', message, httpStatus })
  }
  if (/media\b.*could not be found/i.test(sentence)) {
    // Attached already, perhaps by an earlier try of ours: only a look can tell.
    const message = 'The Mastodon server says that the files are used or gone.'
    return outcomeUnknown({ code: 'mastodon_media_gone', message, httpStatus })
  }
  return rejected({ code: 'mastodon_invalid', message: refusal(sentence, httpStatus), httpStatus })
}

function serverFailure(
  answer: HttpAnswer,
  sentence: string | undefined,
  effect: Effect,
): PlatformFailure {
  const httpStatus = answer.status
  if (/error processing thumbnail/i.test(sentence ?? '')) {
    const message = 'The Mastodon server cannot read the media. Please convert it.'
    return rejected({ code: 'mastodon_media_unreadable', message, httpStatus })
  }
  const message = 'The Mastodon server has a problem of its own.'
  const details = { code: 'mastodon_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function sentenceOf(answer: HttpAnswer): string | undefined {
  const parsed = errorSchema.safeParse(jsonOrUndefined(answer))
  return parsed.success ? parsed.data.error : undefined
}

function refusal(sentence: string | undefined, httpStatus: number): string {
  return `The Mastodon server refused: ${asSentence(sentence || `HTTP ${httpStatus}`)}`
}
