import { z } from 'zod'
import type { Account } from './authorizer.ts'
import type { AccountLimits } from './connector.ts'

const count = z.number().int().positive().optional()

const metadataSchema = z.object({
  limits: z.object({
    max_text_length: count,
    characters_per_url: count,
    max_media: count,
    max_image_bytes: count,
    max_video_bytes: count,
    max_video_duration_ms: count,
    mime_types: z.array(z.string()).optional(),
  }),
})

/** Where `identify` leaves an account's own limits, for `readAccountLimits`. */
export function withAccountLimits(
  metadata: Readonly<Record<string, unknown>>,
  limits: AccountLimits,
): Account['metadata'] {
  return {
    ...metadata,
    limits: {
      max_text_length: limits.maxTextLength,
      characters_per_url: limits.charactersPerUrl,
      max_media: limits.maxMedia,
      max_image_bytes: limits.maxImageBytes,
      max_video_bytes: limits.maxVideoBytes,
      max_video_duration_ms: limits.maxVideoDurationMs,
      mime_types: limits.mimeTypes,
    },
  }
}

/** The limits stored in a connection's metadata; none when it holds none. */
export function readAccountLimits(metadata: unknown): AccountLimits {
  const parsed = metadataSchema.safeParse(metadata)
  if (!parsed.success) return {}
  const { limits } = parsed.data
  return defined({
    maxTextLength: limits.max_text_length,
    charactersPerUrl: limits.characters_per_url,
    maxMedia: limits.max_media,
    maxImageBytes: limits.max_image_bytes,
    maxVideoBytes: limits.max_video_bytes,
    maxVideoDurationMs: limits.max_video_duration_ms,
    mimeTypes: limits.mime_types,
  })
}

/** Without the keys that have no value, so that spreading it over defaults keeps them. */
function defined(limits: { [Key in keyof AccountLimits]: AccountLimits[Key] | undefined }) {
  const known = Object.entries(limits).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) satisfies AccountLimits
}
