import { z } from 'zod'

function idOf(what: string) {
  return z.string().regex(/^[0-9]{1,19}$/, `it must be the digits of ${what}`)
}

/** https://docs.x.com/x-api/posts/create-post: 2 to 4 answers, 5 minutes to 7 days. */
const poll = z.strictObject({
  options: z
    .array(z.string().trim().min(1, 'an answer must not be empty').max(25, 'at most 25 characters'))
    .min(2, 'a poll needs 2 answers')
    .max(4, 'a poll has at most 4 answers'),
  duration_minutes: z
    .int()
    .min(5, 'a poll lasts 5 minutes at least')
    .max(10_080, 'a poll lasts 7 days at most'),
})

/** https://docs.x.com/x-api/posts/create-post; they are about the post, not about its thread. */
export const xSettings = z.strictObject({
  reply_settings: z.enum(['following', 'mentionedUsers', 'subscribers', 'verified']).optional(),
  made_with_ai: z.boolean().optional(),
  paid_partnership: z.boolean().optional(),
  community_id: idOf('a community id').optional(),
  share_with_followers: z.boolean().optional(),
  poll: poll.optional(),
  /** Apps of the self-serve tiers may quote their own account's posts only. */
  quote_tweet_id: idOf('a post id').optional(),
  /** Allowed when its author mentioned or quoted the account, or is the account. */
  in_reply_to_tweet_id: idOf('a post id').optional(),
  tagged_user_ids: z.array(idOf('a user id')).max(10, 'at most 10 people').optional(),
})

export type XSettings = z.output<typeof xSettings>
