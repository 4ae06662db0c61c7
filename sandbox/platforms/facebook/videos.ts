import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect, type MediaInfo } from '../../media/inspect.ts'
import { pull } from '../../media/pull.ts'
import { invalidParameter, refuse } from '../meta/errors.ts'
import { param, requiredParam } from '../meta/params.ts'
import { isComplete, pullUpload, takeUpload } from '../meta/rupload.ts'
import { type Call, ownPage, pageOfPath } from './access.ts'
import { messageOf } from './message.ts'
import { BAD_URL, BAD_VIDEO, NOT_UPLOADED, TOO_FAST, wrongOffset } from './page-problems.ts'
import { type PageStore, publishVideo, type Video } from './page-store.ts'
import { specProblem } from './video-specs.ts'

/** How much one transfer takes; Meta chooses, and changes it as it goes. */
const CHUNK_BYTES = 4 * 1024 * 1024
const MAX_VIDEO_BYTES = 10_000_000_000
const MAX_TITLE = 255
const SLOW_POLLS = 2
const DAY_MS = 24 * 3_600_000
/** https://developers.facebook.com/docs/video-api/guides/reels-publishing */
const REELS_A_DAY = { limit: 30, windowMs: DAY_MS }

/** Fetches `file_url`, or looks into the file of the request or of the upload that ends. */
export async function takeVideo(store: PageStore, req: ApiRequest): Promise<void> {
  const { shelf } = store.state
  const url = param(req, 'file_url')
  if (url !== undefined) req.pulled.set('file_url', await pull(shelf, url))
  const source = req.files.get('source')
  if (source !== undefined) req.found.set('video', await inspect(shelf.pathOf(source.name)))
  if (param(req, 'upload_phase') !== 'finish') return
  const video = asked(store, req)
  if (video === undefined || !isComplete(shelf, video.upload)) return
  req.found.set('video', await inspect(shelf.pathOf(video.upload.file)))
}

/** POST /{page}/videos with the whole file, or its address. */
export function createVideo(call: Call): Answer {
  const { facebook, req } = call
  const page = pageOfPath(call, 'publish')
  const { shelf } = facebook.pages.state
  const pulled = req.pulled.get('file_url')
  if (pulled?.ok === false) throw refuse(BAD_URL)
  const file = pulled?.file.name ?? req.files.get('source')?.name
  const info = pulled?.info ?? req.found.get('video')
  if (file === undefined || info === undefined) throw refuse(BAD_VIDEO)
  const upload = { file, file_size: shelf.size(file) }
  const video = newVideo(call, { page_id: page.id, use: 'video', upload })
  finish(call, video, info)
  return json(200, { id: video.id })
}

/** `upload_phase=start` of /{page}/videos: announces the size. */
export function startVideo(call: Call): Answer {
  const page = pageOfPath(call, 'publish')
  const file_size = Number(requiredParam(call.req, 'file_size'))
  if (!Number.isInteger(file_size) || file_size < 1 || file_size > MAX_VIDEO_BYTES) {
    throw refuse(invalidParameter('Param file_size must be a positive integer'))
  }
  const upload = { file: call.facebook.pages.state.shelf.create(), file_size }
  const session_id = call.facebook.pages.ids.next(call.req.nowMs)
  const video = newVideo(call, { page_id: page.id, use: 'video', session_id, upload })
  const window = windowOf(call, video)
  return json(200, { video_id: video.id, upload_session_id: session_id, ...window })
}

/** `upload_phase=transfer`: the bytes from `start_offset`, at most up to the offered end. */
export function transferVideo(call: Call): Answer {
  pageOfPath(call, 'publish')
  const { req } = call
  const video = sessionOf(call)
  const { shelf } = call.facebook.pages.state
  const { start_offset, end_offset } = windowOf(call, video)
  const [start, end] = [Number(start_offset), Number(end_offset)]
  const chunk = req.files.get('video_file_chunk')
  const isNext = requiredParam(req, 'start_offset') === start_offset
  if (!isNext || chunk === undefined || chunk.bytes === 0 || chunk.bytes > end - start) {
    throw refuse(wrongOffset(start, end))
  }
  shelf.appendFile(video.upload.file, chunk.name)
  return json(200, windowOf(call, video))
}

/** `upload_phase=finish`: publishes; `cancel` gives up. */
export function finishVideo(call: Call): Answer {
  pageOfPath(call, 'publish')
  const video = sessionOf(call)
  finish(call, video, call.req.found.get('video'))
  return json(200, { success: true })
}

export function cancelVideo(call: Call): Answer {
  pageOfPath(call, 'publish')
  sessionOf(call).is_deleted = true
  return json(200, { success: true })
}

/** `upload_phase=start` of /{page}/video_reels and /{page}/video_stories: where the bytes go. */
export function startHosted(use: 'reel' | 'video_story') {
  return (call: Call): Answer => {
    const { facebook, req } = call
    const page = pageOfPath(call, 'publish')
    const upload = { file: facebook.pages.state.shelf.create(), file_size: null }
    const { id } = newVideo(call, { page_id: page.id, use, upload })
    const version = req.params.version ?? 'v25.0'
    const upload_url = `${req.origin}/facebook/video-upload/${version}/${id}`
    return json(200, { video_id: id, upload_url })
  }
}

