import { randomBytes } from 'node:crypto'
import { type Answer, Refusal } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { MediaInfo } from '../../media/inspect.ts'
import { pull } from '../../media/pull.ts'
import { accountOf, creatorOf } from './creator.ts'
import { badParam, ok } from './errors.ts'
import { refuseTooMany, spend } from './limits.ts'
import { photoFault, videoFault } from './media-rules.ts'
import { type PostInfo, photoInfo, videoInfo } from './post-info.ts'
import { type Arrived, arrive, begin } from './publications.ts'
import { type FilePlan, photoSource, videoSource } from './source-info.ts'
import type { TiktokPublication, TiktokStore, TiktokToken } from './store.ts'
import { authorizeFor } from './tokens.ts'

/** https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide : one hour */
const UPLOAD_LIFETIME_MS = 3_600_000
const NO_INFO: PostInfo = { title: '', description: '', privacyLevel: null }

/** Fetches what an init request names: https, from a verified host and without redirects. */
export async function pullSources(store: TiktokStore, req: ApiRequest): Promise<void> {
  const info = fields(req.body).source_info
  const source = isRecord(info) && Array.isArray(info.photo_images) ? photoSource : videoSource
  try {
    const plan = source(req)
    if (plan.source === 'FILE_UPLOAD') return
    for (const url of plan.urls) {
      if (req.pulled.has(url)) continue
      req.pulled.set(url, await pull(store.state.shelf, url, { followRedirects: false }))
    }
  } catch (error) {
    // The handler refuses it in a moment, after what comes before.
    if (!(error instanceof Refusal)) throw error
  }
}

/** POST /v2/post/publish/video/init/ */
export function initVideo(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.publish')
  spend(store, req, grant, 'video/init')
  const creator = creatorOf(accountOf(store, req, grant.account_id))
  const info = videoInfo(req, fields(req.body).post_info, creator)
  return startVideo(store, req, grant, { mode: 'direct', info })
}

/** POST /v2/post/publish/inbox/video/init/: what is said about the post is ignored. */
export function initInboxVideo(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.upload')
  spend(store, req, grant, 'inbox/video/init')
  return startVideo(store, req, grant, { mode: 'inbox', info: NO_INFO })
}

/** POST /v2/post/publish/content/init/: photos, which are always fetched. */
export function initContent(store: TiktokStore, req: ApiRequest): Answer {
  const { media_type, post_mode, post_info } = fields(req.body)
  const mode = post_mode === 'MEDIA_UPLOAD' ? 'inbox' : 'direct'
  const grant = authorizeFor(store, req, mode === 'inbox' ? 'video.upload' : 'video.publish')
  spend(store, req, grant, 'content/init')
  if (media_type !== 'PHOTO') throw badParam(req, 'media_type must be PHOTO')
  if (mode === 'direct' && post_mode !== 'DIRECT_POST') throw badParam(req, 'post_mode is invalid')
  const creator = creatorOf(accountOf(store, req, grant.account_id))
  const info = photoInfo(req, post_info, mode === 'direct' ? creator : undefined)
  const { source, urls } = photoSource(req)
  refuseTooMany(store, req, grant.account_id, mode)
  const publication = begin(store, req, grant, { kind: 'photo', mode, source, info })
  const fault = (one: MediaInfo, bytes: number) => photoFault(one, bytes)
  arrive(store, req, publication, pulledFiles(req, urls, fault, 'photo_pull_failed'))
  return ok(req, { publish_id: publication.publish_id })
}

function startVideo(
  store: TiktokStore,
  req: ApiRequest,
  grant: TiktokToken,
  { mode, info }: { mode: TiktokPublication['mode']; info: PostInfo },
): Answer {
  const plan = videoSource(req)
  const { source } = plan
  refuseTooMany(store, req, grant.account_id, mode)
  const publication = begin(store, req, grant, { kind: 'video', mode, source, info })
  const { publish_id } = publication
  if (plan.source === 'FILE_UPLOAD') {
    return ok(req, { publish_id, upload_url: openUpload(store, req, publication, plan) })
  }
  const { maxVideoS } = creatorOf(accountOf(store, req, grant.account_id))
  const fault = (one: MediaInfo) => videoFault(one, maxVideoS)
  arrive(store, req, publication, pulledFiles(req, plan.urls, fault, 'video_pull_failed'))
  return ok(req, { publish_id })
}

/** The address that takes the video: opaque, secret and good for an hour. */
function openUpload(
  store: TiktokStore,
  req: ApiRequest,
  publication: TiktokPublication,
  { video_size, chunk_size, total_chunk_count }: FilePlan,
): string {
  const id = randomBytes(9).toString('hex')
  const token = store.state.secrets.issue('tiktok_upload')
  store.uploads.set(id, {
    publish_id: publication.publish_id,
    token,
    account_id: publication.account_id,
    video_size,
    chunk_size,
    total_chunk_count,
    chunks: 0,
    file: store.state.shelf.create(),
    expires_at_ms: req.nowMs + UPLOAD_LIFETIME_MS,
  })
  return `${req.origin}${req.mount}/upload/${id}?upload_id=${id}&upload_token=${token}`
}

/** What the addresses gave; one that cannot be fetched fails the whole post. */
function pulledFiles(
  req: ApiRequest,
  urls: readonly string[],
  faultOf: (info: MediaInfo, bytes: number) => string | undefined,
  pullFailed: string,
): Arrived {
  const arrived: Arrived = { bytes: 0, media: [], durationMs: 0, fault: undefined }
  for (const url of urls) {
    const pulled = req.pulled.get(url)
    if (pulled?.ok !== true) return { ...arrived, fault: pullFailed }
    arrived.bytes += pulled.file.bytes
    arrived.media.push(pulled.file.sha256)
    arrived.durationMs = pulled.info.durationMs ?? 0
    arrived.fault ??= faultOf(pulled.info, pulled.file.bytes)
  }
  return arrived
}
