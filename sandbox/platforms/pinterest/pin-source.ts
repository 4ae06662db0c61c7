import { Refusal } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect, type MediaInfo } from '../../media/inspect.ts'
import { pull } from '../../media/pull.ts'
import { invalid, unreachable } from './errors.ts'
import type { Pin, PinterestMedia, PinterestStore } from './store.ts'

const MAX_IMAGE_BYTES = 20 * 1024 * 1024
const ITEMS = { min: 2, max: 5 }
const TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
/** Of base64, which has to say its type. */
const SENT_TYPES = ['image/jpeg', 'image/png']

/** What a pin shows. */
export interface PinSource {
  media_type: Pin['media_type']
  files: string[]
  /** Used up by the pin. */
  media?: PinterestMedia
}

/** Fetches and decodes every file that the source of a pin names; redirects are followed. */
export async function takeSource({ state }: PinterestStore, req: ApiRequest): Promise<void> {
  const source = sourceOf(req)
  const items = Array.isArray(source.items) ? source.items.filter(isRecord) : [source]
  await Promise.all(items.map((item, index) => takeItem(state, req, item, `item ${index}`)))
  const cover = { url: source.cover_image_url, data: source.cover_image_data }
  await takeItem(state, req, cover, 'cover')
}

async function takeItem(
  { shelf }: PinterestStore['state'],
  req: ApiRequest,
  item: Record<string, unknown>,
  key: string,
): Promise<void> {
  if (typeof item.url === 'string') req.pulled.set(key, await pull(shelf, item.url))
  if (typeof item.data !== 'string') return
  const name = shelf.create()
  shelf.append(name, Buffer.from(item.data, 'base64'))
  const info = await inspect(shelf.pathOf(name))
  req.pulled.set(key, { ok: true, file: shelf.finish(name), info, contentType: '' })
}

/** `media_source` of POST /v5/pins https://developers.pinterest.com/docs/api/v5/pins-create */
export function readSource(store: PinterestStore, req: ApiRequest, ownerId: string): PinSource {
  const source = sourceOf(req)
  switch (source.source_type) {
    case 'image_url':
      return { media_type: 'image', files: [byUrl(req, source, 'item 0')] }
    case 'image_base64':
      return { media_type: 'image', files: [byData(req, source, 'item 0')] }
    case 'multiple_image_urls':
      return { media_type: 'multiple_images', files: several(req, source, byUrl) }
    case 'multiple_image_base64':
      return { media_type: 'multiple_images', files: several(req, source, byData) }
    case 'video_id':
      return video(store, req, source, ownerId)
    default:
      throw invalid(`'source_type' '${String(source.source_type)}' is not one of the options.`)
  }
}

type Read = (req: ApiRequest, item: Record<string, unknown>, key: string) => string

function byUrl(req: ApiRequest, item: Record<string, unknown>, key: string): string {
  if (typeof item.url !== 'string') throw invalid("'url' is a required property.")
  if (!URL.canParse(item.url) || !/^https?:/.test(item.url)) {
    throw invalid(`You have entered an invalid URL: ${item.url}`)
  }
  const pulled = req.pulled.get(key)
  if (!pulled?.ok) throw new Refusal(unreachable())
  return image(pulled, TYPES)
}

function byData(req: ApiRequest, item: Record<string, unknown>, key: string): string {
  const type = String(item.content_type)
  if (!SENT_TYPES.includes(type)) {
    throw invalid(`'content_type' '${type}' is not one of ['image/jpeg', 'image/png'].`)
  }
  const pulled = req.pulled.get(key)
  if (!pulled?.ok) throw invalid("'data' is a required property.")
  return image(pulled, [type])
}

function image(
  { file, info }: { file: { sha256: string; bytes: number }; info: MediaInfo },
  types: readonly string[],
): string {
  if (info.broken || !types.includes(info.mimeType)) {
    throw invalid('The image could not be read or is of an unsupported type.')
  }
  if (file.bytes > MAX_IMAGE_BYTES) throw invalid('The image is too large.')
  return file.sha256
}

function several(req: ApiRequest, source: Record<string, unknown>, read: Read): string[] {
  const items = Array.isArray(source.items) ? source.items.filter(isRecord) : []
  if (items.length < ITEMS.min) throw invalid(`'items' constraint: minItems=${ITEMS.min}`)
  if (items.length > ITEMS.max) throw invalid(`'items' constraint: maxItems=${ITEMS.max}`)
  const files = items.map((item, index) => read(req, item, `item ${index}`))
  const shapes = items.map((_item, index) => ratioOf(req, `item ${index}`))
  const first = shapes[0] ?? 1
  if (shapes.some((one) => Math.abs(one - first) > 0.01)) {
    throw invalid('All images must have the same aspect ratio.')
  }
  return files
}

function ratioOf(req: ApiRequest, key: string): number {
  const pulled = req.pulled.get(key)
  return pulled?.ok ? (pulled.info.width ?? 1) / (pulled.info.height ?? 1) : 1
}

function video(
  store: PinterestStore,
  req: ApiRequest,
  source: Record<string, unknown>,
  ownerId: string,
): PinSource {
  assertCover(req, source)
  const media = store.media.get(String(source.media_id))
  if (media?.owner_id !== ownerId) throw invalid('The media_id is not that of a video.')
  if (media.pin_id !== null) throw invalid('The media_id is attached to another Pin already.')
  if (media.status !== 'succeeded' || media.sha256 === null) {
    throw invalid(`The video is not ready: its status is ${media.status}.`)
  }
  return { media_type: 'video', files: [media.sha256], media }
}

function assertCover(req: ApiRequest, source: Record<string, unknown>): void {
  if (typeof source.cover_image_key_frame_time === 'number') return
  if (typeof source.cover_image_url === 'string') {
    byUrl(req, { url: source.cover_image_url }, 'cover')
  } else if (typeof source.cover_image_data === 'string') {
    byData(req, { content_type: source.cover_image_content_type }, 'cover')
  } else {
    throw invalid("Parameter 'cover_image_url or cover_image_content_type' is required.")
  }
}

function sourceOf(req: ApiRequest): Record<string, unknown> {
  const source = fields(req.body).media_source
  return isRecord(source) ? source : {}
}
