import { type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { graphFailure } from '../meta/errors.ts'
import { type GraphProblem, readProblem, withoutSecrets } from '../meta/problem.ts'

export const THREADS_NAMES = { name: 'Threads', prefix: 'threads' }

const NOT_VISIBLE = 4279009
const TOPIC_TAG_REFUSED = 4279071
const USER_RESTRICTED = 4279013
const FETCH_FAILED = 2207052

/** https://developers.facebook.com/docs/threads/troubleshooting; the rest as at all of Meta's APIs. */
export function threadsFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const problem = readProblem(answer)
  const details = detailsOf(problem)
  if (details === undefined) return graphFailure(THREADS_NAMES, answer, effect)
  const { passes, ...failure } = { ...details, httpStatus: answer.status }
  return passes ? transient(failure) : rejected(failure)
}

interface Details {
  code: string
  message: string
  /** Proof that nothing was accepted, and a later try may fare better. */
  passes?: boolean
}

function detailsOf({ code, subcode, words }: GraphProblem): Details | undefined {
  if (subcode === NOT_VISIBLE) {
    // What was made a moment ago is not known on all of Threads' servers yet.
    const message = 'Threads does not know the prepared post yet; Clarion tries again.'
    return { code: 'threads_not_visible', message, passes: true }
  }
  if (subcode === TOPIC_TAG_REFUSED) {
    const message = 'Threads does not let this account use topic tags.'
    return { code: 'threads_topic_tag_refused', message }
  }
  if (subcode === USER_RESTRICTED) {
    const message = 'Threads restricts this account. Look at its account status in the app.'
    return { code: 'threads_account_restricted', message }
  }
  if (subcode === FETCH_FAILED) return FETCH_TROUBLE
  if (words.includes('link_limit_exceeded')) {
    const message = 'Threads allows at most five different links in a post. Remove some.'
    return { code: 'threads_too_many_links', message }
  }
  if (words.includes('at most 500 characters')) {
    const message = 'The text is longer than the 500 characters that Threads allows.'
    return { code: 'threads_text_too_long', message }
  }
  if (code !== 24) return undefined
  const message = 'Threads does not show this post to Clarion: it was deleted, or access ended.'
  return { code: 'threads_not_found', message }
}

const FETCH_TROUBLE: Details = {
  code: 'threads_media_fetch_failed',
  message: 'Threads could not fetch the file from Clarion. Try again later.',
  passes: true,
}

/** https://developers.facebook.com/docs/threads/troubleshooting, spelt as there. */
const PROCESSING: Readonly<Record<string, string>> = {
  FAILED_PROCESSING_AUDIO: 'its sound cannot be processed; use AAC',
  FAILED_PROCESSING_VIDEO: 'it cannot be processed; use MP4 with H.264',
  INVALID_ASPEC_RATIO: 'its shape is not allowed',
  INVALID_BIT_RATE: 'its bit rate is too high',
  INVALID_DURATION: 'it is too long; five minutes are allowed',
  INVALID_FRAME_RATE: 'its frame rate is not allowed; 23 to 60 frames a second are',
  INVALID_AUDIO_CHANNELS: 'its sound must be mono or stereo',
  INVALID_AUDIO_CHANNEL_LAYOUT: 'its sound must be mono or stereo',
}

/** What the `error_message` of a container means. */
export function containerFailure(detail: string): PlatformFailure {
  const word = /[A-Z]+(?:_[A-Z]+)+/.exec(detail)?.[0] ?? ''
  const why = PROCESSING[word]
  if (why !== undefined) {
    const message = `Threads refused the video: ${why}.`
    return rejected({ code: 'threads_processing_failed', message })
  }
  if (word === 'FAILED_DOWNLOADING_VIDEO') return transient(FETCH_TROUBLE)
  if (detail === '' || /unknown/i.test(detail)) {
    const message = 'Threads had trouble with the media. Try again later.'
    return transient({ code: 'threads_media_trouble', message })
  }
  const message = `Threads could not process the post: ${withoutSecrets(detail)}`
  return rejected({ code: 'threads_processing_failed', message })
}

const RETRIES: Readonly<Record<string, number>> = {
  threads_media_fetch_failed: 3,
  threads_media_trouble: 3,
}

/** How often new containers are worth trying after a failure. */
export function retriesAfter({ code }: PlatformFailure): number {
  return RETRIES[code] ?? 0
}
