import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { pull } from '../../media/pull.ts'
import { badField } from './errors.ts'
import { type Business, type LocalPost, longId } from './store.ts'

/** https://support.google.com/business/answer/6103862 : JPG or PNG, 10 KB to 5 MB, 250×250 */
const TYPES = ['image/jpeg', 'image/png']
const BYTES = { min: 10_240, max: 5 * 1024 * 1024 }
const MIN_SIDE = 250
const MAX_ITEMS = 1

/** Fetches the photo that a post names. */
export async function pullPhoto({ site }: Business, req: ApiRequest): Promise<void> {
  const url = itemsOf(req)?.map(sourceOf)[0]
  if (url !== undefined) req.pulled.set(url, await pull(site.store.state.shelf, url))
}

/** The photo of a post, checked. A file that cannot be fetched is the client's mistake. */
export function mediaOf(req: ApiRequest, postName: string): LocalPost['media'] {
  const items = itemsOf(req) ?? []
  if (items.length > MAX_ITEMS) throw badField('local_post.media', 'Only one photo is allowed')
  return items.map((item, index) => {
    const field = `local_post.media[${index}]`
    const format = isRecord(item) ? item.mediaFormat : undefined
    if (format !== 'PHOTO') throw badField(`${field}.media_format`, 'Only PHOTO is supported')
    const sourceUrl = sourceOf(item)
    if (sourceUrl === undefined) throw badField(`${field}.source_url`, 'Invalid URL')
    const sha256 = checkedPhoto(req, sourceUrl, field)
    return { name: `${postName.split('/localPosts/')[0]}/media/${longId(19)}`, sha256, sourceUrl }
  })
}

function checkedPhoto(req: ApiRequest, url: string, field: string): string {
  const pulled = req.pulled.get(url)
  if (pulled?.ok !== true) throw badField(`${field}.source_url`, 'Fetching image failed.')
  const { file, info } = pulled
  if ((info.frames ?? 1) > 1) throw badField(field, 'Multiframe images not supported.')
  if (!TYPES.includes(info.mimeType) || info.broken === true) {
    throw badField(field, 'Image format is not supported.')
  }
  if (Math.min(info.width ?? 0, info.height ?? 0) < MIN_SIDE) {
    throw badField(field, 'Photo is too small; it must be at least 250x250 pixels.')
  }
  if (file.bytes < BYTES.min) throw badField(field, 'Image is too small in bytes.')
  if (file.bytes > BYTES.max) throw badField(field, 'Image is too large.')
  return file.sha256
}

function itemsOf(req: ApiRequest): unknown[] | undefined {
  const { media } = fields(req.body)
  return Array.isArray(media) ? media : undefined
}

function sourceOf(item: unknown): string | undefined {
  const url = isRecord(item) ? item.sourceUrl : undefined
  return typeof url === 'string' && /^https?:/i.test(url) && URL.canParse(url) ? url : undefined
}
