import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import { readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { PublishCall } from '../connector.ts'
import { type ByteRange, mediaBody } from '../media.ts'
import { multipart } from '../multipart.ts'
import { X_DIALECT } from './errors.ts'
import { MAX_VIDEO_DURATION_MS } from './file-rules.ts'
import { askX } from './request.ts'

/** Who uploads, and by what. */
export interface Uploader {
  hosts: PlatformHosts
  access: Access
  call: PublishCall
}

/** A few megabytes may take a while on a slow line. */
const SEND_TIMEOUT_MS = 120_000

const processingSchema = z.object({
  state: z.string(),
  check_after_secs: z.number().optional(),
  error: z.object({ message: z.string().optional() }).optional(),
})

const answerSchema = z.object({
  data: z.object({
    id: z.string().regex(/^[0-9]{1,19}$/),
    media_key: z.string().optional(),
    expires_after_secs: z.number().optional(),
    processing_info: processingSchema.optional(),
  }),
})

/** What X says of an upload. Without `processing_info` there is nothing to wait for. */
export type XMedia = z.output<typeof answerSchema>['data']

/** https://docs.x.com/x-api/media/upload-media: a picture goes in one request. */
export async function sendImage(uploader: Uploader, media: Media): Promise<XMedia> {
  const file = { name: 'media', fileName: media.fileName, mimeType: media.mimeType }
  const upload = multipart([['media_category', 'tweet_image']], {
    ...file,
    body: mediaBody(uploader.call.media, media),
  })
  return ask(uploader, '/2/media/upload', { upload })
}

/** https://docs.x.com/x-api/media/initialize-media-upload */
export function initialize(uploader: Uploader, media: Media): Promise<XMedia> {
  const json = {
    media_type: media.mimeType,
    total_bytes: media.bytes,
    media_category: categoryOf(media),
  }
  return ask(uploader, '/2/media/upload/initialize', { json })
}

/** https://docs.x.com/x-api/media/append-media-upload; a segment may be sent again. */
export async function append(
  { hosts, access, call }: Uploader,
  id: string,
  media: Media,
  segment: { index: number; range: ByteRange },
): Promise<void> {
  const { body, contentType } = multipart([['segment_index', String(segment.index)]], {
    name: 'media',
    fileName: media.fileName,
    mimeType: 'application/octet-stream',
    body: mediaBody(call.media, media, segment.range),
  })
  const url = urlBelow(hosts.apiBaseUrl, `/2/media/upload/${id}/append`)
  const upload = { body, contentType }
  await askX({ method: 'POST', url, upload, timeoutMs: SEND_TIMEOUT_MS }, access, call)
}

/** https://docs.x.com/x-api/media/finalize-media-upload */
export function finalize(uploader: Uploader, id: string): Promise<XMedia> {
  return ask(uploader, `/2/media/upload/${id}/finalize`, {})
}

/** https://docs.x.com/x-api/media/get-media-upload-status */
export async function readStatus(uploader: Uploader, id: string): Promise<XMedia> {
  const { hosts, access, call } = uploader
  const url = urlBelow(hosts.apiBaseUrl, '/2/media/upload', { command: 'STATUS', media_id: id })
  const answer = await askX({ method: 'GET', url }, access, call)
  return readJson(X_DIALECT, answer, answerSchema).data
}

/** https://docs.x.com/x-api/media/create-media-metadata */
export async function describe(uploader: Uploader, id: string, text: string): Promise<void> {
  const { hosts, access, call } = uploader
  const url = urlBelow(hosts.apiBaseUrl, '/2/media/metadata')
  const json = { id, metadata: { alt_text: { text } } }
  await askX({ method: 'POST', url, json }, access, call)
}

async function ask(
  { hosts, access, call }: Uploader,
  path: string,
  body: { json?: unknown; upload?: ReturnType<typeof multipart> },
): Promise<XMedia> {
  const url = urlBelow(hosts.apiBaseUrl, path)
  const request = { method: 'POST' as const, url, ...body, timeoutMs: SEND_TIMEOUT_MS }
  return readJson(X_DIALECT, await askX(request, access, call), answerSchema).data
}

/** https://docs.x.com/x-api/media/quickstart/best-practices: longer videos have their own. */
function categoryOf({ kind, durationMs = 0 }: Media): string {
  if (kind === 'gif') return 'tweet_gif'
  return durationMs > MAX_VIDEO_DURATION_MS ? 'amplify_video' : 'tweet_video'
}
