import { type PlatformFailure, rateLimited, rejected } from '../../domain/failures.ts'
import type { Dialect, Effect } from '../ask.ts'
import { googleReasons, makeGoogleDialect } from '../google/errors.ts'
import type { HttpAnswer } from '../http.ts'

const DAY_MS = 24 * 60 * 60_000

const GOOGLE = makeGoogleDialect('youtube', 'YouTube')

/** What Google's shared translation does not know: reasons of YouTube alone. */
export const YOUTUBE_DIALECT: Dialect = {
  ...GOOGLE,
  failureOf: (answer, effect) => youtubeFailure(answer) ?? GOOGLE.failureOf(answer, effect),
}

/** https://developers.google.com/youtube/v3/docs/errors */
const REFUSALS = new Map<string, readonly [code: string, message: string]>([
  ['invalidTitle', ['youtube_invalid_title', 'YouTube refused the title of the video.']],
  [
    'invalidDescription',
    ['youtube_invalid_description', 'YouTube refused the description of the video.'],
  ],
  ['invalidTags', ['youtube_invalid_tags', 'YouTube refused the tags of the video.']],
  [
    'invalidCategoryId',
    ['youtube_invalid_category', 'YouTube has no such category. Choose another category_id.'],
  ],
  [
    'defaultLanguageNotSet',
    ['youtube_invalid_language', 'YouTube wants the language of the video: set default_language.'],
  ],
  ['videoNotFound', ['youtube_not_found', 'YouTube does not have this video (any more).']],
  [
    'playlistNotFound',
    ['youtube_playlist_not_found', 'YouTube has no such playlist. Choose another playlist_id.'],
  ],
  [
    'commentsDisabled',
    ['youtube_comments_disabled', 'Comments are switched off for this video on YouTube.'],
  ],
  [
    'forbiddenPrivacySetting',
    ['youtube_privacy_refused', 'YouTube does not allow this account the chosen privacy_status.'],
  ],
  [
    'forbiddenLicenseSetting',
    ['youtube_license_refused', 'YouTube does not allow this account the chosen license.'],
  ],
])

function youtubeFailure(answer: HttpAnswer): PlatformFailure | undefined {
  const httpStatus = answer.status
  if (httpStatus >= 500) return undefined
  const reasons = googleReasons(answer)
  if (reasons.includes('uploadLimitExceeded')) {
    const message = 'YouTube takes no more videos of this channel within 24 hours.'
    const retryAt = new Date(Date.now() + DAY_MS)
    return rateLimited({ code: 'youtube_upload_limit', message, retryAt, httpStatus })
  }
  const known = reasons.flatMap((reason) => {
    const refusal = REFUSALS.get(reason)
    return refusal ? [refusal] : []
  })[0]
  return known && rejected({ code: known[0], message: known[1], httpStatus })
}

/** The channel's own: only verified ones choose a picture. */
export function thumbnailFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const failure = YOUTUBE_DIALECT.failureOf(answer, effect)
  if (failure.code !== 'youtube_forbidden') return failure
  return rejected({
    code: 'youtube_thumbnail_forbidden',
    message:
      'YouTube lets only channels with a verified phone number choose a thumbnail. Verify it at youtube.com/verify.',
    httpStatus: answer.status,
  })
}
