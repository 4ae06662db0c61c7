import { z } from 'zod'
import type { Answer } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { announcementFault, CATEGORIES, fileFault, kindOf } from './media-rules.ts'
import {
  addMedia,
  authorizeMedia,
  bad,
  base64Bytes,
  CHUNKED_LIMIT,
  data,
  measure,
  ownMedia,
  textOf,
  UNATTACHED_MS,
  UPLOADING_MS,
  view,
} from './media-store.ts'
import { isPremium } from './people.ts'
import type { XStore } from './store.ts'

const MAX_SEGMENT_BYTES = 5 * 1024 * 1024
const MAX_SEGMENT_INDEX = 999

const initializeBody = z.strictObject({
  media_type: z.string(),
  total_bytes: z.coerce.number().int().positive(),
  media_category: z.enum(CATEGORIES).optional(),
  shared: z.unknown().optional(),
  additional_owners: z.unknown().optional(),
})

/** POST /2/media/upload/initialize */
export function initialize(store: XStore, req: ApiRequest): Answer {
  const owner = authorizeMedia(store, req, {
    name: 'POST media/upload/initialize',
    limit: CHUNKED_LIMIT,
  })
  const { command, ...asked } = { ...fields(req.body) }
  if (req.body.kind !== 'json' && command === undefined) {
    throw bad('Request body must be a JSON object.')
  }
  const parsed = initializeBody.safeParse(asked)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw bad(`$.${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { media_type: type, total_bytes: bytes } = parsed.data
  const category = parsed.data.media_category ?? 'tweet_image'
  const fault = announcementFault(category, { type, bytes })
  if (fault !== undefined) throw bad(fault)
  const media = addMedia(store, { owner, category, type, nowMs: req.nowMs })
  media.total_bytes = bytes
  media.expires_at_ms = req.nowMs + UPLOADING_MS
  return data(view(media, req.nowMs))
}

/** POST /2/media/upload/:id/append : a segment may be sent again, and in any order. */
export function append(store: XStore, req: ApiRequest, id = req.params.id ?? ''): Answer {
  const owner = authorizeMedia(store, req, {
    name: 'POST media/upload/append',
    limit: CHUNKED_LIMIT,
  })
  const media = ownMedia(store, { id, owner, nowMs: req.nowMs })
  if (media.state !== 'uploading') throw bad('The upload is finalized already.')
  const index = textOf(req, 'segment_index')
  if (!/^\d{1,3}$/.test(index)) throw bad(`$.segment_index: must be 0 to ${MAX_SEGMENT_INDEX}`)
  const segment = takeSegment(store, req)
  const earlier = media.segments[index]
  if (earlier !== undefined) store.state.shelf.discard(earlier)
  media.segments[index] = segment
  return data({ expires_at: Math.floor(media.expires_at_ms / 1000) })
}

function takeSegment({ state }: XStore, req: ApiRequest): string {
  const sent = req.files.get('media')
  const inline = fields(req.body).media
  const bytes = sent?.bytes ?? (typeof inline === 'string' ? base64Bytes(inline).length : 0)
  if (bytes === 0) throw bad('$.media: is missing but it is required')
  if (bytes > MAX_SEGMENT_BYTES) throw bad(`Segment exceeds ${MAX_SEGMENT_BYTES} bytes.`)
  if (sent !== undefined) return sent.name
  const name = state.shelf.create()
  state.shelf.append(name, base64Bytes(String(inline)))
  return name
}

/** POST /2/media/upload/:id/finalize : takes no body. */
export function finalize(store: XStore, req: ApiRequest, id = req.params.id ?? ''): Answer {
  const owner = authorizeMedia(store, req, {
    name: 'POST media/upload/finalize',
    limit: CHUNKED_LIMIT,
  })
  const media = ownMedia(store, { id, owner, nowMs: req.nowMs })
  if (media.state !== 'uploading') return data(view(media, req.nowMs))
  const [found] = req.found
  if (found === undefined) throw bad('Segments do not add up to provided total file size.')
  const [name, info] = found
  const { shelf } = store.state
  const file = shelf.finish(name)
  const premium = isPremium(store, owner)
  const fault = fileFault(media.category, { info, bytes: file.bytes, premium })
  const isSlow = kindOf(media.category) !== 'photo'
  if (fault !== undefined && !isSlow) throw bad(fault)
  for (const segment of Object.values(media.segments)) shelf.discard(segment)
  Object.assign(media, { segments: {}, file: name, sha256: file.sha256, bytes: file.bytes })
  media.state = isSlow ? 'pending' : 'ready'
  media.fault = fault ?? null
  media.expires_at_ms = req.nowMs + UNATTACHED_MS
  measure(media, info)
  return data(view(media, req.nowMs))
}

/** Puts the segments together beside the upload and looks into the result. */
export async function assemble(store: XStore, req: ApiRequest, id = req.params.id ?? '') {
  const media = store.media.get(id)
  if (media === undefined || media.state !== 'uploading') return
  const { shelf } = store.state
  const segments = Object.keys(media.segments).sort((left, right) => Number(left) - Number(right))
  const isWhole = segments.every((index, at) => Number(index) === at)
  const names = segments.flatMap((index) => media.segments[index] ?? [])
  const bytes = names.reduce((sum, name) => sum + shelf.size(name), 0)
  if (!isWhole || bytes !== media.total_bytes) return
  const whole = shelf.create()
  for (const name of names) shelf.copy(whole, name)
  req.found.set(whole, await inspect(shelf.pathOf(whole)))
}
