import { z } from 'zod'
import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { ask, type Dialect, readJson } from '../ask.ts'
import { sameOrigin } from '../base-url.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import type { HttpAnswer } from '../http.ts'
import { mediaBody } from '../media.ts'
import { multipart } from '../multipart.ts'
import { type Progress, untilProcessed } from '../processing.ts'
import { askPinterest, type PinterestCall } from './client.ts'
import { PINTEREST_DIALECT } from './errors.ts'
import { videoStateSchema } from './pins.ts'

const parametersSchema = z.record(z.string(), z.string())

const registeredSchema = z.object({
  media_id: z.coerce.string().min(1),
  upload_url: z.url(),
  upload_parameters: parametersSchema,
})

const mediaSchema = z.object({
  status: z.enum(['registered', 'processing', 'succeeded', 'failed']),
})

/** A request of the upload has this much time, and a millisecond for each of so many bytes. */
const LEAST_TIMEOUT_MS = 60_000
const SLOWEST_BYTES_PER_MS = 1_000

type VideoState = z.output<typeof videoStateSchema>
type Status = z.output<typeof mediaSchema>['status']

/**
 * Brings a video to Pinterest: registered, sent in one request (there are no parts), processed.
 * https://developers.pinterest.com/docs/api/v5/media-create/
 */
export async function prepareVideo(
  at: PinterestCall & { call: PublishCall },
  draft: Draft,
  bench: Workbench,
): Promise<Prepared> {
  const [video] = draft.media
  if (video?.kind !== 'video') return { state: {} }
  const known = videoStateSchema.safeParse(bench.prepared?.state)
  if (known.success && known.data.ready) return { state: known.data }
  const sent = known.success
    ? await resume(at, video, bench, known.data)
    : await begin(at, video, bench)
  const look = async (): Promise<Progress<undefined>> => {
    const status = await readStatus(at, sent.mediaId)
    if (status === 'failed') throw processingFailed()
    return status === 'succeeded' ? { done: undefined } : {}
  }
  await untilProcessed(bench, look, stillProcessing)
  const state: VideoState = { ...sent, ready: true }
  await bench.save({ state })
  return { state }
}

async function begin(
  at: PinterestCall & { call: PublishCall },
  video: Media,
  bench: Workbench,
): Promise<VideoState> {
  const request = { method: 'POST' as const, path: '/media', json: { media_type: 'video' } }
  const registered = readJson(PINTEREST_DIALECT, await askPinterest(at, request), registeredSchema)
  const state = { mediaId: registered.media_id, uploaded: false, ready: false }
  // The address and its signature let anybody write: they are kept as secrets.
  const secrets = {
    upload_url: registered.upload_url,
    upload_parameters: JSON.stringify(registered.upload_parameters),
  }
  await bench.save({ state, secrets })
  return await send(at, video, bench, { state, secrets })
}

/** The file may have arrived although the answer was lost; Pinterest knows. */
async function resume(
  at: PinterestCall & { call: PublishCall },
  video: Media,
  bench: Workbench,
  state: VideoState,
): Promise<VideoState> {
  if (state.uploaded) return state
  const status = await readStatus(at, state.mediaId)
  if (status !== 'registered') return { ...state, uploaded: true }
  return await send(at, video, bench, { state, secrets: bench.prepared?.secrets })
}

async function send(
  at: PinterestCall & { call: PublishCall },
  video: Media,
  bench: Workbench,
  { state, secrets = {} }: { state: VideoState; secrets?: Prepared['secrets'] },
): Promise<VideoState> {
  const { upload_url: url, upload_parameters: parameters } = secrets
  if (url === undefined || parameters === undefined) throw uploadRefused()
  const fields = Object.entries(parametersSchema.parse(JSON.parse(parameters)))
  const body = mediaBody(at.call.media, video)
  const { fileName, mimeType } = video
  const form = multipart(fields, { name: 'file', fileName, mimeType, body })
  const request = {
    method: 'POST' as const,
    url,
    headers: { 'content-type': form.contentType },
    body: form.body,
    timeoutMs: LEAST_TIMEOUT_MS + video.bytes / SLOWEST_BYTES_PER_MS,
    trusted: sameOrigin(url, at.hosts.apiBaseUrl),
  }
  try {
    await ask(UPLOAD_DIALECT, request, at.call)
  } catch (error) {
    throw withoutAddress(error)
  }
  const uploaded = { ...state, uploaded: true }
  await bench.save({ state: uploaded })
  return uploaded
}

/** The upload goes to Amazon's storage, which answers in XML. */
const UPLOAD_DIALECT: Dialect = { ...PINTEREST_DIALECT, failureOf: uploadFailure }

function uploadFailure({ status: httpStatus }: HttpAnswer): PlatformFailure {
  if (httpStatus === 429 || httpStatus === 408 || httpStatus >= 500) {
    const message = 'Pinterest’s storage for uploads has a problem of its own.'
    return transient({ code: 'pinterest_upload_unavailable', message, httpStatus })
  }
  return uploadRefused(httpStatus)
}

/** The signature of an upload ends soon: a new registration brings a new one. */
function uploadRefused(httpStatus?: number): PlatformFailure {
  const message = 'Pinterest did not take the upload; it is started again.'
  const details = { code: 'pinterest_upload_refused', message, startOver: true }
  return transient(httpStatus === undefined ? details : { ...details, httpStatus })
}

/** Causes of the transport name the address, which is a secret here. */
function withoutAddress(error: unknown): unknown {
  if (!(error instanceof PlatformFailure) || error.cause === undefined) return error
  const { kind, code, message, startOver } = error
  return new PlatformFailure(kind, { code, message, startOver })
}

/** https://developers.pinterest.com/docs/api/v5/media-get/ */
async function readStatus(at: PinterestCall, mediaId: string): Promise<Status> {
  const path = `/media/${encodeURIComponent(mediaId)}`
  const answer = await askPinterest(at, { method: 'GET', path })
  return readJson(PINTEREST_DIALECT, answer, mediaSchema).status
}

function stillProcessing(): PlatformFailure {
  const message = 'Pinterest is still working on the video; Clarion asks again.'
  return transient({ code: 'pinterest_still_processing', message })
}

function processingFailed(): PlatformFailure {
  const message = 'Pinterest could not process this video. Export it as MP4 (H.264) and try again.'
  return rejected({ code: 'pinterest_processing_failed', message, startOver: true })
}
