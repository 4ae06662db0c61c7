import { z } from 'zod'
import {
  authExpired,
  outcomeUnknown,
  type PlatformFailure,
  rateLimited,
  rejected,
} from '../../domain/failures.ts'
import { jsonOrUndefined } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { asSentence } from '../platform-words.ts'

const HOUR_MS = 60 * 60_000
/** When the words of a RATELIMIT name no time that we can read. */
const DEFAULT_WAIT_MS = 10 * 60_000

/** `[["CODE", "words", "field"]]`; some endpoints leave out the field or send null. */
const errorsSchema = z.object({
  json: z.object({
    errors: z.array(z.array(z.union([z.string(), z.null()])).min(1)).min(1),
    ratelimit: z.number().optional(),
  }),
})

/** Code of a refusal that may be our own earlier post: only a look can tell. */
export const DUPLICATE = 'reddit_duplicate'

/** The failure that an answer of status 200 holds. https://www.reddit.com/dev/api */
export function bodyFailure(answer: HttpAnswer, now = new Date()): PlatformFailure | undefined {
  const parsed = errorsSchema.safeParse(jsonOrUndefined(answer))
  if (!parsed.success) return undefined
  const { errors, ratelimit } = parsed.data.json
  const [code, words] = errors[0] ?? []
  return failureOf(code ?? 'UNKNOWN', words ?? '', ratelimit, now)
}

function failureOf(
  code: string,
  words: string,
  ratelimitSeconds: number | undefined,
  now: Date,
): PlatformFailure {
  const httpStatus = 200
  if (code === 'RATELIMIT') {
    const waitMs = ratelimitSeconds === undefined ? waitOf(words) : ratelimitSeconds * 1000
    return limited('reddit_rate_limited', Math.max(1000, waitMs), now)
  }
  if (code === 'QUOTA_FILLED' || code === 'SUBREDDIT_RATELIMIT') {
    return limited(`reddit_${code.toLowerCase()}`, HOUR_MS, now)
  }
  if (code === 'USER_REQUIRED') {
    const message = 'Reddit refused the access token.'
    return authExpired({ code: 'reddit_unauthorized', message, httpStatus })
  }
  if (code === 'ALREADY_SUB') {
    const message = 'Reddit says that this link is in the subreddit already.'
    return outcomeUnknown({ code: DUPLICATE, message, httpStatus })
  }
  const known = WORDS[code]
  const message = known ?? `Reddit refused this: ${asSentence(words || code)}`
  return rejected({ code: stableCode(code), message, httpStatus })
}

function limited(code: string, waitMs: number, now: Date): PlatformFailure {
  const message = 'Reddit asks this account to wait before its next post or comment.'
  return rateLimited({ code, message, retryAt: new Date(now.getTime() + waitMs), httpStatus: 200 })
}

const UNIT_MS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: HOUR_MS,
}

/** “Take a break for 2 minutes before trying again.” The number is rounded down: one more. */
function waitOf(words: string): number {
  const [, count, unit] = /(\d+) (millisecond|second|minute|hour)s?/.exec(words) ?? []
  const unitMs = UNIT_MS[unit ?? '']
  return unitMs === undefined ? DEFAULT_WAIT_MS : (Number(count) + 1) * unitMs
}

function stableCode(code: string): string {
  if (code === 'SUBMIT_VALIDATION_FLAIR_REQUIRED') return 'reddit_flair_required'
  return `reddit_${code.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`
}

/** Where Reddit's own words do not tell a marketer what to do. */
const WORDS: Readonly<Record<string, string>> = {
  SUBREDDIT_NOTALLOWED: 'This account may not post in the subreddit.',
  SUBREDDIT_NOEXIST: 'There is no such subreddit. Check its name.',
  SUBREDDIT_REQUIRED: 'Reddit wants to know which subreddit the post goes to.',
  BANNED_FROM_SUBREDDIT: 'This account is banned from the subreddit.',
  VERIFIED_USER_REQUIRED: 'Reddit wants this account to verify its email address first.',
  NO_SELFS: 'This subreddit takes no text posts.',
  NO_LINKS: 'This subreddit takes only text posts.',
  DOMAIN_BANNED: 'Links to this website are banned in the subreddit.',
  BAD_URL: 'Reddit does not take this address. Check the link.',
  BAD_FLAIR_TEMPLATE_ID: 'The subreddit has no such flair. Choose another flair_id.',
  SUBMIT_VALIDATION_FLAIR_REQUIRED: 'This subreddit wants a flair: choose one as flair_id.',
  BAD_CAPTCHA:
    'Reddit wants a person to solve a captcha, so that this account cannot post by apps.',
  THREAD_LOCKED: 'The comments of this post are locked.',
}
