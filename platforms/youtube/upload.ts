import { z } from 'zod'
import { transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Accepted, Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { askStanding, openSession, type Session, sendRange, sessionGone } from './session.ts'

/** A multiple of 256 KiB, as all chunks but the last must be: 8 MiB. */
export const CHUNK_BYTES = 8 * 1024 * 1024

const stateSchema = z.object({ uploaded_bytes: z.number(), video_id: z.string().optional() })

export type UploadState = z.output<typeof stateSchema>

interface Context {
  hosts: PlatformHosts
  draft: Draft
  file: Media
  access: Access
  call: PublishCall
  bench: Workbench
}

export function readState(prepared: Prepared | undefined): UploadState | undefined {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data : undefined
}

export function sessionOf(
  hosts: PlatformHosts,
  prepared: Prepared | undefined,
  access: Access,
): Session | undefined {
  const uri = prepared?.secrets?.session_uri
  return uri ? { uri, hosts, access } : undefined
}

/** Sends all but the last chunk: a video does not exist until all of its bytes have arrived. */
export async function prepareVideo(context: Context, chunkBytes: number): Promise<Prepared> {
  const { file, call, bench } = context
  const { session, state } = (await resumed(context)) ?? (await begun(context))
  await bench.save(toPrepared(session, state))
  while (state.video_id === undefined && file.bytes - state.uploaded_bytes > chunkBytes) {
    const start = state.uploaded_bytes
    const range = { start, end: start + chunkBytes }
    const standing = await sendRange(session, { file, range }, call, 'repeatable')
    if ('videoId' in standing) state.video_id = standing.videoId
    else state.uploaded_bytes = progressed(standing.nextByte, start)
    await bench.save(toPrepared(session, state))
  }
  return toPrepared(session, state)
}

/** An upload that does not move must not keep a worker busy for ever. */
function progressed(nextByte: number, start: number): number {
  if (nextByte > start) return nextByte
  const message = 'YouTube is not storing the bytes of the video; Clarion tries again.'
  throw transient({ code: 'youtube_upload_stalled', message })
}

/** Sends what is missing; nothing when YouTube has the whole video already. */
export async function sendLastChunk(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: PublishCall,
  prepared: Prepared | undefined,
): Promise<Accepted> {
  const state = readState(prepared)
  const session = sessionOf(hosts, prepared, access)
  const [file] = draft.media
  if (!state || !session || !file) throw sessionGone()
  if (state.video_id) return { accepted: { video_id: state.video_id } }
  const range = { start: state.uploaded_bytes, end: file.bytes }
  const standing = await sendRange(session, { file, range }, call, 'irreversible')
  if ('videoId' in standing) return { accepted: { video_id: standing.videoId } }
  // Proof that bytes are missing: there is no video, and `prepare` goes on from there.
  const message = 'YouTube has not stored all of the video yet; the rest is sent again.'
  throw transient({ code: 'youtube_upload_incomplete', message })
}

/** An earlier try's session at the byte that YouTube confirms; undefined when it is gone. */
async function resumed({ hosts, access, call, bench, file }: Context) {
  const session = sessionOf(hosts, bench.prepared, access)
  if (session === undefined || readState(bench.prepared) === undefined) return undefined
  const standing = await askStanding(session, file.bytes, call)
  if (standing === 'gone') return undefined
  const state: UploadState =
    'videoId' in standing
      ? { uploaded_bytes: file.bytes, video_id: standing.videoId }
      : { uploaded_bytes: standing.nextByte }
  return { session, state }
}

async function begun({ hosts, draft, file, access, call }: Context) {
  const uri = await openSession(hosts, draft, file, access, call)
  const state: UploadState = { uploaded_bytes: 0 }
  return { session: { uri, hosts, access }, state }
}

function toPrepared({ uri }: Session, state: UploadState): Prepared {
  return { state: { ...state }, secrets: { session_uri: uri } }
}
