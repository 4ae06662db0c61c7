import type { MediaInfo } from '../../media/inspect.ts'
import type { Video } from './page-store.ts'

/** https://developers.facebook.com/docs/video-api/guides/reels-publishing */
const REEL = { minWidth: 540, minHeight: 960, minMs: 3_000, maxMs: 90_000 }
const MAX_STORY_MS = 60_000
const MAX_VIDEO_MS = 4 * 3_600_000
const TOLERANCE_MS = 500
const RATIO = { min: 9 / 16 - 0.01, max: 16 / 9 + 0.01 }

/** What processing finds wrong with a video; null = nothing. */
export function specProblem(use: Video['use'], info: MediaInfo): Video['problem'] {
  const { durationMs = 0 } = info
  if (use === 'video') return isLonger(durationMs, MAX_VIDEO_MS) ? TOO_LONG : null
  if (use === 'video_story') return isLonger(durationMs, MAX_STORY_MS) ? TOO_LONG : null
  return reelProblem(info)
}

function reelProblem({ width = 0, height = 1, durationMs = 0, frameRate = 30 }: MediaInfo) {
  const ratio = width / height
  if (ratio < RATIO.min || ratio > RATIO.max) return WRONG_RATIO
  if (width < REEL.minWidth || height < REEL.minHeight) return TOO_SMALL
  if (isLonger(durationMs, REEL.maxMs) || durationMs < REEL.minMs - TOLERANCE_MS) return TOO_LONG
  return frameRate < 23.5 || frameRate > 60.5 ? WRONG_FRAME_RATE : null
}

function isLonger(durationMs: number, maxMs: number): boolean {
  return durationMs > maxMs + TOLERANCE_MS
}

const WRONG_RATIO = {
  code: 1363040,
  message:
    'The video you tried to upload has an aspect ratio that isn’t supported on Facebook. Aspect ratios for videos need to be between 16x9 and 9x16.',
}

const TOO_SMALL = {
  code: 1363127,
  message: 'Resolution too low. Video must have a minimum resolution of 540p.',
}

const TOO_LONG = {
  code: 1363128,
  message: 'The video you tried to upload has a duration that isn’t supported for this product.',
}

const WRONG_FRAME_RATE = {
  code: 1363129,
  message: 'The video you tried to upload has a frame rate that isn’t supported for this product.',
}
