import { z } from 'zod'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { Body } from '../../http/body.ts'
import { invalidRequest } from './errors.ts'

const id = z.string().regex(/^[0-9]{1,19}$/)

/** https://docs.x.com/x-api/posts/create-post */
const createBody = z.strictObject({
  text: z.string().optional(),
  reply: z
    .strictObject({
      in_reply_to_tweet_id: id,
      exclude_reply_user_ids: z.array(id).optional(),
      auto_populate_reply_metadata: z.boolean().optional(),
    })
    .optional(),
  quote_tweet_id: id.optional(),
  media: z
    .strictObject({
      media_ids: z.array(id).min(1).max(4),
      tagged_user_ids: z.array(id).max(10).optional(),
    })
    .optional(),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1).max(25)).min(2).max(4),
      duration_minutes: z.int().min(5).max(10_080),
      reply_settings: z.enum(['following', 'mentionedUsers']).optional(),
    })
    .optional(),
  reply_settings: z.enum(['following', 'mentionedUsers', 'subscribers', 'verified']).optional(),
  community_id: id.optional(),
  share_with_followers: z.boolean().optional(),
  made_with_ai: z.boolean().optional(),
  paid_partnership: z.boolean().optional(),
  edit_options: z.strictObject({ previous_post_id: id }).optional(),
  nullcast: z.boolean().optional(),
  direct_message_deep_link: z.string().optional(),
  for_super_followers_only: z.boolean().optional(),
  card_uri: z.string().optional(),
  geo: z.strictObject({ place_id: z.string().optional() }).optional(),
})

export type CreateBody = z.infer<typeof createBody>

/** The body of POST /2/tweets, or the 400 that X answers to one outside its schema. */
export function readCreateBody(body: Body): CreateBody {
  if (body.kind !== 'json') throw new Refusal(invalidRequest('Request body must be valid JSON.'))
  const parsed = createBody.safeParse(body.value)
  if (!parsed.success) throw new Refusal(schemaRefusal(parsed.error.issues[0]))
  const kinds = [
    parsed.data.media,
    parsed.data.poll,
    parsed.data.quote_tweet_id,
    parsed.data.card_uri,
  ]
  if (kinds.filter((kind) => kind !== undefined).length > 1) {
    throw new Refusal(
      invalidRequest('$: media, poll, quote_tweet_id and card_uri are mutually exclusive'),
    )
  }
  return parsed.data
}

/** The first issue only, as the API reports it. */
function schemaRefusal(issue: z.core.$ZodIssue | undefined): Answer {
  const path = ['$', ...(issue?.path ?? [])].map(String).join('.')
  if (issue?.code !== 'unrecognized_keys') return invalidRequest(`${path}: ${issue?.message}`)
  const name = `${path}.${issue.keys[0]}`
  return invalidRequest(
    `${name}: is not defined in the schema and the schema does not allow additional properties`,
  )
}
