import { randomUUID } from 'node:crypto'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect, type MediaInfo } from '../../media/inspect.ts'
import { invalidRequest } from './errors.ts'
import { keepBlob } from './keep-blob.ts'
import { authorizeService, pdsAudience } from './service-token.ts'
import type { BlueskyStore, VideoJob } from './store.ts'

/** https://docs.bsky.app/docs/tutorials/video : the service stores the result by this method. */
const UPLOAD_METHOD = 'com.atproto.repo.uploadBlob'
const LIMITS_METHOD = 'app.bsky.video.getUploadLimits'
const SERVICE = 'did:web:video.bsky.app'
/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/video.json */
const MAX_BYTES = 300_000_000
const MAX_DURATION_MS = 180_000
/** As https://docs.bsky.app/docs/tutorials/video has them: 25 videos, 10 GB. */
const DAILY_VIDEOS = 25
const DAILY_BYTES = 10_000_000_000
const DAY_MS = 24 * 3_600_000

export async function inspectVideo(store: BlueskyStore, req: ApiRequest): Promise<void> {
  if (req.upload === undefined) return
  req.found.set('video', await inspect(store.state.shelf.pathOf(req.upload.name)))
}

/** POST app.bsky.video.uploadVideo of the video service: a job, at the top level of the answer. */
export function uploadVideo(store: BlueskyStore, req: ApiRequest): Answer {
  const audience = pdsAudience(req.origin)
  const did = authorizeService(store, req, { audience, method: UPLOAD_METHOD })
  if (req.query.get('did') !== did) return problem(401, 'unauthorized', 'did does not match token')
  if (req.upload === undefined || !/^video\//.test(req.header('content-type') ?? '')) {
    return problem(400, 'invalid_request', 'Content-Type must be video/mp4')
  }
  if (!req.query.get('name')) return problem(400, 'invalid_request', 'name is required')
  const { name, bytes, sha256 } = store.state.shelf.finish(req.upload.name)
  const known = jobsOf(store, did).find((one) => one.sha256 === sha256 && one.state !== 'failed')
  if (known !== undefined) return alreadyExists(store, known)
  if (bytes > MAX_BYTES) return problem(400, 'file_too_large', 'Video is too large')
  assertWithinLimits(store, did, bytes, req.nowMs)
  const job: VideoJob = {
    job_id: randomUUID(),
    did,
    sha256,
    file: name,
    bytes,
    uploaded_at_ms: req.nowMs,
    fault: faultOf(req.found.get('video')),
    state: 'working',
  }
  store.videoJobs.set(job.job_id, job)
  return json(200, { ...present(store, job), state: 'JOB_STATE_CREATED' })
}

/** GET app.bsky.video.getJobStatus: public; the first look finds the work done. */
export function getJobStatus(store: BlueskyStore, req: ApiRequest): Answer {
  const job = store.videoJobs.get(req.query.get('jobId') ?? '')
  if (job === undefined) throw invalidRequest('Job not found')
  if (job.state === 'working' && req.fault === 'refuse') job.fault = 'encoding_failure'
  if (job.state === 'working' && req.fault !== 'processing') {
    job.state = job.fault === null ? 'completed' : 'failed'
  }
  return json(200, { jobStatus: present(store, job) })
}

/** GET app.bsky.video.getUploadLimits */
export function getUploadLimits(store: BlueskyStore, req: ApiRequest): Answer {
  const did = authorizeService(store, req, { audience: [SERVICE], method: LIMITS_METHOD })
  const { videos, bytes } = remaining(store, did, req.nowMs)
  const canUpload = videos > 0 && bytes > 0
  const why = { error: 'upload_limit_reached', message: 'User has exceeded their daily limit' }
  return json(200, {
    canUpload,
    remainingDailyVideos: videos,
    remainingDailyBytes: bytes,
    ...(canUpload ? {} : why),
  })
}

function assertWithinLimits(store: BlueskyStore, did: string, size: number, nowMs: number): void {
  const { videos, bytes } = remaining(store, did, nowMs)
  if (videos > 0 && size <= bytes) return
  throw new Refusal(problem(429, 'upload_limit_reached', 'User has exceeded their daily limit'))
}

function remaining(store: BlueskyStore, did: string, nowMs: number) {
  const today = jobsOf(store, did).filter((one) => one.uploaded_at_ms > nowMs - DAY_MS)
  const used = today.reduce((sum, one) => sum + one.bytes, 0)
  return {
    videos: Math.max(0, DAILY_VIDEOS - today.length),
    bytes: Math.max(0, DAILY_BYTES - used),
  }
}

function jobsOf(store: BlueskyStore, did: string): VideoJob[] {
  return [...store.videoJobs.values()].filter((one) => one.did === did)
}

/** The failure code that a file will end with. */
function faultOf(info: MediaInfo | undefined): string | null {
  const isVideo = info?.mimeType === 'video/mp4' && info.broken !== true
  return isVideo && (info.durationMs ?? 0) <= MAX_DURATION_MS ? null : 'validation_failure'
}

/** The same bytes again: the earlier job, which a client may use. */
function alreadyExists(store: BlueskyStore, job: VideoJob): Answer {
  const { jobId, did, state } = present(store, job)
  const message = 'Video already processed'
  return json(409, { jobId, did, state, error: 'already_exists', message })
}

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/video/defs.json */
function present(store: BlueskyStore, job: VideoJob): Record<string, unknown> {
  const { job_id: jobId, did, bytes, sha256 } = job
  switch (job.state) {
    case 'working':
      return { jobId, did, state: 'JOB_STATE_ENCODING', progress: 50 }
    case 'completed': {
      const blob = keepBlob(store, { did, file: { bytes, sha256 }, mimeType: 'video/mp4' })
      return { jobId, did, state: 'JOB_STATE_COMPLETED', progress: 100, blob }
    }
    case 'failed': {
      const message = 'Failed to process the video'
      const [error, failureCode] = [job.fault, job.fault]
      return { jobId, did, state: 'JOB_STATE_FAILED', error, failureCode, message }
    }
  }
}

function problem(status: number, error: string, message: string): Answer {
  return json(status, { error, message })
}
