import type { MediaInfo } from '../../media/inspect.ts'
import { invalid, refuse } from './errors.ts'
import { MEDIA } from './instance.ts'

export type AttachmentType = 'image' | 'gifv' | 'video'

/** What a file becomes; refuses what the instance does not take, in the words of the server. */
export function attachmentType(info: MediaInfo, bytes: number): AttachmentType {
  if (!MEDIA.supported_mime_types.includes(info.mimeType)) {
    throw invalid('File content type is invalid, File is invalid')
  }
  if (info.broken === true) throw refuse(500, 'Error processing thumbnail for uploaded media')
  const isVideo = info.mimeType.startsWith('video/')
  const isMoving = isVideo || (info.frames ?? 1) > 1
  assertSize(bytes, isMoving ? MEDIA.video_size_limit : MEDIA.image_size_limit)
  assertMatrix(info, isMoving)
  if (isVideo && (info.frameRate ?? 0) > MEDIA.video_frame_rate_limit) {
    throw invalid(`File ${Math.round(info.frameRate ?? 0)}fps videos are not supported`)
  }
  if (!isMoving) return 'image'
  // Without sound a video is shown as the animation that it is.
  return isVideo && info.audioCodec !== undefined ? 'video' : 'gifv'
}

function assertSize(bytes: number, limit: number): void {
  if (bytes <= limit) return
  throw invalid(`File file size must be less than ${Math.round(limit / 1024 / 1024)} MB`)
}

function assertMatrix({ width = 0, height = 0 }: MediaInfo, isMoving: boolean): void {
  const limit = isMoving ? MEDIA.video_matrix_limit : MEDIA.image_matrix_limit
  if (width * height <= limit) return
  throw invalid(`File ${width}x${height} ${isMoving ? 'videos' : 'images'} are not supported`)
}
