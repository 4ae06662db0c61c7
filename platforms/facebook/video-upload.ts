import { z } from 'zod'
import { type PlatformFailure, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { askAs } from '../meta/account.ts'
import { metaId } from '../meta/fields.ts'
import { losslessJsonOrUndefined } from '../meta/lossless-json.ts'
import { multipart } from '../multipart.ts'
import type { PageAccount } from './account.ts'
import { facebookFailure } from './errors.ts'
import { readState, type VideoState } from './state.ts'
import { readVideo } from './video-status.ts'

const offset = z.coerce.number().int().min(0)
const rangeSchema = z.object({ start_offset: offset, end_offset: offset })
const startedSchema = rangeSchema.extend({ video_id: metaId, upload_session_id: metaId })

type Range = z.output<typeof rangeSchema>

/** Facebook proposes how much it takes next; a part that is lost costs no more than this. */
const MOST_PART_BYTES = 8 * 1024 * 1024
const PART_TIMEOUT_MS = 120_000

/**
 * Sends a video of the feed in parts, from the byte that Facebook confirms; nothing is public until
 * the upload is finished by `commit`. https://developers.facebook.com/docs/graph-api/video-uploads
 */
export async function uploadVideo(
  account: PageAccount,
  draft: Draft,
  call: PublishCall,
  bench: Workbench,
): Promise<Prepared> {
  const [file] = draft.media
  if (file === undefined) return { state: {} }
  const run: Run = { account, file, call, bench }
  const resumed = await resume(run)
  let video = resumed ?? (await start(run))
  if (video.finished) return { state: { video } }
  for (let corrections = 0; video.offset < file.bytes; ) {
    const next = await transfer(run, video)
    // Facebook may know another offset than we do; it must not go on saying so.
    if (next.start_offset <= video.offset && ++corrections > MOST_CORRECTIONS) throw stalled()
    video = at(video, next)
    await bench.save({ state: { video } })
  }
  return { state: { video } }
}

const MOST_CORRECTIONS = 3

interface Run {
  account: PageAccount
  file: Media
  call: PublishCall
  bench: Workbench
}

/** What an earlier try uploaded, as far as Facebook confirms it; undefined to begin anew. */
async function resume({ account, file, call, bench }: Run): Promise<VideoState | undefined> {
  const { video } = readState(bench.prepared)
  if (video?.sessionId === undefined) return undefined
  const { stage, bytes } = await readVideo(account, video.videoId, call)
  if (stage === 'gone' || stage === 'failed') return undefined
  if (stage === 'published' || stage === 'finished') {
    return { ...video, finished: true }
  }
  return { ...video, offset: Math.min(bytes ?? video.offset, file.bytes) }
}

function at(video: VideoState, { start_offset: offset, end_offset: end }: Range): VideoState {
  return { ...video, offset, partBytes: end > offset ? end - offset : video.partBytes }
}

async function start({ account, file, call, bench }: Run): Promise<VideoState> {
  const form = { upload_phase: 'start', file_size: String(file.bytes) }
  const asked = { method: 'POST' as const, path: `/${account.id}/videos`, form }
  const { video_id, upload_session_id, ...range } = await askAs(account, asked, startedSchema, call)
  const video = at({ videoId: video_id, sessionId: upload_session_id, offset: 0 }, range)
  await bench.save({ state: { video } })
  return video
}

/** Sends one part and returns what Facebook wants next, whether it took this one or not. */
async function transfer({ account, file, call }: Run, video: VideoState): Promise<Range> {
  const { sessionId = '', offset: start, partBytes = MOST_PART_BYTES } = video
  const end = Math.min(start + Math.min(partBytes, MOST_PART_BYTES), file.bytes)
  const { body, contentType } = multipart(
    [
      ['upload_phase', 'transfer'],
      ['upload_session_id', sessionId],
      ['start_offset', String(start)],
    ],
    {
      name: 'video_file_chunk',
      fileName: file.fileName,
      mimeType: 'application/octet-stream',
      body: mediaBody(call.media, file, { start, end }),
    },
  )
  const headers = { 'content-type': contentType }
  const path = `/${account.id}/videos`
  const asked = { method: 'POST' as const, path, headers, body, timeoutMs: PART_TIMEOUT_MS }
  const seen: { wanted?: Range | undefined } = {}
  try {
    return await askAs(noting(account, seen), asked, rangeSchema, call)
  } catch (error) {
    if (seen.wanted) return seen.wanted
    throw error
  }
}

/** A refused offset comes with the one that is wanted. */
function noting(account: PageAccount, seen: { wanted?: Range | undefined }): PageAccount {
  const failureOf: typeof facebookFailure = (answer, effect) => {
    const parsed = wantedSchema.safeParse(losslessJsonOrUndefined(answer.text))
    seen.wanted = parsed.success ? parsed.data.error.error_data : undefined
    return facebookFailure(answer, effect)
  }
  return { ...account, graph: { ...account.graph, failureOf } }
}

/** https://developers.facebook.com/docs/video-api/reference/error-codes: 1363037 */
const wantedSchema = z.object({ error: z.object({ error_data: rangeSchema }) })

function stalled(): PlatformFailure {
  const message = 'Facebook does not take a part of the video; Clarion tries again.'
  return transient({ code: 'facebook_upload_stalled', message })
}
