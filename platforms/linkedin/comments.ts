import { z } from 'zod'
import { outcomeUnknown, rejected } from '../../domain/failures.ts'
import { jsonOrUndefined } from '../ask.ts'
import type { Committed, Draft, PublishedRef } from '../connector.ts'
import { linkedinPost } from './posts.ts'
import { type Account, askRest, inPath } from './rest.ts'

const COMMENT_URN = /^urn:li:comment:\((urn:li:[^,]+),([^)]+)\)$/

const createdSchema = z.object({
  commentUrn: z.string().optional(),
  $URN: z.string().optional(),
  id: z.union([z.string(), z.number()]).optional(),
})

/**
 * The first comment, whose text is plain: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
 */
export async function commitComment(account: Account, draft: Draft): Promise<Committed> {
  const post = (draft.parent ?? draft.root)?.platformPostId
  if (post === undefined) {
    const message = 'There is no post that this comment belongs to.'
    throw rejected({ code: 'linkedin_no_parent', message })
  }
  const request = {
    method: 'POST' as const,
    path: commentsPath(post),
    json: { actor: account.access.accountId, object: post, message: { text: draft.text } },
  }
  const answer = await askRest(account, request, 'irreversible')
  const parsed = createdSchema.safeParse(jsonOrUndefined(answer))
  const { commentUrn, $URN: urn, id } = parsed.success ? parsed.data : {}
  const known = commentUrn ?? urn ?? answer.headers.get('x-restli-id') ?? id
  if (known === undefined) throw unreadable(answer.status)
  return commentOf(account, post, String(known))
}

/** `known` is the URN of the comment, or its number below the post. */
export function commentOf({ hosts }: Account, post: string, known: string): Committed {
  const urn = COMMENT_URN.test(known) ? known : `urn:li:comment:(${post},${known})`
  const { permalink } = linkedinPost(hosts, post)
  const query = new URLSearchParams({ commentUrn: urn })
  return { platformPostId: urn, permalink: `${permalink}?${query}`, metadata: { post } }
}

export function isComment({ platformPostId }: PublishedRef): boolean {
  return COMMENT_URN.test(platformPostId)
}

export function commentsPath(post: string): string {
  return `/socialActions/${inPath(post)}/comments`
}

/** A comment is addressed by the post that it was made on, which its own URN may name otherwise. */
export async function deleteComment(account: Account, ref: PublishedRef): Promise<void> {
  const [, thread = '', id = ''] = COMMENT_URN.exec(ref.platformPostId) ?? []
  const path = `${commentsPath(ref.metadata?.post ?? thread)}/${encodeURIComponent(id)}`
  await askRest(account, { method: 'DELETE', path, query: { actor: account.access.accountId } })
}

function unreadable(httpStatus: number) {
  const message = 'LinkedIn answered in a form that Clarion does not know.'
  return outcomeUnknown({ code: 'unreadable_answer', message, httpStatus })
}
