import { z } from 'zod'
import type { Prepared } from '../connector.ts'
import { assetSchema } from './upload.ts'

const stateSchema = z.object({
  rules_read: z.literal(true),
  /** In the order of the files. */
  assets: z.array(assetSchema),
  poster: assetSchema.optional(),
})

export type RedditState = z.output<typeof stateSchema>

export function readState(prepared: Prepared | undefined): RedditState | undefined {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data : undefined
}
