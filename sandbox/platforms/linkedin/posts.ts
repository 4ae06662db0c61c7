import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorizeRead, authorizeWrite, authorOf, pathUrn } from './authors.ts'
import { apiError } from './errors.ts'
import { badRequest } from './post-body.ts'
import type { LinkedinPost, LinkedinStore } from './store.ts'

const DEFAULT_COUNT = 10
const MAX_COUNT = 100

/** GET /rest/posts/{urn}: posts of organizations only, members cannot read their own. */
export function showPost(store: LinkedinStore, req: ApiRequest): Answer {
  const assertReadable = authorizeRead(store, req, 'posts.GET')
  const post = store.posts.get(pathUrn(req))
  if (post === undefined || post.deleted) throw notFound()
  assertReadable(post.author)
  return json(200, present(post))
}

/** GET /rest/posts?q=author with X-RestLi-Method: FINDER, newest first. */
export function findPosts(store: LinkedinStore, req: ApiRequest): Answer {
  const assertReadable = authorizeRead(store, req, 'posts.FINDER-author')
  if (req.header('x-restli-method') !== 'FINDER' || req.query.get('q') !== 'author') {
    throw badRequest('ILLEGAL_ARGUMENT', 'Use the finder author with X-RestLi-Method: FINDER')
  }
  const author = req.query.get('author') ?? ''
  assertReadable(author)
  const start = whole(req, 'start', 0)
  const count = Math.min(whole(req, 'count', DEFAULT_COUNT), MAX_COUNT)
  const all = [...store.posts.values()].filter((one) => one.author === author && !one.deleted)
  const elements = all.toReversed().slice(start, start + count)
  const paging = { start, count, total: all.length, links: [] }
  return json(200, { paging, elements: elements.map(present) })
}

/** DELETE /rest/posts/{urn}: 204 also for what is gone. */
export function deletePost(store: LinkedinStore, req: ApiRequest): Answer {
  const token = authorizeWrite(store, req, 'posts.DELETE')
  const post = store.posts.get(pathUrn(req))
  if (post === undefined || post.deleted) return { status: 204 }
  authorOf(store, token, post.author)
  post.deleted = true
  store.state.posts.delete('linkedin', post.urn, req.nowMs)
  return { status: 204 }
}

function present({ urn, author, commentary, settings, created_at_ms }: LinkedinPost): unknown {
  return {
    id: urn,
    author,
    commentary,
    ...settings,
    createdAt: created_at_ms,
    publishedAt: created_at_ms,
    lastModifiedAt: created_at_ms,
    lifecycleStateInfo: { isEditedByAuthor: false },
  }
}

function whole(req: ApiRequest, name: string, fallback: number): number {
  const text = req.query.get(name)
  if (text === null) return fallback
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw badRequest('PARAM_INVALID', `Query parameter '${name}' is invalid`)
}

function notFound(): Refusal {
  return new Refusal(apiError(404, { message: 'Could not find entity' }))
}
