import { z } from 'zod'
import type { Account, AccountLimits } from './connector.ts'

const metadataSchema = z.object({
  limits: z.object({
    maxTextLength: z.number().int().positive().optional(),
    charactersPerUrl: z.number().int().positive().optional(),
  }),
})

/** Where `identify` leaves an account's own limits, for `readAccountLimits`. */
export function withAccountLimits(
  metadata: Readonly<Record<string, unknown>>,
  limits: AccountLimits,
): Account['metadata'] {
  return { ...metadata, limits }
}

/** The limits stored in a connection's metadata; none when it holds none. */
export function readAccountLimits(metadata: unknown): AccountLimits {
  const parsed = metadataSchema.safeParse(metadata)
  if (!parsed.success) return {}
  const { maxTextLength, charactersPerUrl } = parsed.data.limits
  return {
    ...(maxTextLength === undefined ? {} : { maxTextLength }),
    ...(charactersPerUrl === undefined ? {} : { charactersPerUrl }),
  }
}
