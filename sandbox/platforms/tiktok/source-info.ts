import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { badParam, refused } from './errors.ts'

/** https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide */
const MAX_VIDEO_BYTES = 4 * 1024 ** 3
const MIN_CHUNK_BYTES = 5_000_000
/** Decimal, whatever the guide's “64 MB” means: chunks of 64 MiB get 400 since August 2026. */
const MAX_CHUNK_BYTES = 64_000_000
const MAX_LAST_CHUNK_BYTES = 128_000_000
const MAX_CHUNKS = 1000
const MAX_PHOTOS = 35
/** Nobody can prove to own these; every other host counts as verified. */
const UNVERIFIED = /\.(example|invalid|test)$/i

export interface FilePlan {
  source: 'FILE_UPLOAD'
  video_size: number
  chunk_size: number
  total_chunk_count: number
}

export interface UrlPlan {
  source: 'PULL_FROM_URL'
  urls: string[]
}

/** `source_info` of a video. */
export function videoSource(req: ApiRequest): FilePlan | UrlPlan {
  const info = sourceInfo(req)
  if (info.source === 'FILE_UPLOAD') return filePlan(req, info)
  if (info.source !== 'PULL_FROM_URL') throw badParam(req, 'source is invalid')
  return { source: 'PULL_FROM_URL', urls: [ownUrl(req, info.video_url, 'video_url')] }
}

/** `source_info` of photos, which can only be fetched. */
export function photoSource(req: ApiRequest): UrlPlan {
  const info = sourceInfo(req)
  if (info.source !== 'PULL_FROM_URL') throw badParam(req, 'source must be PULL_FROM_URL')
  const given = info.photo_images
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_PHOTOS) {
    throw badParam(req, `photo_images must be 1 to ${MAX_PHOTOS} addresses`)
  }
  const cover = info.photo_cover_index ?? 0
  if (!Number.isSafeInteger(cover) || Number(cover) < 0 || Number(cover) >= given.length) {
    throw badParam(req, 'photo_cover_index is out of range')
  }
  return { source: 'PULL_FROM_URL', urls: given.map((url) => ownUrl(req, url, 'photo_images')) }
}

/** Whether a video comes as bytes: then no post exists before the last of them. */
export function isFileUpload(body: unknown): boolean {
  return isRecord(body) && isRecord(body.source_info) && body.source_info.source === 'FILE_UPLOAD'
}

function sourceInfo(req: ApiRequest): Record<string, unknown> {
  const info = fields(req.body).source_info
  if (req.body.kind === 'json' && isRecord(info)) return info
  throw badParam(req, 'source_info is required')
}

function filePlan(req: ApiRequest, info: Record<string, unknown>): FilePlan {
  const video_size = countOf(req, info, 'video_size')
  const chunk_size = countOf(req, info, 'chunk_size')
  const total_chunk_count = countOf(req, info, 'total_chunk_count')
  if (video_size > MAX_VIDEO_BYTES) throw badParams(req, 'The video size is invalid')
  if (!fitsChunks(video_size, chunk_size)) throw badParams(req, 'The chunk size is invalid')
  if (total_chunk_count !== Math.floor(video_size / chunk_size)) {
    throw badParams(req, 'The total chunk count is invalid')
  }
  const last = video_size - chunk_size * (total_chunk_count - 1)
  if (total_chunk_count > MAX_CHUNKS || last > MAX_LAST_CHUNK_BYTES) {
    throw badParams(req, 'The total chunk count is invalid')
  }
  return { source: 'FILE_UPLOAD', video_size, chunk_size, total_chunk_count }
}

/** One chunk is the whole video; of several, each has 5 to 64 MB and the last takes the rest. */
function fitsChunks(videoSize: number, chunkSize: number): boolean {
  if (chunkSize > MAX_CHUNK_BYTES) return false
  if (chunkSize === videoSize) return true
  return chunkSize >= MIN_CHUNK_BYTES && Math.floor(videoSize / chunkSize) > 1
}

function countOf(req: ApiRequest, info: Record<string, unknown>, name: string): number {
  const value = info[name]
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value)
  throw badParams(req, `${name} is invalid`)
}

function ownUrl(req: ApiRequest, given: unknown, name: string): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined) throw badParam(req, `${name} is invalid`)
  // Plain http only to hosts without a public name, which are those of a test.
  const isPublic = /[a-z]/i.test(url.hostname) && url.hostname.includes('.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && !isPublic)) {
    throw badParam(req, `${name} must be https`)
  }
  if (UNVERIFIED.test(url.hostname)) throw refused(req, 403, 'url_ownership_unverified')
  return url.href
}

function badParams(req: ApiRequest, message: string): Error {
  return refused(req, 400, 'invalid_params', message)
}
