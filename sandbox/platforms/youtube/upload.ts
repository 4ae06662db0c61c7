import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { MediaInfo } from '../../media/inspect.ts'
import { inspectWhole } from '../../media/whole.ts'
import { apiError } from '../google/errors.ts'
import { callerOf, partsOf, spendUpload, UPLOAD_SCOPES } from './access.ts'
import { refusal } from './errors.ts'
import { newMetadata } from './metadata.ts'
import { PARTS, presentVideo } from './present-video.ts'
import type { UploadSession, Video, Youtube } from './store.ts'

/** https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol */
const CHUNK_UNIT = 256 * 1024
/** “Finite” in the guide; about a week by what clients saw. */
const SESSION_LIFETIME_MS = 7 * 24 * 3_600_000
const MAX_BYTES = 256 * 1024 ** 3
const TYPES = /^(video\/[\w.+-]+|application\/octet-stream)(;|$)/i
const WHOLE = 'video'
/** Polls that a `processing` fault at the last part makes wait. */
const SLOW_POLLS = 2
/** A handle with it stands for an unverified project: its uploads stay private. */
const UNVERIFIED = /^unverified/i

/** `last` 0 and no `bytes`: a question how far it is. */
type Part =
  | { kind: 'query' }
  | { kind: 'bytes'; first: number; last: number; total: number }
  | { kind: 'unreadable' }

/** POST /upload/youtube/v3/videos?uploadType=resumable: the answer is an address. */
export function startUpload(youtube: Youtube, req: ApiRequest): Answer {
  const { site } = youtube
  const caller = callerOf(site, req, UPLOAD_SCOPES, 0)
  if (req.query.get('uploadType') !== 'resumable') {
    throw refusal(400, 'badRequest', 'Only resumable uploads are in the sandbox.', 'global')
  }
  const parts = partsOf(req, Object.keys(PARTS))
  const bytes = announcedBytes(req)
  const metadata = newMetadata(req, parts)
  spendUpload(site, caller, req.nowMs)
  const privacy = UNVERIFIED.test(caller.channel.handle)
    ? ({ privacyStatus: 'private', publishAt: null } as const)
    : {}
  const id = site.store.state.secrets.issue('youtube_upload')
  youtube.sessions.set(id, {
    channel: caller.channel.account_id,
    metadata: { ...metadata, ...privacy },
    parts,
    bytes,
    file: site.store.state.shelf.create(),
    video_id: null,
    created_at_ms: req.nowMs,
  })
  const query = new URLSearchParams({ uploadType: 'resumable', upload_id: id })
  const location = `${req.origin}${req.mount}/upload/youtube/v3/videos?${query}`
  return { status: 200, headers: { location, 'x-guploader-uploadid': id } }
}

/** The account of an upload address. */
export function sessionOwner(youtube: Youtube, req: ApiRequest): string | undefined {
  return youtube.sessions.get(req.query.get('upload_id') ?? '')?.channel
}

/** Which step a PUT is: with the last byte the video comes to be. */
export function stepOfPut(req: Request): 'publish' | 'status' | 'upload' {
  const length = Number(req.get('content-length') ?? 0)
  const part = readPart(req.get('content-range'), length)
  if (part.kind === 'query') return 'status'
  return part.kind === 'bytes' && part.last + 1 === part.total ? 'publish' : 'upload'
}

/** Looks into the video when its last part is there. */
export async function inspectVideo(youtube: Youtube, req: ApiRequest): Promise<void> {
  const { shelf } = youtube.site.store.state
  const session = youtube.sessions.get(req.query.get('upload_id') ?? '')
  const part = readPart(req.header('content-range'), bytesOf(req))
  if (session === undefined || session.video_id !== null || part.kind !== 'bytes') return
  const isLast = part.first <= shelf.size(session.file) && part.last + 1 === part.total
  if (!isLast) return
  const name = req.upload?.name ?? shelf.create()
  // A part without a Content-Type comes as plain bytes.
  if (req.upload === undefined) shelf.append(name, req.raw)
  req.found.set(WHOLE, await inspectWhole(shelf, session.file, name, part.first))
  if (req.upload === undefined) shelf.discard(name)
}

/** PUT of a part, or the question how far it is. */
export function putPart(youtube: Youtube, req: ApiRequest): Answer {
  const { shelf } = youtube.site.store.state
  const session = openSession(youtube, req)
  const done = session.video_id === null ? undefined : youtube.videos.get(session.video_id)
  // Whatever is sent again: the answer is the video.
  if (done !== undefined) return json(200, presentVideo(done, session.parts))
  if (session.video_id !== null) throw noSession()
  const part = readPart(req.header('content-range'), bytesOf(req))
  if (part.kind === 'unreadable') throw badRange('Failed to parse Content-Range header.')
  const received = shelf.size(session.file)
  if (part.kind === 'query') return incomplete(received)
  checkPart(session, part, bytesOf(req), received)
  keep(youtube, req, session, { ...part, received })
  if (shelf.size(session.file) < part.total) return incomplete(shelf.size(session.file))
  return json(200, presentVideo(finish(youtube, req, session), session.parts))
}

