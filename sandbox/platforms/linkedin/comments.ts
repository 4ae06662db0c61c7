import { z } from 'zod'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorizeRead, authorizeWrite, authorOf, pathUrn } from './authors.ts'
import { apiError } from './errors.ts'
import { badRequest } from './post-body.ts'
import type { LinkedinComment, LinkedinPost, LinkedinStore } from './store.ts'

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api */
const MAX_COMMENT = 1250

const commentBody = z.object({
  actor: z.string(),
  object: z.string(),
  message: z.object({ text: z.string().min(1), attributes: z.array(z.unknown()).optional() }),
  parentComment: z.string().optional(),
})

/** POST /rest/socialActions/{urn}/comments: the text is plain, not little text. */
export function createComment(store: LinkedinStore, req: ApiRequest): Answer {
  const token = authorizeWrite(store, req, 'socialActions/comments.CREATE')
  const parsed = commentBody.safeParse(req.body.kind === 'json' ? req.body.value : undefined)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest('MISSING_FIELD', `/${issue?.path.join('/')} :: ${issue?.message}`)
  }
  const { actor, message, object } = parsed.data
  if (message.text.length > MAX_COMMENT) {
    throw badRequest('FIELD_LENGTH_TOO_LONG', `/message/text :: at most ${MAX_COMMENT} characters`)
  }
  const author = authorOf(store, token, actor)
  const post = livePost(store, pathUrn(req))
  if (object !== post.urn)
    throw badRequest('ILLEGAL_ARGUMENT', '/object :: is not that of the path')
  const id = store.ids.next(req.nowMs)
  const comment: LinkedinComment = {
    id,
    urn: `urn:li:comment:(urn:li:activity:${post.urn.split(':').at(-1)},${id})`,
    post_urn: post.urn,
    actor,
    text: message.text,
    created_at_ms: req.nowMs,
  }
  store.comments.set(id, comment)
  const row = { account_id: author.id, platform_post_id: post.urn, comment_id: comment.urn }
  store.state.comments.accept({ platform: 'linkedin', ...row, text: comment.text }, req.nowMs)
  return { ...json(201, present(comment)), headers: { 'x-restli-id': id } }
}

/** GET /rest/socialActions/{urn}/comments */
export function listComments(store: LinkedinStore, req: ApiRequest): Answer {
  const assertReadable = authorizeRead(store, req, 'socialActions/comments.GET_ALL')
  const post = livePost(store, pathUrn(req))
  assertReadable(post.author)
  const elements = [...store.comments.values()].filter((one) => one.post_urn === post.urn)
  const paging = { start: 0, count: elements.length, total: elements.length, links: [] }
  return json(200, { paging, elements: elements.map(present) })
}

/** DELETE /rest/socialActions/{urn}/comments/{id} */
export function deleteComment(store: LinkedinStore, req: ApiRequest): Answer {
  const token = authorizeWrite(store, req, 'socialActions/comments.DELETE')
  const post = livePost(store, pathUrn(req))
  const comment = store.comments.get(req.params.id ?? '')
  if (comment === undefined || comment.post_urn !== post.urn) throw notFound('comment')
  authorOf(store, token, comment.actor)
  store.comments.delete(comment.id)
  store.state.comments.delete('linkedin', comment.urn, req.nowMs)
  return { status: 204 }
}

function livePost(store: LinkedinStore, urn: string): LinkedinPost {
  const post = store.posts.get(urn)
  if (post === undefined || post.deleted) throw notFound(urn)
  return post
}

function present(comment: LinkedinComment): Record<string, unknown> {
  const { id, urn, post_urn, actor, text, created_at_ms } = comment
  const stamp = { actor, time: created_at_ms }
  const message = { attributes: [], text }
  const times = { created: stamp, lastModified: stamp }
  return { id, commentUrn: urn, $URN: urn, actor, object: post_urn, message, ...times }
}

function notFound(what: string): Refusal {
  return new Refusal(apiError(404, { message: `Could not find entity ${what}` }))
}
