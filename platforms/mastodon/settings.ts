import { z } from 'zod'

/** Defaults of Mastodon: https://docs.joinmastodon.org/entities/Instance/#max_options */
const poll = z.strictObject({
  options: z
    .array(z.string().trim().min(1, 'an answer must not be empty').max(50, 'at most 50 characters'))
    .min(2, 'a poll needs 2 answers')
    .max(4, 'a poll has at most 4 answers')
    .refine((options) => new Set(options).size === options.length, 'the answers must differ'),
  /** Seconds. */
  expires_in: z
    .int()
    .min(300, 'a poll lasts 5 minutes at least')
    .max(2_629_746, 'a poll lasts a month at most'),
  multiple: z.boolean().optional(),
  hide_totals: z.boolean().optional(),
})

/** Of one file: where the eye should rest, from -1 to 1 each: `0.4,-0.2`. */
const focus = z
  .string()
  .regex(
    /^-?(0(\.\d+)?|1(\.0+)?),-?(0(\.\d+)?|1(\.0+)?)$/,
    'it must be two numbers like “0.4,-0.2”',
  )

/** https://docs.joinmastodon.org/methods/statuses/#create */
export const mastodonSettings = z.strictObject({
  visibility: z.enum(['public', 'unlisted', 'private', 'direct']).optional(),
  spoiler_text: z.string().optional(),
  sensitive: z.boolean().optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'it must be a language code such as “en”')
    .optional(),
  poll: poll.optional(),
  /** In the order of the post's files; an empty one leaves it to the server. */
  focus: z
    .array(z.union([focus, z.literal('')]))
    .max(20)
    .optional(),
  in_reply_to_id: z.string().min(1).max(64).optional(),
  /** Servers before 4.5 leave the quote out. */
  quoted_status_id: z.string().min(1).max(64).optional(),
  quote_approval_policy: z.enum(['public', 'followers', 'nobody']).optional(),
})