/** `upload_phase=finish` of the two: once per video. */
export function finishHosted(use: 'reel' | 'video_story') {
  return (call: Call): Answer => {
    const { facebook, req } = call
    const page = pageOfPath(call, 'publish')
    const video = asked(facebook.pages, req)
    if (video?.page_id !== page.id || video.use !== use || video.is_finished) {
      throw refuse(invalidParameter('Invalid video_id'))
    }
    if (use === 'reel') video.is_draft = isDraft(req)
    finish(call, video, req.found.get('video'))
    const { post_id } = video
    return json(200, { success: true, ...(post_id === null ? {} : { post_id }) })
  }
}

/** POST /video-upload/{version}/{video} of the upload host. */
export function uploadBytes(call: Call): Answer {
  const { facebook, req } = call
  const video = facebook.pages.videos.get(req.params.id ?? '')
  if (video === undefined || video.session_id !== null || video.is_finished) {
    throw refuse(invalidParameter('Invalid video id'))
  }
  ownPage(call, video.page_id, 'publish')
  return takeUpload(facebook.pages.state.shelf, req, video.upload)
}

export function pullBytes({ state }: PageStore, req: ApiRequest): Promise<void> {
  return pullUpload(state.shelf, req)
}

/** The whole file is there: it is checked, and public unless it is slow, a draft or wrong. */
function finish(call: Call, video: Video, info: MediaInfo | undefined): void {
  const { facebook, req } = call
  const store = facebook.pages
  if (info === undefined || !isComplete(store.state.shelf, video.upload)) throw refuse(NOT_UPLOADED)
  if (info.broken || !info.mimeType.startsWith('video/')) throw refuse(BAD_VIDEO)
  const title = param(req, 'title') ?? ''
  if ([...title].length > MAX_TITLE) throw refuse(invalidParameter('Video title is too long'))
  const description = messageOf(call, 'description')
  if (video.use === 'reel') spendReel(store, video.page_id, req)
  const { sha256 } = store.state.shelf.finish(video.upload.file)
  const polls_left = req.fault === 'processing' ? SLOW_POLLS : 0
  const problem = specProblem(video.use, info)
  Object.assign(video, { title, description, sha256, is_finished: true, polls_left, problem })
  if (polls_left === 0 && problem === null) publishVideo(store, video, req.nowMs)
}

function spendReel({ state }: PageStore, pageId: string, req: ApiRequest): void {
  const budget = state.rateLimits.take(`facebook reels ${pageId}`, REELS_A_DAY, req.nowMs)
  if (!budget.allowed) throw refuse(TOO_FAST)
}

function isDraft(req: ApiRequest): boolean {
  const state = requiredParam(req, 'video_state')
  if (state === 'PUBLISHED' || state === 'DRAFT') return state === 'DRAFT'
  if (state !== 'SCHEDULED') {
    throw refuse(invalidParameter('Param video_state must be one of {DRAFT, SCHEDULED, PUBLISHED}'))
  }
  throw refuse({ ...invalidParameter('scheduling is not modelled by the sandbox'), status: 501 })
}

function newVideo(
  { facebook, req }: Call,
  draft: Pick<Video, 'page_id' | 'use' | 'upload'> & Partial<Video>,
): Video {
  const video: Video = {
    session_id: null,
    sha256: null,
    title: '',
    description: '',
    is_finished: false,
    is_draft: false,
    polls_left: 0,
    problem: null,
    post_id: null,
    ...draft,
    id: facebook.pages.ids.next(req.nowMs),
    created_at_ms: req.nowMs,
    is_deleted: false,
  }
  facebook.pages.videos.set(video.id, video)
  return video
}

/** The video that a request names by its id or its session. */
function asked({ videos }: PageStore, req: ApiRequest): Video | undefined {
  const session = param(req, 'upload_session_id')
  if (session === undefined) return videos.get(param(req, 'video_id') ?? '')
  return [...videos.values()].find((one) => one.session_id === session)
}

function sessionOf({ facebook, caller, req }: Call): Video {
  requiredParam(req, 'upload_session_id')
  const video = asked(facebook.pages, req)
  const isOpen = video?.is_finished === false && !video.is_deleted
  if (video === undefined || !isOpen || video.page_id !== caller.page?.id) {
    throw refuse(invalidParameter('Invalid upload_session_id'))
  }
  return video
}

/** Offsets are text, and equal when nothing is missing. */
function windowOf(
  { facebook }: Call,
  { upload }: Video,
): { start_offset: string; end_offset: string } {
  const start = facebook.pages.state.shelf.size(upload.file)
  const end = Math.min(start + CHUNK_BYTES, upload.file_size ?? start)
  return { start_offset: String(start), end_offset: String(end) }
}
