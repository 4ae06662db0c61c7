import { z } from 'zod'
import { graphemeLength } from './facets.ts'

/** https://docs.bsky.app/docs/advanced-guides/moderation: labels authors may put on themselves. */
const SELF_LABELS = ['!no-unauthenticated', 'porn', 'sexual', 'nudity', 'graphic-media'] as const

const webAddress = z.url({ protocol: /^https?$/, error: 'it must be a web address' })

const tag = z
  .string()
  .min(1, 'a tag must not be empty')
  .max(640, 'a tag has at most 64 characters')
  .refine((text) => graphemeLength(text) <= 64, 'a tag has at most 64 characters')

/**
 * https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json: at most 3
 * languages, 8 tags beside the text's own.
 */
export const blueskySettings = z.strictObject({
  langs: z
    .array(z.string().regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/, 'it must be a language code'))
    .max(3, 'at most 3 languages')
    .optional(),
  labels: z.array(z.enum(SELF_LABELS)).max(10, 'at most 10 labels').optional(),
  tags: z.array(tag).max(8, 'at most 8 tags').optional(),
  /** `true`: a card of the text's first link. Cards are made only when asked for. */
  link_card: z
    .union([
      z.boolean(),
      z.strictObject({
        url: webAddress,
        /** What the page says of itself, unless given. */
        title: z.string().min(1).max(300).optional(),
        description: z.string().max(1000).optional(),
      }),
    ])
    .optional(),
  /** The post to quote: `at://did:…/app.bsky.feed.post/…` or its address at bsky.app. */
  quote_uri: z
    .string()
    .regex(
      /^(at:\/\/did:[a-z]+:[^/\s]+\/app\.bsky\.feed\.post\/[^/\s]+|https:\/\/bsky\.app\/profile\/[^/\s]+\/post\/[^/?#\s]+)$/,
      'it must be the address of a Bluesky post',
    )
    .optional(),
  /** Who may reply besides the author; nobody when the list is empty. */
  threadgate: z
    .strictObject({ allow: z.array(z.enum(['mention', 'follower', 'following'])).max(3) })
    .optional(),
  /** Nobody may quote the post. */
  disable_quotes: z.boolean().optional(),
})

export type BlueskySettings = z.output<typeof blueskySettings>
