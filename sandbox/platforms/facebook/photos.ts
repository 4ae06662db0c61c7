import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect, type MediaInfo } from '../../media/inspect.ts'
import { pull } from '../../media/pull.ts'
import { invalidParameter, refuse } from '../meta/errors.ts'
import { parseFields, present } from '../meta/fields.ts'
import { pageOf } from '../meta/paging.ts'
import { flag, param, requiredParam } from '../meta/params.ts'
import { type Call, pageOfPath } from './access.ts'
import { messageOf } from './message.ts'
import { photoNode, shownBy } from './page-nodes.ts'
import { BAD_PHOTO, BAD_URL, PHOTO_TOO_LARGE, STORY_PHOTO_USED } from './page-problems.ts'
import { addPost, type PageStore, type Photo } from './page-store.ts'

const MB = 1_000_000
/** https://developers.facebook.com/docs/graph-api/reference/page/photos/ */
const MAX_PHOTO_BYTES = 10 * MB
const MAX_STORY_BYTES = 4 * MB
const TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/tiff']

/** Fetches `url`, as Meta’s crawler does, or looks into `source`. */
export async function takePhoto({ state }: PageStore, req: ApiRequest): Promise<void> {
  const url = param(req, 'url')
  if (url !== undefined) req.pulled.set('url', await pull(state.shelf, url))
  const file = req.files.get('source')
  if (file !== undefined) req.found.set('source', await inspect(state.shelf.pathOf(file.name)))
}

/** POST /{page}/photos: a post, or with `published=false` a photo to attach. */
export function createPhoto(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'publish')
  const { file, info } = photoOf(call)
  if (info.broken || !TYPES.includes(info.mimeType)) throw refuse(BAD_PHOTO)
  if (file.bytes > MAX_PHOTO_BYTES) throw refuse(PHOTO_TOO_LARGE)
  const caption = messageOf(call) || messageOf(call, 'caption')
  const photo: Photo = {
    id: facebook.pages.ids.next(req.nowMs),
    page_id: page.id,
    sha256: file.sha256,
    bytes: file.bytes,
    caption,
    alt_text: param(req, 'alt_text_custom') ?? null,
    post_id: null,
    created_at_ms: req.nowMs,
  }
  facebook.pages.photos.set(photo.id, photo)
  if (isUnpublished(req)) return json(200, { id: photo.id })
  const draft = { page_id: page.id, kind: 'photo' as const, message: caption }
  const post = addPost(facebook.pages, { ...draft, photo_ids: [photo.id] }, req.nowMs)
  return json(200, { id: photo.id, post_id: post.id })
}

export function isUnpublished(req: ApiRequest): boolean {
  return param(req, 'published') !== undefined && !flag(req, 'published')
}

function photoOf({ facebook, req }: Call): {
  file: { bytes: number; sha256: string }
  info: MediaInfo
} {
  const pulled = req.pulled.get('url')
  if (pulled?.ok === false) throw refuse(BAD_URL)
  if (pulled !== undefined) return pulled
  const sent = req.files.get('source')
  const info = req.found.get('source')
  if (sent === undefined || info === undefined) throw refuse(BAD_PHOTO)
  return { file: facebook.pages.state.shelf.finish(sent.name), info }
}

/** POST /{page}/photo_stories: of a photo that is nowhere else. */
export function createPhotoStory(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'publish')
  const photo = facebook.pages.photos.get(requiredParam(req, 'photo_id'))
  if (photo?.page_id !== page.id) throw refuse(invalidParameter('Invalid photo_id'))
  if (photo.post_id !== null) throw refuse(STORY_PHOTO_USED)
  if (photo.bytes > MAX_STORY_BYTES) throw refuse(PHOTO_TOO_LARGE)
  const draft = { page_id: page.id, kind: 'photo_story' as const, message: '' }
  const post = addPost(facebook.pages, { ...draft, photo_ids: [photo.id] }, req.nowMs)
  return json(200, { success: true, post_id: post.id })
}

/** GET /{page}/photos?type=uploaded: those that are in a post. */
export function listPhotos(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'read')
  const rows = [...facebook.pages.photos.values()]
    .filter((one) => one.page_id === page.id && one.post_id !== null)
    .reverse()
  const byId = new Map(rows.map((photo) => [photo.id, photo]))
  const fields = parseFields(param(req, 'fields'))
  const row = (id: string): unknown => {
    const photo = byId.get(id)
    return photo && present(photoNode(shownBy(call), photo), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}