function openSession(youtube: Youtube, req: ApiRequest): UploadSession {
  const session = youtube.sessions.get(req.query.get('upload_id') ?? '')
  if (session === undefined) throw noSession()
  if (req.nowMs < session.created_at_ms + SESSION_LIFETIME_MS) return session
  throw noSession()
}

function checkPart(
  session: UploadSession,
  part: { first: number; last: number; total: number },
  length: number,
  received: number,
): void {
  const { first, last, total } = part
  if (session.bytes !== null && total !== session.bytes) {
    throw badRange('The total size differs from X-Upload-Content-Length.')
  }
  if (length !== last - first + 1) {
    throw badRange('The length of the body does not match the Content-Range header.')
  }
  if (first > received) {
    throw badRange(
      `According to the Content-Range header, the upload offset is ${first} byte(s), which exceeds already uploaded size of ${received} byte(s).`,
    )
  }
  if (last + 1 < total && length < CHUNK_UNIT) {
    throw badRange(
      `The number of bytes uploaded is required to be equal or greater than ${CHUNK_UNIT}, except for the final request (it's recommended to be the exact multiple of ${CHUNK_UNIT}). The received request contained ${length} bytes, which does not meet this requirement.`,
    )
  }
}

/** What is there already is skipped; of a part that is not the last, only whole units stay. */
function keep(
  { site }: Youtube,
  req: ApiRequest,
  { file }: UploadSession,
  part: { first: number; last: number; total: number; received: number },
): void {
  const { shelf } = site.store.state
  const end = part.last + 1
  const kept = end === part.total ? end : end - (end % CHUNK_UNIT)
  if (end > part.received) {
    shelf.truncate(file, part.first)
    if (req.upload === undefined) shelf.append(file, req.raw)
    else shelf.appendFile(file, req.upload.name)
  }
  if (shelf.size(file) > Math.max(kept, part.received)) {
    shelf.truncate(file, Math.max(kept, part.received))
  }
}

function finish(youtube: Youtube, req: ApiRequest, session: UploadSession): Video {
  const { state } = youtube.site.store
  const { sha256, bytes } = state.shelf.finish(session.file)
  const info = req.found.get(WHOLE) ?? { mimeType: 'application/octet-stream' }
  const { durationMs = 0, width = 0, height = 0 } = info
  const video: Video = {
    id: randomBytes(8).toString('base64url'),
    channel: session.channel,
    metadata: session.metadata,
    upload_status: 'uploaded',
    reason: faultOf(youtube, info, { sha256, channel: session.channel }),
    polls_left: req.fault === 'processing' ? SLOW_POLLS : 0,
    sha256,
    bytes,
    duration_ms: durationMs,
    width,
    height,
    thumbnail: null,
    published_at_ms: req.nowMs,
  }
  session.video_id = video.id
  youtube.videos.set(video.id, video)
  const { description, title } = video.metadata
  state.posts.accept(
    {
      platform: 'youtube',
      account_id: video.channel,
      platform_post_id: video.id,
      text: description || title,
      media: [sha256],
    },
    req.nowMs,
  )
  return video
}

/** What processing will find: no video at all, or one that the channel has already. */
function faultOf(
  { videos }: Youtube,
  info: MediaInfo,
  video: { sha256: string; channel: string },
): string | null {
  if (info.broken === true || !info.mimeType.startsWith('video/')) return 'invalidFile'
  const twin = [...videos.values()].some(
    (one) =>
      one.sha256 === video.sha256 &&
      one.channel === video.channel &&
      one.upload_status !== 'failed' &&
      one.upload_status !== 'rejected',
  )
  return twin ? 'duplicate' : null
}

function announcedBytes(req: ApiRequest): number | null {
  const type = req.header('x-upload-content-type')
  if (type !== undefined && !TYPES.test(type)) {
    const message = `Media type '${type}' is not supported. Valid media types: [video/*, application/octet-stream]`
    throw refusal(400, 'badContent', message, 'global')
  }
  const given = req.header('x-upload-content-length')
  if (given === undefined) return null
  if (/^\d{1,15}$/.test(given) && Number(given) > 0 && Number(given) <= MAX_BYTES) {
    return Number(given)
  }
  throw refusal(400, 'mediaBodyRequired', 'The request does not include the video content.')
}

/** Without a range the body is the whole file. */
function readPart(header: string | undefined, length: number): Part {
  if (header === undefined && length > 0) {
    return { kind: 'bytes', first: 0, last: length - 1, total: length }
  }
  if (/^bytes \*\/(\d+|\*)$/.test(header ?? '')) return { kind: 'query' }
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '')
  const [first = 0, last = 0, total = 0] = match?.slice(1).map(Number) ?? []
  if (match === null || first > last || last >= total) return { kind: 'unreadable' }
  return { kind: 'bytes', first, last, total }
}

function bytesOf(req: ApiRequest): number {
  return req.upload?.bytes ?? req.raw.length
}

/** 308 without `Range`: nothing is there. */
function incomplete(received: number): Answer {
  if (received === 0) return { status: 308 }
  return { status: 308, headers: { range: `bytes=0-${received - 1}` } }
}

function badRange(message: string): Refusal {
  return refusal(400, 'badRequest', `Invalid request.  ${message}`, 'global')
}

function noSession(): Refusal {
  return new Refusal(apiError({ code: 404, message: 'Requested entity was not found.' }))
}
