import { type Answer, json } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import { invalidParameter, refuse } from '../meta/errors.ts'
import { parseFields, present } from '../meta/fields.ts'
import { pageOf } from '../meta/paging.ts'
import { flag, jsonOf, param } from '../meta/params.ts'
import { withinTimes } from '../meta/time-range.ts'
import { type Call, pageOfPath } from './access.ts'
import { messageOf } from './message.ts'
import { postNode, shownBy } from './page-nodes.ts'
import { ALREADY_POSTED, DUPLICATE, EMPTY_POST, FACEBOOK_LINK } from './page-problems.ts'
import { addPost, type PagePost, type PageStore, type Photo, postsOf } from './page-store.ts'

/** How long Meta remembers a text is not documented. */
const DUPLICATE_WINDOW_MS = 10 * 60_000

/** POST /{page}/feed https://developers.facebook.com/docs/graph-api/reference/page/feed/ */
export function createPost(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'publish')
  refuseScheduling(call)
  const message = messageOf(call)
  const link = linkOf(param(req, 'link'))
  const photos = attachedPhotos(facebook.pages, page.id, param(req, 'attached_media'))
  if (message === '' && link === null && photos.length === 0) throw refuse(EMPTY_POST)
  const kind = photos.length > 0 ? ('photo' as const) : ('status' as const)
  const draft = { page_id: page.id, kind, message, link, photo_ids: photos.map((one) => one.id) }
  if (isRepeat(facebook.pages, draft, req.nowMs)) throw refuse(DUPLICATE)
  const post = addPost(facebook.pages, draft, req.nowMs)
  const fields = parseFields(param(req, 'fields'))
  return json(200, fields ? present(postNode(shownBy(call), post), fields) : { id: post.id })
}

/** GET /{page}/feed, /posts and /published_posts: newest first, without stories. */
export function listPosts(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'read')
  const rows = postsOf(facebook.pages, page.id).filter((one) => !one.kind.endsWith('story'))
  const byId = new Map(withinTimes(req, rows).map((post) => [post.id, post]))
  const fields = parseFields(param(req, 'fields'))
  const row = (id: string): unknown => {
    const post = byId.get(id)
    return post && present(postNode(shownBy(call), post), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}

/** GET /{page}/stories */
export function listStories(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'read')
  const rows = postsOf(facebook.pages, page.id).filter((one) => one.kind.endsWith('story'))
  const data = withinTimes(req, rows).map((post) => ({
    post_id: post.id,
    status: 'PUBLISHED',
    creation_time: String(Math.floor(post.created_at_ms / 1000)),
    media_type: post.kind === 'photo_story' ? 'photo' : 'video',
    media_id: post.video_id ?? post.photo_ids[0],
    url: `${req.origin}/facebook/stories/${page.id}/${post.id}/`,
  }))
  return json(200, { data })
}

/** GET /{page}/scheduled_posts: nothing is scheduled here. */
export function listScheduled(call: Call): Answer {
  pageOfPath(call, 'read')
  return json(200, { data: [] })
}

/** A post of `published=false` waits for a time that the sandbox never comes to. */
function refuseScheduling({ req }: Call): void {
  const isUnpublished = param(req, 'published') !== undefined && !flag(req, 'published')
  if (!isUnpublished && param(req, 'scheduled_publish_time') === undefined) return
  throw refuse({ ...invalidParameter('scheduling is not modelled by the sandbox'), status: 501 })
}

function linkOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw refuse(invalidParameter('link URL is not properly formatted'))
  }
  if (/(^|\.)facebook\.com$/.test(url.hostname)) throw refuse(FACEBOOK_LINK)
  return text
}

/** Photos only, each once. */
function attachedPhotos(store: PageStore, pageId: string, text: string | undefined): Photo[] {
  const photos = mediaIds(text).map((id) => store.photos.get(id))
  return photos.map((photo) => {
    if (photo?.page_id !== pageId) throw refuse(invalidParameter('Invalid media_fbid'))
    if (photo.post_id !== null) throw refuse(ALREADY_POSTED)
    return photo
  })
}

/** `[{"media_fbid":"…"}]`, or one field for each: `attached_media[0]={"media_fbid":"…"}`. */
function mediaIds(text: string | undefined): string[] {
  if (text === undefined) return []
  const value = jsonOf(text)
  const entries = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
  const ids = entries.map((entry: unknown) => {
    const media: unknown = typeof entry === 'string' ? jsonOf(entry) : entry
    return isRecord(media) && media.media_fbid !== undefined ? String(media.media_fbid) : ''
  })
  if (ids.length === 0 || ids.includes('')) {
    throw refuse(invalidParameter('Param attached_media must be an array of media_fbid'))
  }
  return ids
}

/** The same text and link again, soon after; posts with photos are never equal. */
function isRepeat(
  store: PageStore,
  draft: Pick<PagePost, 'page_id' | 'kind' | 'message' | 'link'>,
  nowMs: number,
): boolean {
  if (draft.kind !== 'status') return false
  return postsOf(store, draft.page_id)
    .filter((one) => nowMs - one.created_at_ms < DUPLICATE_WINDOW_MS && one.kind === 'status')
    .some((one) => one.message === draft.message && one.link === draft.link)
}
