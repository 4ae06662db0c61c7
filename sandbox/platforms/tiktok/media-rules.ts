import type { MediaInfo } from '../../media/inspect.ts'

/** https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide#video_restrictions */
const VIDEO_TYPES = ['video/mp4', 'video/quicktime', 'video/webm']
const VIDEO_CODECS = ['avc', 'hevc', 'vp8', 'vp9']
const FRAME_RATE = { min: 23, max: 60 }
/** Averages of real files are not whole. */
const FRAME_RATE_SLACK = 0.5
const SIDE = { min: 360, max: 4096 }
/** https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide#image_restrictions */
const PHOTO_TYPES = ['image/jpeg', 'image/webp']
const MAX_PHOTO_BYTES = 20 * 1024 * 1024
const PHOTO_1080P = { short: 1080, long: 1920 }

/** The `fail_reason` of a video; undefined when it is fine. */
export function videoFault(info: MediaInfo, maxVideoS: number): string | undefined {
  const { width = 0, height = 0, durationMs = 0, frameRate = 0 } = info
  if (info.broken === true || !VIDEO_TYPES.includes(info.mimeType)) {
    return 'file_format_check_failed'
  }
  if (!VIDEO_CODECS.includes(info.videoCodec ?? '')) return 'file_format_check_failed'
  if (durationMs <= 0 || durationMs > maxVideoS * 1000) return 'duration_check_failed'
  const isSlow = frameRate < FRAME_RATE.min - FRAME_RATE_SLACK
  if (isSlow || frameRate > FRAME_RATE.max + FRAME_RATE_SLACK) return 'frame_rate_check_failed'
  const fits = [width, height].every((side) => side >= SIDE.min && side <= SIDE.max)
  return fits ? undefined : 'picture_size_check_failed'
}

/** The `fail_reason` of a photo; undefined when it is fine. */
export function photoFault(info: MediaInfo, bytes: number): string | undefined {
  const { width = 0, height = 0 } = info
  if (info.broken === true || !PHOTO_TYPES.includes(info.mimeType)) {
    return 'file_format_check_failed'
  }
  if (bytes > MAX_PHOTO_BYTES) return 'picture_size_check_failed'
  const fits =
    Math.min(width, height) <= PHOTO_1080P.short && Math.max(width, height) <= PHOTO_1080P.long
  return fits ? undefined : 'picture_size_check_failed'
}
