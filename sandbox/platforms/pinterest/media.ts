import { randomUUID } from 'node:crypto'
import { type Answer, json } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect, type MediaInfo } from '../../media/inspect.ts'
import { apiError, invalid } from './errors.ts'
import { newId, type PinterestMedia, type PinterestStore } from './store.ts'
import { authorize } from './tokens.ts'

const NEED = { scopes: ['pins:read', 'pins:write'], category: 'org_write' as const }
const SLOW_POLLS = 2
/** https://help.pinterest.com/en/business/article/pinterest-product-specs : and at most 2 GB. */
const VIDEO = { minMs: 4_000, maxMs: 15 * 60_000, maxBytes: 2_000_000_000, toleranceMs: 500 }
const TYPES = ['video/mp4', 'video/quicktime', 'video/x-m4v']
const CODECS = ['avc', 'hevc']

/** POST /v5/media https://developers.pinterest.com/docs/api/v5/media-create */
export function registerMedia(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, NEED)
  if (fields(req.body).media_type !== 'video')
    throw invalid("'media_type' is not one of ['video'].")
  const media: PinterestMedia = {
    id: newId(),
    owner_id: token.account_id,
    status: 'registered',
    upload_parameters: uploadParameters(store, req.nowMs),
    sha256: null,
    is_sound: false,
    polls_left: 0,
    pin_id: null,
  }
  store.media.set(media.id, media)
  return json(201, {
    media_id: media.id,
    media_type: 'video',
    upload_url: `${req.origin}/pinterest/media-upload/`,
    upload_parameters: media.upload_parameters,
  })
}

/** A presigned form of S3: whoever has it may upload. */
function uploadParameters({ state }: PinterestStore, nowMs: number): Record<string, string> {
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const secret = (kind: string): string => state.secrets.issue(`pinterest_${kind}`)
  return {
    'x-amz-date': date,
    'x-amz-signature': secret('signature'),
    'x-amz-security-token': secret('upload'),
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    key: `uploads/${randomUUID()}`,
    policy: secret('policy'),
    'x-amz-credential': `ASIASANDBOX/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
    'Content-Type': 'multipart/form-data',
  }
}

/** GET /v5/media/{media_id}: registered, processing, then how it ended. */
export function showMedia(store: PinterestStore, req: ApiRequest): Answer {
  const token = authorize(store, req, { scopes: ['pins:read'], category: 'org_read' })
  const media = store.media.get(req.params.media_id ?? '')
  if (media?.owner_id !== token.account_id) return apiError(404, 50, 'Media not found.')
  const status = poll(media, req)
  return json(200, { media_id: media.id, media_type: 'video', status })
}

function poll(media: PinterestMedia, req: ApiRequest): PinterestMedia['status'] {
  if (media.status === 'registered' || media.pin_id !== null) return media.status
  if (req.fault === 'processing') return 'processing'
  if (req.fault === 'refuse') media.status = 'failed'
  if (media.status !== 'processing') return media.status
  if (media.polls_left > 0) media.polls_left -= 1
  else media.status = media.is_sound ? 'succeeded' : 'failed'
  return media.status
}

/** Looks into the file of an upload. */
export async function inspectUpload({ state }: PinterestStore, req: ApiRequest): Promise<void> {
  const file = req.files.get('file')
  if (file !== undefined) req.found.set('file', await inspect(state.shelf.pathOf(file.name)))
}

/** POST to `upload_url`: S3 answers, not Pinterest. */
export function uploadMedia(store: PinterestStore, req: ApiRequest): Answer {
  if (req.header('authorization') !== undefined) {
    return s3Error(400, 'InvalidArgument', 'Only one auth mechanism allowed')
  }
  const sent = fields(req.body)
  const media = [...store.media.values()].find((one) => one.upload_parameters.key === sent.key)
  if (media === undefined) return s3Error(403, 'AccessDenied', 'Access Denied')
  const wrong = Object.entries(media.upload_parameters).find(
    ([name, value]) => sent[name] !== value,
  )
  if (wrong !== undefined) {
    return s3Error(403, 'AccessDenied', `Invalid according to Policy: ${wrong[0]}`)
  }
  const file = req.files.get('file')
  const info = req.found.get('file')
  if (file === undefined || info === undefined) {
    return s3Error(400, 'InvalidArgument', 'POST requires exactly one file upload per request.')
  }
  const { sha256, bytes } = store.state.shelf.finish(file.name)
  Object.assign(media, {
    sha256,
    is_sound: isSound(info, bytes),
    status: media.pin_id === null ? 'processing' : media.status,
    polls_left: req.fault === 'processing' ? SLOW_POLLS : 0,
  })
  return { status: 204 }
}

function isSound({ broken, mimeType, videoCodec, durationMs = 0 }: MediaInfo, bytes: number) {
  if (broken || !TYPES.includes(mimeType) || !CODECS.includes(videoCodec ?? '')) return false
  if (bytes > VIDEO.maxBytes || durationMs < VIDEO.minMs - VIDEO.toleranceMs) return false
  return durationMs <= VIDEO.maxMs + VIDEO.toleranceMs
}

function s3Error(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, body, contentType: 'application/xml' }
}
