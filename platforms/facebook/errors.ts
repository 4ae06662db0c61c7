import { outcomeUnknown, type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { graphFailure } from '../meta/errors.ts'
import { readProblem } from '../meta/problem.ts'

export const FACEBOOK_NAMES = { name: 'Facebook', prefix: 'facebook' }

interface Refusal {
  code: string
  message: string
}

const NOT_ALLOWED: Refusal = {
  code: 'facebook_publishing_not_allowed',
  message:
    'Facebook wants this person or Page checked before it may publish (authorization, identity or security). Log in at Facebook and follow its notices.',
}
const CONTENT_REFUSED: Refusal = {
  code: 'facebook_content_refused',
  message: 'Facebook refused the post because its content goes against its standards.',
}
const MEDIA_REFUSED: Refusal = {
  code: 'facebook_media_refused',
  message: 'Facebook cannot use the file. Convert it (JPEG or PNG, MP4 with H.264) and try again.',
}
const LINK_REFUSED: Refusal = {
  code: 'facebook_link_refused',
  message: 'Facebook does not take this link. Check its address.',
}

/** By subcode, or by code where there is none:
 * https://developers.facebook.com/docs/graph-api/guides/error-handling */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [1404078, NOT_ALLOWED],
  [4854002, NOT_ALLOWED],
  [1404006, NOT_ALLOWED],
  [1404112, NOT_ALLOWED],
  [1346003, CONTENT_REFUSED],
  [1404102, CONTENT_REFUSED],
  [
    1366046,
    {
      code: 'facebook_photo_too_large',
      message: 'The picture is larger than Facebook takes. Make it smaller than 4 MB.',
    },
  ],
  [1609008, LINK_REFUSED],
  [2061006, LINK_REFUSED],
  [1349125, MEDIA_REFUSED],
  [2069019, MEDIA_REFUSED],
  [324, MEDIA_REFUSED],
  [352, MEDIA_REFUSED],
  // https://developers.facebook.com/docs/video-api/reference/error-codes
  [1363023, MEDIA_REFUSED],
  [1363022, MEDIA_REFUSED],
  [1363031, MEDIA_REFUSED],
])

/** A repeat of a text or of photos: an earlier try may have landed. */
const DUPLICATES: ReadonlySet<number> = new Set([506, 1455006, 1366051])

/** Trouble with a link's preview or with a video's upload, which passes. */
const TROUBLE: ReadonlySet<number> = new Set([1363047, 1609010, 1609005, 1363030, 1363019, 1363033])

const OFFSET_REFUSED = 1363037

export function facebookFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const { code = 0, subcode = 0, words } = readProblem(answer)
  const httpStatus = answer.status
  const is = (codes: ReadonlySet<number>) => codes.has(subcode) || codes.has(code)
  if (is(DUPLICATES)) return duplicate(httpStatus, effect)
  if (is(TROUBLE)) return trouble(httpStatus, effect)
  if (subcode === OFFSET_REFUSED) {
    const message = 'Facebook lost track of the upload; Clarion begins it again.'
    return transient({ code: 'facebook_upload_lost', message, httpStatus, startOver: true })
  }
  const known = REFUSALS.get(subcode) ?? REFUSALS.get(code)
  if (known) return rejected({ ...known, httpStatus })
  if (words.includes('no permission to publish')) return rejected({ ...NOT_ALLOWED, httpStatus })
  return graphFailure(FACEBOOK_NAMES, answer, effect)
}

function duplicate(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'Facebook says that the Page holds this post already.'
  const details = { code: 'facebook_duplicate', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : rejected(details)
}

function trouble(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'Facebook had trouble with the link or the file; Clarion tries again.'
  const details = { code: 'facebook_trouble', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}
