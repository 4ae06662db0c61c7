import { z } from 'zod'
import { type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { ask, type Effect, readJson } from '../ask.ts'
import { sameOrigin, urlBelow } from '../base-url.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import type { HttpAnswer } from '../http.ts'
import { mediaBody } from '../media.ts'
import { askAs } from '../meta/account.ts'
import { metaId } from '../meta/fields.ts'
import { dialectOf, GRAPH_VERSION, metered } from '../meta/graph.ts'
import { losslessJsonOrUndefined } from '../meta/lossless-json.ts'
import { withoutSecrets } from '../meta/problem.ts'
import type { PageAccount } from './account.ts'
import { FACEBOOK_NAMES, facebookFailure } from './errors.ts'
import { readState, type VideoState } from './state.ts'
import { readVideo } from './video-status.ts'

/** Both are uploaded alike and finished by `commit`. */
export type ReelEdge = 'video_reels' | 'video_stories'

const startedSchema = z.object({ video_id: metaId, upload_url: z.string().optional() })
const uploadedSchema = z.object({ success: z.literal(true) })

/**
 * One stream from the byte that Facebook confirms: what a broken one had sent is kept there.
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */
export async function uploadReel(
  account: PageAccount,
  edge: ReelEdge,
  draft: Draft,
  call: PublishCall,
  bench: Workbench,
): Promise<Prepared> {
  const [file] = draft.media
  if (file === undefined) return { state: {} }
  const resumed = await resume(account, file, call, bench)
  const begun = resumed ?? (await start(account, edge, call, bench))
  if (begun.video.offset < file.bytes && !begun.video.finished) {
    await send(account, file, begun, call)
    begun.video = { ...begun.video, offset: file.bytes }
    await bench.save(toPrepared(begun))
  }
  return toPrepared(begun)
}

interface Begun {
  video: VideoState
  uploadUrl: string | undefined
}

function toPrepared({ video, uploadUrl }: Begun): Prepared {
  return { state: { video }, ...(uploadUrl ? { secrets: { upload_url: uploadUrl } } : {}) }
}

/** What an earlier try uploaded, as far as Facebook confirms it; undefined to begin anew. */
async function resume(
  account: PageAccount,
  file: Media,
  call: PublishCall,
  bench: Workbench,
): Promise<Begun | undefined> {
  const { video } = readState(bench.prepared)
  if (video === undefined) return undefined
  const uploadUrl = bench.prepared?.secrets?.upload_url
  const { stage, bytes } = await readVideo(account, video.videoId, call)
  if (stage === 'gone' || stage === 'failed') return undefined
  if (stage === 'published' || stage === 'finished') {
    return { video: { ...video, finished: true }, uploadUrl }
  }
  return { video: { ...video, offset: Math.min(bytes ?? video.offset, file.bytes) }, uploadUrl }
}

async function start(
  account: PageAccount,
  edge: ReelEdge,
  call: PublishCall,
  bench: Workbench,
): Promise<Begun> {
  const form = { upload_phase: 'start' }
  const asked = { method: 'POST' as const, path: `/${account.id}/${edge}`, form }
  const { video_id, upload_url } = await askAs(account, asked, startedSchema, call)
  const begun = { video: { videoId: video_id, offset: 0 }, uploadUrl: upload_url }
  await bench.save(toPrepared(begun))
  return begun
}

const BASE_TIMEOUT_MS = 60_000
/** The slowest line that a whole file may take. */
const SLOWEST_BYTES_PER_MS = 250

async function send(
  account: PageAccount,
  file: Media,
  { video, uploadUrl }: Begun,
  call: PublishCall,
): Promise<void> {
  const start = video.offset
  const request = {
    method: 'POST' as const,
    url: uploadAddress(account, video.videoId, uploadUrl),
    headers: {
      authorization: `OAuth ${account.accessToken}`,
      offset: String(start),
      file_size: String(file.bytes),
      'content-type': 'application/octet-stream',
    },
    body: mediaBody(call.media, file, { start, end: file.bytes }),
    timeoutMs: BASE_TIMEOUT_MS + Math.ceil((file.bytes - start) / SLOWEST_BYTES_PER_MS),
    trusted: true,
  }
  const dialect = dialectOf(FACEBOOK_NAMES, uploadFailure)
  readJson(dialect, await ask(dialect, request, metered(call)), uploadedSchema)
}

/** The Page's token goes with the bytes, so they go to no host but the configured one. */
function uploadAddress({ uploadBaseUrl }: PageAccount, videoId: string, given = ''): URL {
  if (sameOrigin(given, uploadBaseUrl)) return new URL(given)
  return urlBelow(uploadBaseUrl, `/video-upload/${GRAPH_VERSION}/${videoId}`)
}

const problemSchema = z.object({
  debug_info: z.object({
    retriable: z.boolean().optional(),
    type: z.string().optional(),
    message: z.string().optional(),
  }),
})

/** The upload host has words of its own. */
function uploadFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const problem = problemSchema.safeParse(losslessJsonOrUndefined(answer.text))
  if (!problem.success || answer.status >= 500) return facebookFailure(answer, effect)
  const { retriable, message: words = '' } = problem.data.debug_info
  const httpStatus = answer.status
  if (retriable !== false) {
    const message = 'Facebook interrupted the upload; Clarion goes on with it.'
    return transient({ code: 'facebook_upload_interrupted', message, httpStatus })
  }
  const message = `Facebook refused the video: ${withoutSecrets(words)}`
  return rejected({ code: 'facebook_upload_refused', message, httpStatus })
}
