import { z } from 'zod'
import { outcomeUnknown, PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { ask, type Dialect, type Effect } from '../ask.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import type { HttpAnswer } from '../http.ts'
import { type ByteRange, mediaBody } from '../media.ts'
import { TIKTOK_DIALECT, tiktokFailure } from './errors.ts'
import { isInbox, readCreator, videoPostInfo } from './post.ts'
import { knownPublishStatus } from './publish-status.ts'
import { askTiktok } from './request.ts'

/**
 * Documents say 5 to 64 MB; since August 2026 sizes of 64 MiB are refused at times, so it is decimal
 * and far from the bounds. https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
 */
export const CHUNK_BYTES = 10_000_000

const CHUNK_TIMEOUT_MS = 5 * 60_000
/** Not longer than the quiet time of `confirm`: no byte may follow a verdict of absence. */
const COMMIT_TIMEOUT_MS = 60_000

const stateSchema = z.object({
  publish_id: z.string(),
  chunk_bytes: z.number(),
  uploaded_bytes: z.number(),
  username: z.string().optional(),
})

export type UploadState = z.output<typeof stateSchema>

const initSchema = z.object({
  data: z.object({ publish_id: z.string().min(1), upload_url: z.string().min(1) }),
})

interface Upload {
  state: UploadState
  uploadUrl: string
}

/** What surrounds the upload of one draft. */
interface Context {
  hosts: PlatformHosts
  draft: Draft
  file: Media
  access: Access
  call: PublishCall
  bench: Workbench
}

export function readUpload(prepared: Prepared | undefined): UploadState | undefined {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data : undefined
}

/** Chunks of one size; what remains joins the last. */
export function chunksOf(bytes: number, chunkBytes: number): ByteRange[] {
  const count = Math.max(1, Math.floor(bytes / chunkBytes))
  return Array.from({ length: count }, (_, index) => ({
    start: index * chunkBytes,
    end: index === count - 1 ? bytes : (index + 1) * chunkBytes,
  }))
}

/** Sends all but the last chunk: a post does not exist until all of its bytes have arrived. */
export async function prepareVideo(context: Context, chunkBytes: number): Promise<Prepared> {
  const { file, bench } = context
  const upload = (await resumed(context)) ?? (await begun(context, chunkBytes))
  await bench.save(toPrepared(upload))
  const chunks = chunksOf(file.bytes, upload.state.chunk_bytes)
  const lastStart = chunks.at(-1)?.start ?? 0
  while (upload.state.uploaded_bytes < lastStart) {
    upload.state.uploaded_bytes = await sendNext(context, upload, chunks)
    await bench.save(toPrepared(upload))
  }
  return toPrepared(upload)
}

/** Sends the last chunk; nothing when TikTok has all bytes already. */
export async function sendLastChunk(
  draft: Draft,
  call: PublishCall,
  prepared: Prepared | undefined,
): Promise<UploadState> {
  const upload = readPrepared(prepared)
  const [file] = draft.media
  if (upload === undefined || file === undefined) throw expired()
  const { uploaded_bytes, chunk_bytes } = upload.state
  if (uploaded_bytes >= file.bytes) return upload.state
  const range = { start: uploaded_bytes, end: file.bytes }
  const isLast = chunksOf(file.bytes, chunk_bytes).at(-1)?.start === uploaded_bytes
  if (!isLast) throw outOfStep('repeatable')
  await putChunk({ file, range, uploadUrl: upload.uploadUrl }, call, 'irreversible')
  return upload.state
}

/** An earlier try's upload at the offset that TikTok confirms; undefined when it is of no use. */
async function resumed({ hosts, access, call, bench, file }: Context): Promise<Upload | undefined> {
  const upload = readPrepared(bench.prepared)
  if (upload === undefined) return undefined
  const { publish_id, chunk_bytes, uploaded_bytes } = upload.state
  const seen = await knownPublishStatus(hosts, publish_id, access, call)
  if (seen === undefined || seen.status === 'FAILED') return undefined
  // Past the upload: all bytes are there, and `commit` only has to say so.
  const isComplete = seen.status !== 'PROCESSING_UPLOAD'
  const confirmed = isComplete ? file.bytes : (seen.uploadedBytes ?? uploaded_bytes)
  return {
    ...upload,
    state: { ...upload.state, uploaded_bytes: wholeChunks(confirmed, chunk_bytes, file) },
  }
}

/** TikTok takes chunks whole: a part of one is sent again. */
function wholeChunks(bytes: number, chunkBytes: number, file: Media): number {
  if (bytes >= file.bytes) return file.bytes
  const lastStart = chunksOf(file.bytes, chunkBytes).at(-1)?.start ?? 0
  return Math.min(lastStart, Math.floor(bytes / chunkBytes) * chunkBytes)
}

/** A lost answer does no harm here: without bytes there is no post. */
async function begun(context: Context, chunkBytes: number): Promise<Upload> {
  const { hosts, draft, file, access, call } = context
  const chunks = chunksOf(file.bytes, chunkBytes)
  const source_info = {
    source: 'FILE_UPLOAD',
    video_size: file.bytes,
    chunk_size: chunks.length === 1 ? file.bytes : chunkBytes,
    total_chunk_count: chunks.length,
  }
  const creator = isInbox(draft) ? undefined : await readCreator(hosts, draft, access, call)
  const request = creator
    ? {
        path: '/v2/post/publish/video/init/',
        json: { post_info: videoPostInfo(draft, creator), source_info },
      }
    : { path: '/v2/post/publish/inbox/video/init/', json: { source_info } }
  const { data } = await askTiktok(hosts, request, initSchema, access, { call })
  const username = creator?.creator_username
  return {
    uploadUrl: data.upload_url,
    state: {
      publish_id: data.publish_id,
      chunk_bytes: chunkBytes,
      uploaded_bytes: 0,
      ...(username ? { username } : {}),
    },
  }
}

/** Where the upload stands after one more chunk. */
async function sendNext(context: Context, upload: Upload, chunks: ByteRange[]): Promise<number> {
  const { hosts, access, call, file } = context
  const { uploaded_bytes: start, publish_id, chunk_bytes } = upload.state
  const range = chunks.find((chunk) => chunk.start === start)
  if (range === undefined) throw expired()
  try {
    await putChunk({ file, range, uploadUrl: upload.uploadUrl }, call, 'repeatable')
    return range.end
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.code !== OUT_OF_STEP) throw error
    const seen = await knownPublishStatus(hosts, publish_id, access, call)
    const confirmed = seen?.uploadedBytes
    if (confirmed === undefined || confirmed === start) throw expired()
    return wholeChunks(confirmed, chunk_bytes, file)
  }
}

