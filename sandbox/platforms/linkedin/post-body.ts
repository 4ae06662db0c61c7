import { z } from 'zod'
import { Refusal } from '../../http/answer.ts'
import type { Body } from '../../http/body.ts'
import { apiError } from './errors.ts'

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api */
const MAX_COMMENTARY = 3000
const MAX_TITLE = 400
const MAX_DESCRIPTION = 4086
const MAX_ALT_TEXT = 4086

const media = z.strictObject({
  id: z.string(),
  title: z.string().max(MAX_TITLE).optional(),
  altText: z.string().max(MAX_ALT_TEXT).optional(),
})

const article = z.strictObject({
  source: z.url({ protocol: /^https?$/ }),
  title: z.string().min(1).max(MAX_TITLE),
  description: z.string().max(MAX_DESCRIPTION).optional(),
  thumbnail: z.string().optional(),
  thumbnailAltText: z.string().max(MAX_ALT_TEXT).optional(),
})

const multiImage = z.strictObject({
  images: z
    .array(z.strictObject({ id: z.string(), altText: z.string().max(MAX_ALT_TEXT).optional() }))
    .min(2)
    .max(20),
  altText: z.string().optional(),
})

const poll = z.strictObject({
  question: z.string().min(1).max(140),
  options: z
    .array(z.strictObject({ text: z.string().min(1).max(30) }))
    .min(2)
    .max(4),
  settings: z.strictObject({
    duration: z.enum(['ONE_DAY', 'THREE_DAYS', 'SEVEN_DAYS', 'FOURTEEN_DAYS']),
    voteSelectionType: z.literal('SINGLE_VOTE').optional(),
    isVoterVisibleToAuthor: z.boolean().optional(),
  }),
})

const content = z.strictObject({
  media: media.optional(),
  article: article.optional(),
  multiImage: multiImage.optional(),
  poll: poll.optional(),
})

const postBody = z.strictObject({
  author: z.string(),
  commentary: z.string(),
  visibility: z.enum(['PUBLIC', 'CONNECTIONS', 'LOGGED_IN']),
  distribution: z.strictObject({
    feedDistribution: z.enum(['MAIN_FEED', 'NONE']),
    targetEntities: z.array(z.unknown()).optional(),
    thirdPartyDistributionChannels: z.array(z.unknown()).optional(),
  }),
  lifecycleState: z.literal('PUBLISHED'),
  isReshareDisabledByAuthor: z.boolean().optional(),
  content: content.optional(),
  reshareContext: z.strictObject({ parent: z.string(), root: z.string().optional() }).optional(),
})

export type PostBody = z.infer<typeof postBody>
export type PostContent = z.infer<typeof content>

/** The body of a new post, or the 400 that LinkedIn answers to one outside its schema. */
export function readPostBody(body: Body): PostBody {
  const parsed = postBody.safeParse(body.kind === 'json' ? body.value : undefined)
  if (!parsed.success) throw schemaRefusal(parsed.error.issues[0])
  const kinds = Object.values(parsed.data.content ?? {}).filter((one) => one !== undefined)
  if (parsed.data.content !== undefined && kinds.length !== 1) {
    throw badRequest('ILLEGAL_ARGUMENT', 'content must have exactly one of its members')
  }
  if (kinds.length > 0 && parsed.data.reshareContext !== undefined) {
    throw badRequest('ILLEGAL_ARGUMENT', 'A reshare cannot have content')
  }
  return parsed.data
}

/** `length` in UTF-16 units, which is how the server counts. */
export function assertCommentaryLength(text: string): void {
  if (text.length <= MAX_COMMENTARY) return
  const message = `commentary: field length ${text.length} exceeds the maximum of ${MAX_COMMENTARY}`
  throw badRequest('FIELD_LENGTH_TOO_LONG', message)
}

export function badRequest(code: string, message: string): Refusal {
  return new Refusal(apiError(400, { code, message }))
}

function schemaRefusal(issue: z.core.$ZodIssue | undefined): Refusal {
  const path = issue?.path.map(String).join('/') ?? ''
  if (issue?.code === 'unrecognized_keys') {
    return badRequest('UNPERMITTED_FIELDS', `/${path} :: unpermitted fields: ${issue.keys}`)
  }
  const isMissing = issue?.code === 'invalid_type' && /received undefined/.test(issue.message)
  if (isMissing) {
    return badRequest('MISSING_FIELD', `/${path} :: field is required but not found`)
  }
  const isLong = issue?.code === 'too_big'
  const code = isLong ? 'FIELD_LENGTH_TOO_LONG' : 'INVALID_VALUE_FOR_FIELD'
  return badRequest(code, `/${path} :: ${issue?.message}`)
}
