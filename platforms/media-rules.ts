import type { Media } from '../domain/media.ts'
import type { Finding } from './connector.ts'

/** What one platform accepts of one kind of file. Bounds are inclusive; absent means none known. */
export interface FileRules {
  /** `image/jpeg`, `image/png` …; what a person is told when another comes. */
  mimeTypes: readonly string[]
  minBytes?: number
  maxBytes?: number
  minWidth?: number
  maxWidth?: number
  minHeight?: number
  maxHeight?: number
  maxPixels?: number
  /** Width divided by height. */
  minRatio?: number
  maxRatio?: number
  minDurationMs?: number
  maxDurationMs?: number
  minFrameRate?: number
  maxFrameRate?: number
  /** As `MediaFacts` names them. */
  videoCodecs?: readonly string[]
  audioCodecs?: readonly string[]
  /** Of a GIF. */
  maxFrames?: number
  /** Of a document. */
  maxPages?: number
  maxAltTextLength?: number
  /** Document of these limits. */
  source: string
}

type Check = (media: Media, rules: FileRules) => [code: string, message: string] | undefined

/** Everything wrong with one file; facts that are not known are not judged. */
export function checkFile(
  platformName: string,
  media: Media,
  rules: FileRules,
  path: string,
): Finding[] {
  return CHECKS.flatMap((check) => {
    const found = check(media, rules)
    if (found === undefined) return []
    const [code, wrong] = found
    return [{ code, path, message: `“${media.fileName}” ${wrong} on ${platformName}.` }]
  })
}

const CHECKS: readonly Check[] = [
  ({ mimeType }, { mimeTypes }) =>
    mimeTypes.includes(mimeType)
      ? undefined
      : ['media_type', `is ${nameOf(mimeType)}, but only ${listOf(mimeTypes)} can be used`],
  ({ bytes }, { maxBytes = Infinity }) =>
    bytes <= maxBytes
      ? undefined
      : ['media_too_large', `is ${sizeOf(bytes)}, more than the ${sizeOf(maxBytes)} allowed`],
  ({ bytes }, { minBytes = 0 }) =>
    bytes >= minBytes
      ? undefined
      : ['media_too_small', `is ${sizeOf(bytes)}, less than the ${sizeOf(minBytes)} needed`],
  dimensions,
  ratio,
  duration,
  frameRate,
  ({ videoCodec }, { videoCodecs }) =>
    videoCodec === undefined || videoCodecs === undefined || videoCodecs.includes(videoCodec)
      ? undefined
      : ['media_codec', `is coded as ${videoCodec}, but must be ${videoCodecs.join(' or ')}`],
  ({ audioCodec }, { audioCodecs }) =>
    audioCodec === undefined || audioCodecs === undefined || audioCodecs.includes(audioCodec)
      ? undefined
      : ['media_codec', `has ${audioCodec} sound, but must have ${audioCodecs.join(' or ')}`],
  ({ frames = 0 }, { maxFrames = Infinity }) =>
    frames <= maxFrames
      ? undefined
      : ['media_too_many_frames', `has ${frames} frames, more than the ${maxFrames} allowed`],
  ({ pages = 0 }, { maxPages = Infinity }) =>
    pages <= maxPages
      ? undefined
      : ['media_too_many_pages', `has ${pages} pages, more than the ${maxPages} allowed`],
  ({ altText = '' }, { maxAltTextLength = Infinity }) =>
    altText.length <= maxAltTextLength
      ? undefined
      : [
          'alt_text_too_long',
          `has a description of ${altText.length} characters, more than the ${maxAltTextLength} allowed`,
        ],
]

function dimensions({ width, height }: Media, rules: FileRules): ReturnType<Check> {
  if (width === undefined || height === undefined) return undefined
  const { minWidth = 0, maxWidth = Infinity, minHeight = 0, maxHeight = Infinity } = rules
  const size = `is ${width} × ${height} pixels`
  if (width < minWidth || height < minHeight) {
    return ['media_dimensions', `${size}; at least ${minWidth} × ${minHeight} are needed`]
  }
  if (width > maxWidth || height > maxHeight) {
    const most = [maxWidth, maxHeight].map((one) => (one === Infinity ? 'any' : one)).join(' × ')
    return ['media_dimensions', `${size}; at most ${most} are allowed`]
  }
  const { maxPixels = Infinity } = rules
  if (width * height <= maxPixels) return undefined
  return ['media_dimensions', `${size}; at most ${maxPixels} pixels in all are allowed`]
}

function ratio({ width, height }: Media, rules: FileRules): ReturnType<Check> {
  if (width === undefined || height === undefined || height === 0) return undefined
  const { minRatio = 0, maxRatio = Infinity } = rules
  // A pixel more or less comes of rounding and is accepted everywhere.
  const isWithin = (width + 1) / height >= minRatio && (width - 1) / height <= maxRatio
  if (isWithin) return undefined
  const [low, high] = [minRatio, maxRatio].map((one) => Number(one.toFixed(2)))
  const shape = `has a width of ${(width / height).toFixed(2)} times its height`
  return ['media_ratio', `${shape}; between ${low} and ${high} is allowed`]
}

function duration({ durationMs }: Media, rules: FileRules): ReturnType<Check> {
  if (durationMs === undefined) return undefined
  const { minDurationMs = 0, maxDurationMs = Infinity } = rules
  const lasts = `lasts ${secondsOf(durationMs)}`
  if (durationMs < minDurationMs) {
    return ['media_too_short', `${lasts}, less than the ${secondsOf(minDurationMs)} needed`]
  }
  if (durationMs <= maxDurationMs) return undefined
  return ['media_too_long', `${lasts}, more than the ${secondsOf(maxDurationMs)} allowed`]
}

/** Frame rates are measured; half a frame of tolerance keeps 60.02 from being refused. */
const FRAME_RATE_TOLERANCE = 0.5

function frameRate({ frameRate }: Media, rules: FileRules): ReturnType<Check> {
  if (frameRate === undefined) return undefined
  const { minFrameRate = 0, maxFrameRate = Infinity } = rules
  const isSlow = frameRate < minFrameRate - FRAME_RATE_TOLERANCE
  if (!isSlow && frameRate <= maxFrameRate + FRAME_RATE_TOLERANCE) return undefined
  const most = maxFrameRate === Infinity ? 'more' : maxFrameRate
  const has = `has ${Math.round(frameRate)} frames a second`
  return ['media_frame_rate', `${has}; ${minFrameRate} to ${most} are allowed`]
}

function nameOf(mimeType: string): string {
  return (mimeType.split('/').at(-1) ?? mimeType).toUpperCase()
}

function listOf(mimeTypes: readonly string[]): string {
  return mimeTypes.map(nameOf).join(', ')
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Number((bytes / 1000).toFixed(1))} KB`
  return `${Number((bytes / 1_000_000).toFixed(1))} MB`
}

function secondsOf(ms: number): string {
  return ms >= 120_000 ? `${Number((ms / 60_000).toFixed(1))} min` : `${ms / 1000} s`
}
