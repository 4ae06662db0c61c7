import twitterText from 'twitter-text'
import type { AccountLimits, Content, Finding, Limits } from '../connector.ts'
import { type TextPart, textsOf } from '../content-texts.ts'
import { checkSettings } from '../settings.ts'
import { fileFindings, MAX_IMAGES } from './file-rules.ts'
import { xSettings } from './settings.ts'

/** Longer posts of Premium: https://help.x.com/en/using-x/x-premium */
export const PREMIUM_MAX_TEXT_LENGTH = 25_000

/** https://docs.x.com/fundamentals/counting-characters */
export const X_LIMITS: Limits = {
  maxTextLength: 280,
  textUnit: 'weighted',
  source: 'https://docs.x.com/fundamentals/counting-characters',
  maxMedia: MAX_IMAGES,
  // https://help.x.com/en/using-x/create-a-thread
  maxThreadParts: 25,
  // In characters; `validateX` counts as X does.
  maxFirstCommentLength: PREMIUM_MAX_TEXT_LENGTH,
  caps: [
    {
      posts: 300,
      windowMs: 3 * 60 * 60_000,
      source: 'https://docs.x.com/x-api/fundamentals/rate-limits',
    },
  ],
}

/** Accounts of self-serve apps: https://docs.x.com/x-api/posts/create-post */
const MAX_CASHTAGS = 1

/** X's own counting: every URL 23, emoji 2, most scripts outside Latin 2 a character. */
export function weightedLength(text: string): number {
  return twitterText.parseTweet(text).weightedLength
}

export function validateX(content: Content, account: AccountLimits = {}): Finding[] {
  const parts = textsOf(content)
  return [
    ...parts.flatMap((part) => [...textFindings(part, account), ...fileFindings(part, account)]),
    ...checkSettings(xSettings, content.settings),
    ...exclusionFindings(content),
    ...repetitionFindings(parts),
  ]
}

function textFindings({ text, media, textPath: path }: TextPart, account: AccountLimits) {
  if (text.trim() !== '') {
    const max = account.maxTextLength ?? X_LIMITS.maxTextLength
    return [...lengthFindings(text, path, max), ...characterFindings(text, path)]
  }
  if (media.length > 0) return []
  return [{ code: 'empty_text', path, message: 'The post has no text.' }]
}

function lengthFindings(text: string, path: string, maxTextLength: number): Finding[] {
  const length = weightedLength(text)
  if (length <= maxTextLength) return []
  const message = `The text counts ${length} on X, ${length - maxTextLength} more than the ${maxTextLength} allowed. Links count 23, emoji 2.`
  return [{ code: 'text_too_long', path, message }]
}

function characterFindings(text: string, path: string): Finding[] {
  const findings: Finding[] = []
  if (!text.isWellFormed() || twitterText.hasInvalidCharacters(text)) {
    findings.push({
      code: 'invalid_characters',
      path,
      message: 'The text holds broken or invisible characters that X refuses.',
    })
  }
  const cashtags = twitterText.extractCashtags(text).length
  if (cashtags > MAX_CASHTAGS) {
    findings.push({
      code: 'too_many_cashtags',
      path,
      message: `X allows ${MAX_CASHTAGS} cashtag a post; this text has ${cashtags}.`,
    })
  }
  return findings
}

/** https://docs.x.com/x-api/posts/create-post: files, a poll and a quote exclude each other. */
function exclusionFindings({ media, settings }: Content): Finding[] {
  const { poll, quote_tweet_id: quote, in_reply_to_tweet_id, community_id } = settings
  const findings: Finding[] = []
  const exclude = (path: string, message: string) =>
    findings.push({ code: 'not_together', path: `settings.${path}`, message })
  if (poll && media.length > 0) exclude('poll', 'A post on X has a poll or files, not both.')
  if (poll && quote) exclude('poll', 'A post on X has a poll or quotes another, not both.')
  if (quote && media.length > 0) {
    exclude('quote_tweet_id', 'A post on X quotes another or has files, not both.')
  }
  if (settings.tagged_user_ids && !media.some(({ kind }) => kind === 'image')) {
    exclude('tagged_user_ids', 'People can be tagged in pictures only.')
  }
  if (in_reply_to_tweet_id && community_id) {
    exclude('community_id', 'A reply stays in the conversation it answers.')
  }
  return findings
}

/** X refuses a text that the account posted a moment ago, in a thread too. */
function repetitionFindings(parts: readonly TextPart[]): Finding[] {
  const plain = parts.filter(({ media }) => media.length === 0)
  const seen = new Set<string>()
  return plain.flatMap(({ text, textPath: path }) => {
    const same = text.normalize('NFC').trim()
    if (same === '') return []
    if (!seen.has(same)) {
      seen.add(same)
      return []
    }
    const message = 'X refuses the same text twice. Change a word.'
    return [{ code: 'repeated_text', path, message }]
  })
}
