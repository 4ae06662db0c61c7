import type { Answer } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { CATEGORIES, type Category, fileFault, ONE_SHOT_CATEGORIES } from './media-rules.ts'
import {
  addMedia,
  authorizeMedia,
  bad,
  base64Bytes,
  data,
  measure,
  textOf,
  view,
} from './media-store.ts'
import type { XStore } from './store.ts'

const ONE_SHOT_LIMIT = 500

/** POST /2/media/upload with the whole file: https://docs.x.com/x-api/media/upload-media */
export function uploadOnce(store: XStore, req: ApiRequest): Answer {
  const owner = authorizeMedia(store, req, { name: 'POST media/upload', limit: ONE_SHOT_LIMIT })
  const category = textOf(req, 'media_category')
  if (!isCategory(category) || !ONE_SHOT_CATEGORIES.includes(category)) {
    throw bad(`$.media_category: ${category || 'is missing'}`)
  }
  const [found] = req.found
  if (found === undefined) throw bad('$.media: is missing but it is required')
  const [name, info] = found
  const file = store.state.shelf.finish(name)
  const fault = fileFault(category, { info, bytes: file.bytes, premium: false })
  if (fault !== undefined) throw bad(fault)
  const media = addMedia(store, { owner, category, type: info.mimeType, nowMs: req.nowMs })
  Object.assign(media, { file: name, sha256: file.sha256, bytes: file.bytes, state: 'ready' })
  measure(media, info)
  const { width: w, height: h } = info
  const image = w === undefined ? {} : { image: { image_type: info.mimeType, w, h } }
  return data({ ...view(media, req.nowMs), ...image })
}

/** Looks into the one file of a request, be it a part of a form or base64 in JSON. */
export async function inspectOnce(store: XStore, req: ApiRequest): Promise<void> {
  const { shelf } = store.state
  const inline = fields(req.body).media
  let name = req.files.get('media')?.name
  if (name === undefined && typeof inline === 'string') {
    name = shelf.create()
    shelf.append(name, base64Bytes(inline))
  }
  if (name !== undefined) req.found.set(name, await inspect(shelf.pathOf(name)))
}

function isCategory(text: string): text is Category {
  return CATEGORIES.some((one) => one === text)
}
