import { z } from 'zod'

const option = z.string().min(1).max(30)

/**
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
 * `link` becomes an article: LinkedIn reads no page by itself, so title and picture are ours to give.
 */
export const linkedinSettings = z.strictObject({
  visibility: z.enum(['PUBLIC', 'CONNECTIONS', 'LOGGED_IN']).optional(),
  /** Of a document; every document needs one. */
  title: z.string().min(1).max(400).optional(),
  link: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'it must be a web address' }).max(2048),
      title: z.string().min(1).max(400),
      description: z.string().min(1).max(4086).optional(),
    })
    .optional(),
  /** The picture beside `link`. */
  thumbnail_media_id: z.uuid().optional(),
  /** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/poll-post-api */
  poll: z
    .strictObject({
      question: z.string().min(1).max(140),
      options: z.array(option).min(2).max(4),
      duration: z.enum(['ONE_DAY', 'THREE_DAYS', 'SEVEN_DAYS', 'FOURTEEN_DAYS']),
    })
    .optional(),
  is_reshare_disabled_by_author: z.boolean().optional(),
})

export type LinkedinSettings = z.output<typeof linkedinSettings>
