import type { MediaInfo } from '../../media/inspect.ts'

/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api */
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif']
const MAX_PIXELS = 36_152_320
const MAX_GIF_FRAMES = 250
/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api */
export const VIDEO_BYTES = { min: 75 * 1024, max: 500 * 1024 * 1024 }
const VIDEO_MS = { min: 3_000, max: 30 * 60_000 }
/** https://learn.microsoft.com/linkedin/marketing/community-management/shares/documents-api */
const MAX_DOCUMENT_BYTES = 100 * 1024 * 1024
/** Older Office files are all of one container format. */
const DOCUMENT_TYPES = [
  'application/pdf',
  'application/x-cfb',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
]

/** Why processing will fail; undefined when it will not. */
export function fileFault(
  kind: 'image' | 'video' | 'document',
  info: MediaInfo,
  bytes: number,
): string | undefined {
  if (info.broken === true) return 'The file is damaged'
  if (kind === 'image') return imageFault(info)
  if (kind === 'video') return videoFault(info)
  if (!DOCUMENT_TYPES.includes(info.mimeType)) return 'The file is no document'
  return bytes > MAX_DOCUMENT_BYTES ? 'The document is larger than 100 MB' : undefined
}

function imageFault({ mimeType, width = 0, height = 0, frames = 1 }: MediaInfo) {
  if (!IMAGE_TYPES.includes(mimeType)) return 'The file is no JPG, PNG or GIF'
  if (width * height > MAX_PIXELS) return `The image has more than ${MAX_PIXELS} pixels`
  return frames > MAX_GIF_FRAMES ? `The GIF has more than ${MAX_GIF_FRAMES} frames` : undefined
}

function videoFault({ mimeType, durationMs = 0 }: MediaInfo): string | undefined {
  if (mimeType !== 'video/mp4') return 'The file is no MP4'
  const isTimely = durationMs >= VIDEO_MS.min && durationMs <= VIDEO_MS.max
  return isTimely ? undefined : 'The video is not between 3 seconds and 30 minutes long'
}
