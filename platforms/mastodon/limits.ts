import { z } from 'zod'
import type { AccountLimits, Draft, Finding, Limits } from '../connector.ts'
import { checkSettings } from '../settings.ts'
import { mastodonLength } from './text-length.ts'

/** The default of Mastodon; instances declare their own at `/api/v2/instance`. */
export const MASTODON_LIMITS: Limits = {
  maxTextLength: 500,
  textUnit: 'characters',
  source: 'https://docs.joinmastodon.org/entities/Instance/#max_characters',
  perInstance: true,
}

/** https://docs.joinmastodon.org/methods/statuses/#create */
export const mastodonSettings = z.strictObject({
  visibility: z.enum(['public', 'unlisted', 'private', 'direct']).optional(),
  spoiler_text: z.string().optional(),
  sensitive: z.boolean().optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'it must be a language code such as “en”')
    .optional(),
})

export function validateMastodon(
  content: Pick<Draft, 'text' | 'settings'>,
  limits: AccountLimits = {},
): Finding[] {
  return [...textFindings(content, limits), ...checkSettings(mastodonSettings, content.settings)]
}

function textFindings(
  { text, settings }: Pick<Draft, 'text' | 'settings'>,
  limits: AccountLimits,
): Finding[] {
  const path = 'content'
  if (text.trim() === '') return [{ code: 'empty_text', path, message: 'The post has no text.' }]
  const findings: Finding[] = []
  const spoiler = typeof settings.spoiler_text === 'string' ? settings.spoiler_text : ''
  const length = mastodonLength(text, spoiler, limits.charactersPerUrl)
  const max = limits.maxTextLength ?? MASTODON_LIMITS.maxTextLength
  if (length > max) {
    const warning = spoiler === '' ? '' : ' with its content warning'
    const message = `The text${warning} counts ${length} characters, ${length - max} more than the ${max} this Mastodon server allows.`
    findings.push({ code: 'text_too_long', path, message })
  }
  if (!text.isWellFormed() || text.includes('\0')) {
    findings.push({
      code: 'invalid_characters',
      path,
      message: 'The text holds broken characters.',
    })
  }
  return findings
}
