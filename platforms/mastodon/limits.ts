import type { AccountLimits, Content, Finding, Limits } from '../connector.ts'
import { type TextPart, textsOf } from '../content-texts.ts'
import { checkSettings } from '../settings.ts'
import { fileFindings, MAX_MEDIA } from './file-rules.ts'
import { mastodonSettings } from './settings.ts'
import { mastodonLength } from './text-length.ts'

/** The default of Mastodon; instances declare their own at `/api/v2/instance`. */
export const MASTODON_LIMITS: Limits = {
  maxTextLength: 500,
  textUnit: 'characters',
  source: 'https://docs.joinmastodon.org/entities/Instance/#max_characters',
  perInstance: true,
  maxMedia: MAX_MEDIA,
  // No limit of Mastodon.
  maxThreadParts: 50,
  // Instances differ widely; `validateMastodon` counts as the account's own does.
  maxFirstCommentLength: 100_000,
  caps: [
    {
      posts: 300,
      windowMs: 3 * 60 * 60_000,
      source: 'https://docs.joinmastodon.org/api/rate-limits/',
    },
  ],
}

export function validateMastodon(content: Content, account: AccountLimits = {}): Finding[] {
  const { spoiler_text: spoiler } = content.settings
  const warning = typeof spoiler === 'string' ? spoiler : ''
  return [
    ...textsOf(content).flatMap((part) => [
      ...textFindings(part, warning, account),
      ...fileFindings(part, account),
    ]),
    ...checkSettings(mastodonSettings, content.settings),
    ...pollFindings(content),
  ]
}

function textFindings(
  { text, media, textPath: path }: TextPart,
  spoiler: string,
  account: AccountLimits,
): Finding[] {
  if (text.trim() === '' && media.length === 0) {
    return [{ code: 'empty_text', path, message: 'The post has no text.' }]
  }
  const findings: Finding[] = []
  const length = mastodonLength(text, spoiler, account.charactersPerUrl)
  const max = account.maxTextLength ?? MASTODON_LIMITS.maxTextLength
  if (length > max) {
    const warning = spoiler === '' ? '' : ' with its content warning'
    const message = `The text${warning} counts ${length} characters, ${length - max} more than the ${max} this Mastodon server allows.`
    findings.push({ code: 'text_too_long', path, message })
  }
  if (!text.isWellFormed() || text.includes('\0')) {
    const message = 'The text holds broken characters.'
    findings.push({ code: 'invalid_characters', path, message })
  }
  return findings
}

/** https://docs.joinmastodon.org/methods/statuses/#create: a poll takes the place of files. */
function pollFindings({ media, settings }: Content): Finding[] {
  if (!settings.poll || media.length === 0) return []
  const message = 'A post on Mastodon has a poll or files, not both.'
  return [{ code: 'not_together', path: 'settings.poll', message }]
}
