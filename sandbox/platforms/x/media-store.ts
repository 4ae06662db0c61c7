import { type Answer, Refusal } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest } from './errors.ts'
import { type Category, KEY_PREFIX, kindOf } from './media-rules.ts'
import type { XMedia, XStore } from './store.ts'
import { authorize, spend } from './tokens.ts'

/** As the examples of the reference have them: https://docs.x.com/x-api/media */
export const UPLOADING_MS = 1_295_999_000
export const UNATTACHED_MS = 86_400_000
export const CHUNKED_LIMIT = 1875

/** What X says of a medium it does not know, and of the status of an image. */
export const NOT_FOUND = 'BadRequest: Not found'

export function authorizeMedia(
  store: XStore,
  req: ApiRequest,
  route: { name: string; limit: number },
): string {
  const { account_id: accountId } = authorize(store, req, ['media.write'])
  spend(store, req, { accountId, ...route })
  return accountId
}

/** A medium of the account that has not expired. */
export function ownMedia(
  store: XStore,
  { id, owner, nowMs }: { id: string; owner: string; nowMs: number },
): XMedia {
  const media = store.media.get(id)
  if (media === undefined || media.owner !== owner || media.expires_at_ms <= nowMs) {
    throw bad(NOT_FOUND)
  }
  return media
}

/** https://docs.x.com/x-api/media/get-media-upload-status */
export function view(media: XMedia, nowMs: number): Record<string, unknown> {
  const seconds = Math.floor((media.expires_at_ms - nowMs) / 1000)
  const base = { id: media.id, media_key: media.media_key, expires_after_secs: seconds }
  const sized = media.state === 'uploading' ? base : { ...base, size: media.bytes }
  const processing_info = processingInfo(media)
  return processing_info === undefined ? sized : { ...sized, processing_info }
}

function processingInfo(media: XMedia): Record<string, unknown> | undefined {
  switch (media.state) {
    case 'uploading':
    case 'ready':
      return undefined
    case 'pending':
      return { state: 'pending', check_after_secs: 1 }
    case 'in_progress':
      return { state: 'in_progress', check_after_secs: 1, progress_percent: 50 }
    case 'succeeded':
      return { state: 'succeeded', progress_percent: 100 }
    case 'failed': {
      const error = { code: 1, name: 'InvalidMedia', message: media.fault }
      return { state: 'failed', progress_percent: 12, error }
    }
  }
}

export function addMedia(
  store: XStore,
  {
    owner,
    category,
    type,
    nowMs,
  }: { owner: string; category: Category; type: string; nowMs: number },
): XMedia {
  const id = store.ids.next(nowMs)
  const media: XMedia = {
    id,
    media_key: `${KEY_PREFIX[kindOf(category)]}_${id}`,
    owner,
    category,
    type,
    total_bytes: 0,
    segments: {},
    file: null,
    sha256: '',
    bytes: 0,
    width: 0,
    height: 0,
    duration_ms: null,
    state: 'uploading',
    fault: null,
    alt_text: null,
    expires_at_ms: nowMs + UNATTACHED_MS,
  }
  store.media.set(id, media)
  return media
}

export function measure(
  media: XMedia,
  info: { width?: number; height?: number; durationMs?: number },
) {
  media.width = info.width ?? 0
  media.height = info.height ?? 0
  media.duration_ms = info.durationMs ?? null
}

export function textOf(req: ApiRequest, name: string): string {
  const value = fields(req.body)[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function base64Bytes(text: string): Buffer {
  return Buffer.from(text, 'base64')
}

export function bad(message: string): Refusal {
  return new Refusal(invalidRequest(message))
}

export function data(body: Record<string, unknown>): Answer {
  return { status: 200, body: { data: body } }
}
