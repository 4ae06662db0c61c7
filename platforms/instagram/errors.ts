import { outcomeUnknown, type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { dailyCap, graphFailure } from '../meta/errors.ts'
import { readProblem, withoutSecrets } from '../meta/problem.ts'
import { asSentence } from '../platform-words.ts'

/** However the account connected: people publish to Instagram. */
export const INSTAGRAM_NAMES = { name: 'Instagram', prefix: 'instagram' }
const DAY_MS = 24 * 60 * 60_000

/** What is wrong with a post, in words for a marketer. */
interface Refusal {
  code: string
  message: string
}

const MEDIA_UNREADABLE: Refusal = {
  code: 'instagram_media_unreadable',
  message: 'Instagram could not process the file. Convert it (JPEG, or MP4 with H.264) and retry.',
}
const MEDIA_FORMAT: Refusal = {
  code: 'instagram_media_format',
  message:
    'Instagram does not take files of this format. Use JPEG pictures, and MP4 or MOV videos.',
}
const SETTING_REFUSED: Refusal = {
  code: 'instagram_setting_refused',
  message:
    'Instagram refused a tag, a location or another setting of the post. Change or remove it.',
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [
    2207052,
    {
      code: 'instagram_media_fetch_failed',
      message: 'Instagram could not fetch the file from Clarion. Try again later.',
    },
  ],
  [
    2207004,
    { code: 'instagram_media_too_large', message: 'The file is larger than Instagram allows.' },
  ],
  [2207005, MEDIA_FORMAT],
  [
    2207009,
    {
      code: 'instagram_media_ratio',
      message: 'The shape of the picture is not allowed: between 4:5 and 1.91:1 is.',
    },
  ],
  [
    2207010,
    {
      code: 'instagram_caption_too_long',
      message: 'The caption is too long, or has too many hashtags or mentions.',
    },
  ],
  [2207026, MEDIA_FORMAT],
  [
    2207057,
    { code: 'instagram_cover_invalid', message: 'The cover’s moment is not in the video.' },
  ],
  [2207077, MEDIA_UNREADABLE],
  [2207081, MEDIA_UNREADABLE],
  [2207085, MEDIA_UNREADABLE],
  ...[2207023, 2207028, 2207035, 2207036, 2207037, 2207040].map(
    (subcode) => [subcode, SETTING_REFUSED] as const,
  ),
  [
    2207050,
    {
      code: 'instagram_account_restricted',
      message: 'Instagram restricts this account. Look at its account status in the app.',
    },
  ],
])

/** Meta's servers had trouble with the file; new containers may fare better. */
const FETCH_TROUBLE: ReadonlySet<number> = new Set([2207001, 2207003, 2207032, 2207053, 2207082])
const NOT_READY = 2207027
const CONTAINER_GONE: ReadonlySet<number> = new Set([2207020, 2207008])
const MEDIA_GONE = 2207006
const DAILY_CAP = 2207042

/** Refusals of Instagram's own; the rest is as at all of Meta's APIs. */
export function instagramFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const { code, subcode = 0, words } = readProblem(answer)
  const httpStatus = answer.status
  const known = subcodeFailure(subcode, effect)
  if (known) return withStatus(known, httpStatus)
  if (code === 9004 || words.includes('only photo or video can be accepted')) {
    return withStatus(refusal(2207052) ?? graphFailure(INSTAGRAM_NAMES, answer, effect), httpStatus)
  }
  return graphFailure(INSTAGRAM_NAMES, answer, effect)
}

/** Containers tell why they failed in a sentence that ends with a subcode. */
export function containerFailure(detail: string): PlatformFailure {
  const subcode = Number(/\b22\d{5}\b/.exec(detail)?.[0] ?? 0)
  const known = subcodeFailure(subcode, 'repeatable')
  if (known) return known
  const sentence = withoutSecrets(detail.replace(/^error:\s*/i, ''))
  const message = `Instagram could not process the media${sentence ? `: ${asSentence(sentence)}` : '.'}`
  return rejected({ code: 'instagram_processing_failed', message })
}

const RETRIES: Readonly<Record<string, number>> = {
  instagram_media_trouble: 3,
  instagram_media_fetch_failed: 1,
  instagram_media_unreadable: 1,
}

/** How often new containers are worth trying after a failure. */
export function retriesAfter({ code }: PlatformFailure): number {
  return RETRIES[code] ?? 0
}

function subcodeFailure(subcode: number, effect: Effect): PlatformFailure | undefined {
  if (FETCH_TROUBLE.has(subcode)) {
    const message = 'Instagram had trouble with the media. Try again later.'
    const details = { code: 'instagram_media_trouble', message }
    return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
  }
  if (subcode === NOT_READY) {
    const message = 'Instagram is still processing the media.'
    return transient({ code: 'instagram_still_processing', message })
  }
  if (CONTAINER_GONE.has(subcode)) {
    const message = 'Instagram forgot the prepared post; Clarion prepares it again.'
    return transient({ code: 'instagram_container_lost', message, startOver: true })
  }
  if (subcode === MEDIA_GONE) return mediaGone(effect)
  if (subcode === DAILY_CAP) return dailyCap(INSTAGRAM_NAMES, DAY_MS)
  return refusal(subcode)
}

/** Comes now and then for what was published a moment ago: only a look can tell. */
function mediaGone(effect: Effect): PlatformFailure {
  if (effect === 'irreversible') {
    const message = 'Instagram does not say whether it published the post.'
    return outcomeUnknown({ code: 'instagram_media_gone', message })
  }
  const message = 'Instagram does not show this post to Clarion: it was deleted, or access ended.'
  return rejected({ code: 'instagram_not_found', message })
}

function refusal(subcode: number): PlatformFailure | undefined {
  const known = REFUSALS.get(subcode)
  return known && rejected(known)
}

function withStatus(failure: PlatformFailure, httpStatus: number): PlatformFailure {
  return Object.assign(failure, { httpStatus })
}
