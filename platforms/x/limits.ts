import twitterText from 'twitter-text'
import { z } from 'zod'
import type { AccountLimits, Draft, Finding, Limits } from '../connector.ts'
import { checkSettings } from '../settings.ts'

/** https://docs.x.com/fundamentals/counting-characters */
export const X_LIMITS: Limits = {
  maxTextLength: 280,
  textUnit: 'weighted',
  source: 'https://docs.x.com/fundamentals/counting-characters',
}

/** Longer posts of Premium: https://help.x.com/en/using-x/x-premium */
export const PREMIUM_MAX_TEXT_LENGTH = 25_000

/** Accounts of self-serve apps: https://docs.x.com/x-api/posts/create-post */
const MAX_CASHTAGS = 1

/** https://docs.x.com/x-api/posts/create-post */
export const xSettings = z.strictObject({
  reply_settings: z.enum(['following', 'mentionedUsers', 'subscribers', 'verified']).optional(),
  made_with_ai: z.boolean().optional(),
  paid_partnership: z.boolean().optional(),
  community_id: z
    .string()
    .regex(/^[0-9]{1,19}$/, 'it must be the digits of a community id')
    .optional(),
  share_with_followers: z.boolean().optional(),
})

/** X's own counting: every URL 23, emoji 2, most scripts outside Latin 2 a character. */
export function weightedLength(text: string): number {
  return twitterText.parseTweet(text).weightedLength
}

export function validateX(
  content: Pick<Draft, 'text' | 'settings'>,
  limits: AccountLimits = {},
): Finding[] {
  return [
    ...textFindings(content.text, limits.maxTextLength ?? X_LIMITS.maxTextLength),
    ...checkSettings(xSettings, content.settings),
  ]
}

function textFindings(text: string, maxTextLength: number): Finding[] {
  if (text.trim() === '') {
    return [{ code: 'empty_text', path: 'content', message: 'The post has no text.' }]
  }
  return [...lengthFindings(text, maxTextLength), ...characterFindings(text)]
}

function lengthFindings(text: string, maxTextLength: number): Finding[] {
  const length = weightedLength(text)
  if (length <= maxTextLength) return []
  return [
    {
      code: 'text_too_long',
      path: 'content',
      message: `The text counts ${length} on X, ${length - maxTextLength} more than the ${maxTextLength} allowed. Links count 23, emoji 2.`,
    },
  ]
}

function characterFindings(text: string): Finding[] {
  const findings: Finding[] = []
  if (!text.isWellFormed() || twitterText.hasInvalidCharacters(text)) {
    findings.push({
      code: 'invalid_characters',
      path: 'content',
      message: 'The text holds broken or invisible characters that X refuses.',
    })
  }
  const cashtags = twitterText.extractCashtags(text).length
  if (cashtags > MAX_CASHTAGS) {
    findings.push({
      code: 'too_many_cashtags',
      path: 'content',
      message: `X allows ${MAX_CASHTAGS} cashtag a post; this text has ${cashtags}.`,
    })
  }
  return findings
}
