import { z } from 'zod'
import type { Attempt, Draft } from '../connector.ts'
import { windowStart } from '../timing.ts'
import { commentsPath } from './comments.ts'
import { fromLittleText, toLittleText } from './little-text.ts'
import { readAssets } from './media-state.ts'
import { isOrganization } from './organizations.ts'
import { type Account, readRest } from './rest.ts'

const PAGE_SIZE = 100
const MAX_PAGES = 5

const mediaSchema = z.object({ id: z.string().optional() })

export const postSchema = z.object({
  id: z.string(),
  commentary: z.string().optional(),
  createdAt: z.number().optional(),
  lastModifiedAt: z.number().optional(),
  lifecycleState: z.string().optional(),
  content: z
    .object({
      media: mediaSchema.optional(),
      multiImage: z.object({ images: z.array(mediaSchema) }).optional(),
    })
    .optional()
    .catch(undefined),
})

const postsSchema = z.object({ elements: z.array(postSchema) })

const commentsSchema = z.object({
  elements: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).optional(),
      commentUrn: z.string().optional(),
      $URN: z.string().optional(),
      actor: z.string().optional(),
      created: z.object({ time: z.number().optional() }).optional(),
      message: z.object({ text: z.string().optional() }).optional(),
    }),
  ),
})

type Post = z.output<typeof postSchema>

/** What was looked for in a list; `complete`: the list held the whole time in question. */
export interface Search {
  match: string | undefined
  complete: boolean
}

/** Members' own posts may be read by selected partners only. */
export function canRead({ access }: Account): boolean {
  const { accountId, scopes } = access
  const wanted = isOrganization(accountId) ? 'r_organization_social' : 'r_member_social'
  const isUnknown = scopes.length === 0 && isOrganization(accountId)
  return isUnknown || scopes.some((scope) => scope.startsWith(wanted))
}

/**
 * The account's posts, those changed last first.
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
 */
export async function findPost(account: Account, attempt: Attempt): Promise<Search> {
  const from = windowStart(attempt).getTime()
  const matches = (post: Post) => (post.createdAt ?? from) >= from && isSame(post, attempt)
  for (let page = 0; page < MAX_PAGES; page++) {
    const { elements } = await readRest(
      account,
      {
        path: '/posts',
        query: {
          author: account.access.accountId,
          q: 'author',
          count: String(PAGE_SIZE),
          start: String(page * PAGE_SIZE),
          sortBy: 'LAST_MODIFIED',
        },
        headers: { 'x-restli-method': 'FINDER' },
      },
      postsSchema,
    )
    const match = elements.find(matches)?.id
    if (match !== undefined) return { match, complete: true }
    const last = elements.at(-1)
    const reached = last?.lastModifiedAt ?? last?.createdAt ?? Infinity
    if (elements.length < PAGE_SIZE || reached < from) return { match, complete: true }
  }
  return { match: undefined, complete: false }
}

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api */
export async function findComment(account: Account, attempt: Attempt): Promise<Search> {
  const { draft, excludedPostIds = [] } = attempt
  const from = windowStart(attempt).getTime()
  const path = commentsPath(postOf(draft))
  const query = { start: '0', count: String(PAGE_SIZE) }
  const { elements } = await readRest(account, { path, query }, commentsSchema)
  const found = elements.find(
    ({ actor, created, message, ...comment }) =>
      actor === account.access.accountId &&
      (created?.time ?? from) >= from &&
      tidy(message?.text) === tidy(draft.text) &&
      !excludedPostIds.includes(comment.commentUrn ?? comment.$URN ?? ''),
  )
  const match = found?.commentUrn ?? found?.$URN ?? found?.id
  return { match: match?.toString(), complete: elements.length < PAGE_SIZE }
}

export function postOf(draft: Draft): string {
  return (draft.parent ?? draft.root)?.platformPostId ?? ''
}

/** Files have ids of their own in every try, so equal ids prove more than equal text. */
function isSame({ id, commentary, content }: Post, attempt: Attempt): boolean {
  const { draft, excludedPostIds = [], prepared } = attempt
  if (excludedPostIds.includes(id)) return false
  const sent = fromLittleText(toLittleText(draft.text))
  if (tidy(fromLittleText(commentary ?? '')) !== tidy(sent)) return false
  const shown = content?.multiImage?.images ?? (content?.media ? [content.media] : undefined)
  if (shown === undefined || draft.media.length === 0) return true
  const urns = readAssets(prepared).map(({ urn }) => urn)
  return shown.every((media, index) => media.id === undefined || media.id === urns[index])
}

function tidy(text = ''): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}
