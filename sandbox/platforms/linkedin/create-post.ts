import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { acceptContent } from './accept-content.ts'
import { type Author, authorizeWrite, authorOf } from './authors.ts'
import { duplicateOf, throttled } from './errors.ts'
import { readLittleText } from './little-text.ts'
import { assertCommentaryLength, badRequest, type PostBody, readPostBody } from './post-body.ts'
import type { LinkedinMedia, LinkedinPost, LinkedinStore } from './store.ts'

/** Deleted posts go on blocking for a day or two. */
const DUPLICATE_WINDOW_MS = 24 * 3_600_000
const DAY_MS = 24 * 3_600_000
/** Not published; about what clients report for a member. */
const DAILY_POSTS = 150

/** POST /rest/posts: 201 without a body, the URN is in a header. */
export function createPost(store: LinkedinStore, req: ApiRequest): Answer {
  const token = authorizeWrite(store, req, 'posts.CREATE')
  spendDay(store, token.account_id, req.nowMs)
  const body = readPostBody(req.body)
  const author = authorOf(store, token, body.author)
  if (author.kind === 'organization' && body.visibility === 'CONNECTIONS') {
    throw badRequest('INVALID_VALUE_FOR_FIELD', '/visibility :: an organization has no connections')
  }
  const { text, source } = readLittleText(body.commentary)
  assertCommentaryLength(text)
  const media = acceptContent(store, body.content, author)
  acceptReshare(store, body)
  if (text.trim() === '' && body.content === undefined && body.reshareContext === undefined) {
    throw badRequest('MISSING_FIELD', '/commentary :: a post without content needs a text')
  }
  const fingerprint = JSON.stringify([
    author.urn,
    body.commentary,
    body.content,
    body.reshareContext,
  ])
  refuseDuplicate(store, fingerprint, req.nowMs)
  const draft = { body, author, text, source, media, fingerprint }
  const { urn } = storePost(store, draft, req.nowMs)
  return { status: 201, headers: { 'x-restli-id': urn, 'x-linkedin-id': urn } }
}

/** No headers tell the limit; the day is that of UTC. */
function spendDay(store: LinkedinStore, accountId: string, nowMs: number): void {
  const day = new Date(nowMs).toISOString().slice(0, 10)
  const budget = { limit: DAILY_POSTS, windowMs: DAY_MS }
  const window = store.state.rateLimits.take(`linkedin posts ${accountId} ${day}`, budget, nowMs)
  if (!window.allowed) throw new Refusal(throttled())
}

function acceptReshare(store: LinkedinStore, { reshareContext }: PostBody): void {
  if (reshareContext === undefined) return
  const parent = store.posts.get(reshareContext.parent)
  if (parent === undefined || parent.deleted) {
    throw badRequest('ILLEGAL_ARGUMENT', `Could not find entity ${reshareContext.parent}`)
  }
}

function refuseDuplicate(store: LinkedinStore, fingerprint: string, nowMs: number): void {
  const twin = [...store.posts.values()].findLast(
    (one) => one.fingerprint === fingerprint && one.created_at_ms > nowMs - DUPLICATE_WINDOW_MS,
  )
  if (twin !== undefined) throw new Refusal(duplicateOf(twin.urn))
}

/** A post that passed every check. */
interface Draft {
  body: PostBody
  author: Author
  text: string
  source: string
  media: LinkedinMedia[]
  fingerprint: string
}

function storePost(store: LinkedinStore, draft: Draft, nowMs: number): LinkedinPost {
  const { body, author, text, source, media, fingerprint } = draft
  const { commentary: _, author: __, ...settings } = body
  const post: LinkedinPost = {
    urn: `urn:li:${urnTypeOf(body)}:${store.ids.next(nowMs)}`,
    author: author.urn,
    commentary: source,
    settings,
    fingerprint,
    created_at_ms: nowMs,
    deleted: false,
  }
  store.posts.set(post.urn, post)
  const row = { account_id: author.id, platform_post_id: post.urn, text }
  const shown = media.map((one) => one.sha256)
  store.state.posts.accept({ platform: 'linkedin', ...row, media: shown }, nowMs)
  return post
}

/** Both types occur, and which one is LinkedIn's choice. */
function urnTypeOf({ content }: PostBody): 'share' | 'ugcPost' {
  const id = content?.media?.id ?? ''
  const isNewer = content?.multiImage !== undefined || content?.poll !== undefined
  return isNewer || id.startsWith('urn:li:video:') ? 'ugcPost' : 'share'
}
