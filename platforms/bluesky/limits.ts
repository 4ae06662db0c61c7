import { z } from 'zod'
import type { Draft, Finding, Limits } from '../connector.ts'
import { checkSettings } from '../settings.ts'
import { graphemeLength } from './facets.ts'

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json */
export const BLUESKY_LIMITS: Limits = {
  maxTextLength: 300,
  textUnit: 'graphemes',
  source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json',
}

/** Same lexicon: 300 graphemes and at the same time 3000 bytes of UTF-8. */
const MAX_TEXT_BYTES = 3_000

/** https://docs.bsky.app/docs/advanced-guides/moderation: labels authors may put on themselves. */
const SELF_LABELS = ['!no-unauthenticated', 'porn', 'sexual', 'nudity', 'graphic-media'] as const

/** Same lexicon: at most 3 languages, 8 tags beside the text's own of 64 graphemes each. */
export const blueskySettings = z.strictObject({
  langs: z
    .array(z.string().regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/, 'it must be a language code'))
    .max(3, 'at most 3 languages')
    .optional(),
  labels: z.array(z.enum(SELF_LABELS)).max(10, 'at most 10 labels').optional(),
  tags: z
    .array(
      z
        .string()
        .min(1, 'a tag must not be empty')
        .max(640, 'a tag has at most 64 characters')
        .refine((tag) => graphemeLength(tag) <= 64, 'a tag has at most 64 characters'),
    )
    .max(8, 'at most 8 tags')
    .optional(),
})

export function validateBluesky(content: Pick<Draft, 'text' | 'settings'>): Finding[] {
  return [...textFindings(content.text), ...checkSettings(blueskySettings, content.settings)]
}

function textFindings(text: string): Finding[] {
  const path = 'content'
  if (text.trim() === '') return [{ code: 'empty_text', path, message: 'The post has no text.' }]
  const findings: Finding[] = []
  const { maxTextLength } = BLUESKY_LIMITS
  const length = graphemeLength(text)
  if (length > maxTextLength) {
    const message = `The text has ${length} characters, ${length - maxTextLength} more than the ${maxTextLength} of Bluesky.`
    findings.push({ code: 'text_too_long', path, message })
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_TEXT_BYTES) {
    const message = `The text takes ${bytes} bytes, ${bytes - MAX_TEXT_BYTES} more than the ${MAX_TEXT_BYTES} of Bluesky. Emoji take many.`
    findings.push({ code: 'text_too_many_bytes', path, message })
  }
  if (!text.isWellFormed()) {
    findings.push({
      code: 'invalid_characters',
      path,
      message: 'The text holds broken characters.',
    })
  }
  return findings
}