interface Chunk {
  file: Media
  range: ByteRange
  uploadUrl: string
}

async function putChunk({ file, range, uploadUrl }: Chunk, call: PublishCall, effect: Effect) {
  const request = {
    method: 'PUT' as const,
    // Named by TikTok's answer, so it passes the host guard; it grants access by itself.
    url: uploadUrl,
    headers: {
      'content-type': file.mimeType,
      'content-range': `bytes ${range.start}-${range.end - 1}/${file.bytes}`,
    },
    body: mediaBody(call.media, file, range),
    timeoutMs: effect === 'irreversible' ? COMMIT_TIMEOUT_MS : CHUNK_TIMEOUT_MS,
  }
  return ask(UPLOAD_DIALECT, request, call, effect)
}

const UPLOAD_DIALECT: Dialect = { ...TIKTOK_DIALECT, failureOf: uploadFailure }

const OUT_OF_STEP = 'tiktok_upload_out_of_step'

function uploadFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const { status } = answer
  if (status === 403 || status === 404 || status === 410) return expired(status)
  if (status === 416) return outOfStep(effect, status)
  if (status === 400 || status === 413 || status === 415) {
    const message = 'TikTok refused the bytes of the video. Export it again as MP4 with H.264.'
    return rejected({ code: 'tiktok_upload_refused', message, httpStatus: status })
  }
  return tiktokFailure(answer, effect)
}

/** Proof that no post came of it: the next try starts a new upload. */
function expired(httpStatus?: number): PlatformFailure {
  return transient({
    code: 'tiktok_upload_expired',
    message: 'TikTok ended the upload before all of the video had arrived. It starts again.',
    startOver: true,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  })
}

/** In a commit it may mean that an earlier try of the same bytes arrived. */
function outOfStep(effect: Effect, httpStatus?: number): PlatformFailure {
  const details = {
    code: OUT_OF_STEP,
    message: 'TikTok has other bytes of the video than expected.',
    ...(httpStatus === undefined ? {} : { httpStatus }),
  }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function readPrepared(prepared: Prepared | undefined): Upload | undefined {
  const state = readUpload(prepared)
  const uploadUrl = prepared?.secrets?.upload_url
  return state && uploadUrl ? { state, uploadUrl } : undefined
}

function toPrepared({ state, uploadUrl }: Upload): Prepared {
  return { state: { ...state }, secrets: { upload_url: uploadUrl } }
}
