import type { ShelfFile } from '../../core/shelf.ts'
import type { MediaInfo } from '../../media/inspect.ts'
import type { Pulled } from '../../media/pull.ts'
import type { GraphProblem } from './errors.ts'

/** What one kind of picture may be. */
export interface ImageRules {
  types: readonly string[]
  maxBytes: number
  /** Width divided by height; absent = any. */
  ratio?: { min: number; max: number }
  /** Code of the refusal of what cannot be fetched. */
  fetchCode?: number
}

/** What one kind of video may be. */
export interface VideoRules {
  maxBytes: number
  minDurationMs: number
  maxDurationMs: number
  maxWidth: number
}

/** What is wrong with a video, for each platform to put into its words. */
export type VideoFault = 'download' | 'format' | 'audio' | 'ratio' | 'duration' | 'frame_rate'

const MIB = 1024 * 1024
/** Pictures are cut to whole pixels. */
const RATIO_TOLERANCE = 0.01
/** Containers give an average, which need not be whole. */
const FRAME_RATE = { min: 22.5, max: 60.5 }
const VIDEO_TYPES = ['video/mp4', 'video/quicktime']
const VIDEO_CODECS = ['avc', 'hevc']

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes */
export function fetchFailed(url: string, code = 9004): GraphProblem {
  return {
    message: 'Only photo or video can be accepted as media type.',
    code,
    subcode: 2207052,
    isTransient: false,
    userTitle: 'Media download has failed. The media URI doesn’t meet our requirements.',
    userMessage: `The media could not be fetched from this URI: ${url}. Please check the limitations section in the documentation.`,
  }
}

export const UNSUPPORTED_VIDEO: GraphProblem = {
  message: 'The video format is not supported.',
  code: 352,
  subcode: 2207026,
  isTransient: false,
  userTitle: 'Unsupported video format',
  userMessage: 'The video format is not supported. Please check spec for supported video format.',
}

/** Pictures are fetched while the request waits, so that they are refused at once. */
export function imageProblem(pulled: Pulled, url: string, rules: ImageRules): GraphProblem | null {
  const unfetched = fetchFailed(url, rules.fetchCode)
  if (!pulled.ok || !pulled.info.mimeType.startsWith('image/')) return unfetched
  const { info, file } = pulled
  if (info.broken) return unfetched
  if (!rules.types.includes(info.mimeType)) return wrongFormat(rules)
  if (file.bytes > rules.maxBytes) return tooLarge(rules)
  const ratio = (info.width ?? 0) / (info.height ?? 1)
  return rules.ratio !== undefined && isOutside(ratio, rules.ratio) ? wrongRatio(ratio) : null
}

/** Videos are looked at while they are processed: a poll tells the outcome. */
export function videoFault(file: ShelfFile, info: MediaInfo, rules: VideoRules): VideoFault | null {
  if (info.broken || !VIDEO_TYPES.includes(info.mimeType)) return 'format'
  if (!VIDEO_CODECS.includes(info.videoCodec ?? '') || file.bytes > rules.maxBytes) return 'format'
  if (info.audioCodec !== undefined && info.audioCodec !== 'aac') return 'audio'
  const { width = 0, height = 1, durationMs = 0, frameRate = 0 } = info
  if (width > rules.maxWidth || isOutside(width / height, { min: 0.01, max: 10 })) return 'ratio'
  const isLong = durationMs > rules.maxDurationMs + 500
  if (isLong || durationMs < rules.minDurationMs - 500) return 'duration'
  return frameRate < FRAME_RATE.min || frameRate > FRAME_RATE.max ? 'frame_rate' : null
}

/** The same for a video that was to be fetched. */
export function pulledVideoFault(pulled: Pulled, rules: VideoRules): VideoFault | null {
  return pulled.ok ? videoFault(pulled.file, pulled.info, rules) : 'download'
}

function isOutside(ratio: number, { min, max }: { min: number; max: number }): boolean {
  return ratio < min - RATIO_TOLERANCE || ratio > max + RATIO_TOLERANCE
}

function wrongFormat({ types }: ImageRules): GraphProblem {
  const names = types.map((type) => type.replace('image/', '').toUpperCase()).join('/')
  return {
    message: 'The image format is not supported',
    code: 36001,
    subcode: 2207005,
    isTransient: false,
    userTitle: 'Unsupported image format',
    userMessage: `The image format is not supported. Supported formats are: ${names}.`,
  }
}

function tooLarge({ maxBytes }: ImageRules): GraphProblem {
  return {
    message: 'The image size is too large.',
    code: 36000,
    subcode: 2207004,
    isTransient: false,
    userTitle: 'Image size too large',
    userMessage: `The image is too large to download. It should be less than ${maxBytes / MIB} MiB.`,
  }
}

function wrongRatio(ratio: number): GraphProblem {
  return {
    message: 'The aspect ratio is not supported.',
    code: 36003,
    subcode: 2207009,
    isTransient: false,
    userTitle: 'Invalid aspect ratio',
    userMessage: `The submitted image with aspect ratio ${ratio.toFixed(3)} cannot be published. Please submit an image with a valid aspect ratio.`,
  }
}
