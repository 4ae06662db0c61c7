import type { Media } from '../../domain/media.ts'
import type { AccountLimits, Finding } from '../connector.ts'
import type { TextPart } from '../content-texts.ts'
import { checkFile, type FileRules } from '../media-rules.ts'

const SOURCE = 'https://docs.x.com/x-api/media/quickstart/best-practices'
const MIB = 1024 * 1024

/** Pictures of one post: https://docs.x.com/x-api/media/quickstart/best-practices */
export const MAX_IMAGES = 4

/** https://docs.x.com/x-api/media/create-media-metadata */
const MAX_ALT_TEXT_LENGTH = 1_000

const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png', 'image/webp'],
  maxBytes: 5 * MIB,
  maxAltTextLength: MAX_ALT_TEXT_LENGTH,
  source: SOURCE,
}

const GIF: FileRules = {
  mimeTypes: ['image/gif'],
  maxBytes: 15 * MIB,
  maxWidth: 1280,
  maxHeight: 1080,
  maxFrames: 350,
  maxAltTextLength: MAX_ALT_TEXT_LENGTH,
  source: SOURCE,
}

/** Same page: width × height × frames. */
const MAX_GIF_PIXELS = 300_000_000

export const MAX_VIDEO_DURATION_MS = 140_000
/** https://help.x.com/en/using-x/x-premium: four hours. */
export const PREMIUM_MAX_VIDEO_DURATION_MS = 4 * 60 * 60_000

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxBytes: 512 * MIB,
  minWidth: 32,
  minHeight: 32,
  minRatio: 1 / 3,
  maxRatio: 3,
  minDurationMs: 500,
  maxFrameRate: 60,
  videoCodecs: ['avc'],
  audioCodecs: ['aac'],
  source: SOURCE,
}

/** Same page: 1280 × 1024, 720 × 1280 recommended upright; subscribers may upload 1080p. */
const LANDSCAPE = { maxWidth: 1280, maxHeight: 1024 }
const PREMIUM_LANDSCAPE = { maxWidth: 1920, maxHeight: 1200 }

/** Four pictures, or one GIF, or one video; each file by the rules of its kind. */
export function fileFindings({ media, mediaPath }: TextPart, account: AccountLimits): Finding[] {
  const findings = media.flatMap((file, index) =>
    findingsOf(file, account, `${mediaPath}.${index}`),
  )
  const moving = media.filter(({ kind }) => kind === 'gif' || kind === 'video')
  if (moving.length > 0 && media.length > 1) {
    const message = 'X takes up to 4 pictures, or one GIF, or one video in a post, not a mix.'
    findings.push({ code: 'media_mix', path: mediaPath, message })
  } else if (media.length > MAX_IMAGES) {
    const message = `X shows at most ${MAX_IMAGES} pictures in a post; this one has ${media.length}.`
    findings.push({ code: 'too_many_media', path: mediaPath, message })
  }
  return findings
}

function findingsOf(media: Media, account: AccountLimits, path: string): Finding[] {
  if (media.kind === 'video') return checkFile('X', media, videoRules(media, account), path)
  if (media.kind !== 'gif') return checkFile('X', media, IMAGE, path)
  const { width = 0, height = 0, frames = 0 } = media
  const findings = checkFile('X', media, GIF, path)
  if (findings.length > 0 || width * height * frames <= MAX_GIF_PIXELS) return findings
  const message = `“${media.fileName}” has more frames of this size than X takes. Make it smaller or shorter.`
  return [{ code: 'media_dimensions', path, message }]
}

function videoRules({ width = 0, height = 0 }: Media, account: AccountLimits): FileRules {
  const maxDurationMs = account.maxVideoDurationMs ?? MAX_VIDEO_DURATION_MS
  const box = maxDurationMs > MAX_VIDEO_DURATION_MS ? PREMIUM_LANDSCAPE : LANDSCAPE
  const turned = { maxWidth: box.maxHeight, maxHeight: box.maxWidth }
  const size = height > width ? turned : box
  return { ...VIDEO, ...size, maxDurationMs, maxBytes: account.maxVideoBytes ?? 512 * MIB }
}
