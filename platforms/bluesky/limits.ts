import type { Content, Finding, Limits } from '../connector.ts'
import { type TextPart, textsOf } from '../content-texts.ts'
import { checkSettings } from '../settings.ts'
import { findSpans, graphemeLength } from './facets.ts'
import { fileFindings, MAX_IMAGES } from './file-rules.ts'
import { blueskySettings } from './settings.ts'

const HOUR_MS = 60 * 60_000
/** 5,000 points an hour and 35,000 a day, a new record costs 3. */
const RATE_LIMITS = 'https://docs.bsky.app/docs/advanced-guides/rate-limits'

/** Same lexicon as the limits: 300 graphemes and at the same time 3000 bytes of UTF-8. */
const MAX_TEXT_BYTES = 3_000

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json */
export const BLUESKY_LIMITS: Limits = {
  maxTextLength: 300,
  textUnit: 'graphemes',
  source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json',
  maxMedia: MAX_IMAGES,
  // No limit of Bluesky: longer chains are hidden behind “read more”.
  maxThreadParts: 50,
  // In characters; `validateBluesky` counts as Bluesky does.
  maxFirstCommentLength: MAX_TEXT_BYTES,
  caps: [
    { posts: 1_666, windowMs: HOUR_MS, source: RATE_LIMITS },
    { posts: 11_666, windowMs: 24 * HOUR_MS, source: RATE_LIMITS },
  ],
}

export function validateBluesky(content: Content): Finding[] {
  return [
    ...textsOf(content).flatMap((part) => [...textFindings(part), ...fileFindings(part)]),
    ...checkSettings(blueskySettings, content.settings),
    ...cardFindings(content),
  ]
}

function textFindings({ text, media, textPath: path }: TextPart): Finding[] {
  if (text.trim() === '' && media.length === 0) {
    return [{ code: 'empty_text', path, message: 'The post has no text.' }]
  }
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
    const message = 'The text holds broken characters.'
    findings.push({ code: 'invalid_characters', path, message })
  }
  return findings
}

/** A post shows one thing below its text: files or a card. */
function cardFindings({ text, media, settings }: Content): Finding[] {
  const { link_card: card } = settings
  if (!card) return []
  const path = 'settings.link_card'
  if (media.length > 0) {
    const message = 'A post on Bluesky has files or a link card, not both.'
    return [{ code: 'not_together', path, message }]
  }
  if (card !== true || findSpans(text).some(({ kind }) => kind === 'link')) return []
  const message = 'The text has no link to make a card of. Name its address.'
  return [{ code: 'link_card_without_link', path, message }]
}
