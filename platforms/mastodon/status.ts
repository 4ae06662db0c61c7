import { z } from 'zod'
import type { Committed } from '../connector.ts'

/** https://docs.joinmastodon.org/entities/Status/ */
export const statusSchema = z.object({
  id: z.string().min(1),
  url: z.string().nullish(),
  uri: z.string().optional(),
})

export function mastodonPost(status: z.output<typeof statusSchema>): Committed {
  return {
    platformPostId: status.id,
    permalink: status.url ?? status.uri ?? null,
    ...(status.uri === undefined ? {} : { metadata: { uri: status.uri } }),
  }
}
