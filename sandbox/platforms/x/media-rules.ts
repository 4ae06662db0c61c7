import type { MediaInfo } from '../../media/inspect.ts'

/** https://docs.x.com/x-api/media/media-upload-initialize : categories that an upload may have. */
export const CATEGORIES = [
  'tweet_image',
  'tweet_gif',
  'tweet_video',
  'amplify_video',
  'dm_image',
  'dm_gif',
  'dm_video',
  'subtitles',
] as const

export type Category = (typeof CATEGORIES)[number]

/** What the one-shot upload takes: https://docs.x.com/x-api/media/upload-media */
export const ONE_SHOT_CATEGORIES = ['tweet_image', 'dm_image', 'subtitles']

export type MediaKind = 'photo' | 'animated_gif' | 'video'

/** https://docs.x.com/x-api/media/quickstart/best-practices */
const MEGABYTE = 1024 * 1024
const MAX_BYTES: Record<MediaKind, number> = {
  photo: 5 * MEGABYTE,
  animated_gif: 15 * MEGABYTE,
  video: 512 * MEGABYTE,
}
const TYPES: Record<MediaKind, string[]> = {
  photo: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
  animated_gif: ['image/gif'],
  video: ['video/mp4', 'video/quicktime'],
}
const GIF = { width: 1280, height: 1080, frames: 350 }
const VIDEO = { minSide: 32, longSide: 1280, shortSide: 1024, maxFps: 60, maxRatio: 3 }
const MIN_DURATION_MS = 500
const MAX_DURATION_MS = 140_000
const MAX_PREMIUM_DURATION_MS = 4 * 3_600_000

/** Prefix of a media key. */
export const KEY_PREFIX: Record<MediaKind, number> = { photo: 3, video: 7, animated_gif: 16 }

export function kindOf(category: Category): MediaKind {
  if (category.endsWith('_gif')) return 'animated_gif'
  return category.endsWith('_video') ? 'video' : 'photo'
}

/** Why an announced upload is refused at once. */
export function announcementFault(
  category: Category,
  { type, bytes }: { type: string; bytes: number },
): string | undefined {
  if (category === 'subtitles') return undefined
  const kind = kindOf(category)
  if (!TYPES[kind].includes(type)) return `media type unrecognized: ${type} for ${category}`
  return bytes > MAX_BYTES[kind] ? `File size exceeds ${MAX_BYTES[kind]} bytes.` : undefined
}

/** Why a whole file cannot be used; undefined when it can. */
export function fileFault(
  category: Category,
  { info, bytes, premium }: { info: MediaInfo; bytes: number; premium: boolean },
): string | undefined {
  if (category === 'subtitles') return undefined
  const kind = kindOf(category)
  if (info.broken === true || !TYPES[kind].includes(info.mimeType)) {
    return kind === 'video' ? 'Unsupported video format' : 'Unsupported media type'
  }
  if (bytes > MAX_BYTES[kind]) return `File size exceeds ${MAX_BYTES[kind]} bytes.`
  if (kind === 'animated_gif') return gifFault(info)
  const isLong = premium || category === 'amplify_video'
  return kind === 'video'
    ? videoFault(info, isLong ? MAX_PREMIUM_DURATION_MS : MAX_DURATION_MS)
    : undefined
}

function gifFault({ width = 0, height = 0, frames = 1 }: MediaInfo): string | undefined {
  if (width > GIF.width || height > GIF.height) return 'GIF dimensions exceed 1280x1080'
  return frames > GIF.frames ? 'GIF has too many frames' : undefined
}

function videoFault(info: MediaInfo, maxDurationMs: number): string | undefined {
  const { width = 0, height = 0, durationMs = 0, frameRate = 0 } = info
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  if (info.videoCodec !== 'avc') return 'Unsupported video codec'
  if (info.audioCodec !== undefined && info.audioCodec !== 'aac') return 'Unsupported audio codec'
  if (durationMs < MIN_DURATION_MS) return 'Video is too short'
  if (durationMs > maxDurationMs) return 'Video is too long'
  if (short < VIDEO.minSide || short > VIDEO.shortSide || long > VIDEO.longSide) {
    return 'Video dimensions are not between 32x32 and 1280x1024'
  }
  if (long > short * VIDEO.maxRatio) return 'Video aspect ratio is not between 1:3 and 3:1'
  // Rounded, because a container gives an average.
  return Math.round(frameRate) > VIDEO.maxFps ? 'Video frame rate exceeds 60' : undefined
}
