import type { Request } from 'express'
import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspectWhole } from '../../media/whole.ts'
import { accountOf, creatorOf } from './creator.ts'
import { apiError } from './errors.ts'
import { videoFault } from './media-rules.ts'
import { arrive } from './publications.ts'
import type { TiktokStore, TiktokUpload } from './store.ts'

const TYPES = /^video\/(mp4|quicktime|webm)(;|$)/i
const WHOLE = 'video'

interface Range {
  first: number
  last: number
  total: number
}

/** Whether a part is the last one, with which the post comes to be. */
export function isLastChunk(req: Request): boolean {
  const range = readRange(req.get('content-range'))
  return range !== undefined && range.last + 1 === range.total
}

/** Looks into the video when its last part is there. */
export async function inspectVideo(store: TiktokStore, req: ApiRequest): Promise<void> {
  const upload = store.uploads.get(req.params.upload ?? '')
  const range = readRange(req.header('content-range'))
  const part = req.upload
  if (upload === undefined || range === undefined || part === undefined) return
  const isNext = range.first === store.state.shelf.size(upload.file)
  if (!isNext || range.last + 1 !== upload.video_size) return
  req.found.set(WHOLE, await inspectWhole(store.state.shelf, upload.file, part.name))
}

/** PUT upload_url: https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide */
export function putChunk(store: TiktokStore, req: ApiRequest): Answer {
  const upload = openUpload(store, req)
  const received = store.state.shelf.size(upload.file)
  const range = readRange(req.header('content-range'))
  if (range === undefined || !TYPES.test(req.header('content-type') ?? '')) throw badChunk(req)
  if (range.total !== upload.video_size) throw badChunk(req)
  // Parts come one after the other; one that is there already is as wrong as one too early.
  if (range.first !== received) return answer(416, upload, received)
  const length = range.last - range.first + 1
  if (req.upload?.bytes !== length || length !== announced(upload)) throw badChunk(req)
  store.state.shelf.appendFile(upload.file, req.upload.name)
  upload.chunks += 1
  const isWhole = received + length === upload.video_size
  const publication = store.publications.get(upload.publish_id)
  if (publication !== undefined) publication.bytes = received + length
  if (isWhole) finish(store, req, upload)
  return answer(isWhole ? 201 : 206, upload, received + length)
}

function openUpload(store: TiktokStore, req: ApiRequest): TiktokUpload {
  const upload = store.uploads.get(req.params.upload ?? '')
  if (upload === undefined) throw new Refusal(apiError(req, 404))
  const isKnown = req.query.get('upload_token') === upload.token
  if (isKnown && req.nowMs < upload.expires_at_ms) return upload
  throw new Refusal(apiError(req, 403, 'access_denied', 'The upload_url has expired.'))
}

/** Every part has the size that was announced, the last one what is left. */
function announced({ chunks, chunk_size, total_chunk_count, video_size }: TiktokUpload): number {
  const isLast = chunks === total_chunk_count - 1
  return isLast ? video_size - chunks * chunk_size : chunk_size
}

function finish(store: TiktokStore, req: ApiRequest, upload: TiktokUpload): void {
  const publication = store.publications.get(upload.publish_id)
  const info = req.found.get(WHOLE)
  if (publication === undefined || info === undefined) return
  const { bytes, sha256 } = store.state.shelf.finish(upload.file)
  const { maxVideoS } = creatorOf(accountOf(store, req, upload.account_id))
  arrive(store, req, publication, {
    bytes,
    media: [sha256],
    durationMs: info.durationMs ?? 0,
    fault: videoFault(info, maxVideoS),
  })
}

function readRange(header: string | undefined): Range | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '')
  if (match === null) return undefined
  const [first = 0, last = 0, total = 0] = match.slice(1).map(Number)
  return first <= last && last < total ? { first, last, total } : undefined
}

function badChunk(req: ApiRequest): Refusal {
  return new Refusal(apiError(req, 400, 'invalid_request', 'The chunk or its headers are wrong.'))
}

function answer(status: number, { video_size }: TiktokUpload, received: number): Answer {
  return { status, headers: { 'content-range': `bytes 0-${received}/${video_size}` } }
}
