import { z } from 'zod'
import type { Account } from './authorizer.ts'
import type { AccountLimits } from './connector.ts'

const metadataSchema = z.object({
  limits: z.object({
    max_text_length: z.number().int().positive().optional(),
    characters_per_url: z.number().int().positive().optional(),
  }),
})

/** Where `identify` leaves an account's own limits, for `readAccountLimits`. */
export function withAccountLimits(
  metadata: Readonly<Record<string, unknown>>,
  limits: AccountLimits,
): Account['metadata'] {
  const { maxTextLength, charactersPerUrl } = limits
  return {
    ...metadata,
    limits: { max_text_length: maxTextLength, characters_per_url: charactersPerUrl },
  }
}

/** The limits stored in a connection's metadata; none when it holds none. */
export function readAccountLimits(metadata: unknown): AccountLimits {
  const parsed = metadataSchema.safeParse(metadata)
  if (!parsed.success) return {}
  const { max_text_length: maxTextLength, characters_per_url: charactersPerUrl } =
    parsed.data.limits
  return {
    ...(maxTextLength === undefined ? {} : { maxTextLength }),
    ...(charactersPerUrl === undefined ? {} : { charactersPerUrl }),
  }
}
