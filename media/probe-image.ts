import sharp, { type SharpOptions } from 'sharp'
import { countGifFrames } from './gif-blocks.ts'
import { broken, MediaRefused, type ProbedFacts, unsupported } from './refusal.ts'

/** More than any platform takes (LinkedIn: 36 million), and what decoding may take of memory. */
const MAX_PIXELS = 50_000_000
/** Of all frames of a GIF together: bounds the time, as one frame is decoded after another. */
const MAX_GIF_PIXELS = 500_000_000
const TRUNCATED = { failOn: 'truncated', sequentialRead: true } as const

// Files are looked at once.
sharp.cache(false)

/** JPEG, PNG, WebP or GIF. Throws MediaRefused. */
export async function probeImage(
  path: string,
  fileName: string,
  mimeType: string,
): Promise<ProbedFacts> {
  try {
    if (mimeType === 'image/gif') return await probeGif(path, fileName)
    return await probeStill(path, fileName, mimeType)
  } catch (error) {
    throw error instanceof MediaRefused ? error : broken(fileName, error)
  }
}

async function probeStill(path: string, fileName: string, mimeType: string): Promise<ProbedFacts> {
  const { pages = 1, ...header } = await sharp(path).metadata()
  // Rotation of the camera applied.
  const { width = header.width, height = header.height } = header.autoOrient
  if (pages > 1) throw unsupported(fileName, 'is an animated picture', SAVE_AS_GIF)
  if (width * height > MAX_PIXELS) throw unsupported(fileName, TOO_MANY_PIXELS, MAKE_SMALLER)
  await decode(path, { limitInputPixels: MAX_PIXELS })
  return { kind: 'image', mimeType, width, height }
}

async function probeGif(path: string, fileName: string): Promise<ProbedFacts> {
  const frames = await countGifFrames(path)
  if (frames === undefined || frames === 0) throw broken(fileName)
  const { width, height } = await sharp(path).metadata()
  const pixels = width * height * frames
  if (pixels > MAX_GIF_PIXELS) throw unsupported(fileName, TOO_MANY_PIXELS, MAKE_SHORTER)
  await decode(path, { limitInputPixels: MAX_GIF_PIXELS, pages: -1 })
  return { kind: 'gif', mimeType: 'image/gif', width, height, frames }
}

/** Reads every line of the picture and keeps next to nothing of it. Throws at the first fault. */
async function decode(path: string, options: SharpOptions): Promise<void> {
  const thumbnail = { fit: 'fill', fastShrinkOnLoad: false } as const
  await sharp(path, { ...TRUNCATED, ...options })
    .resize(16, 16, thumbnail)
    .raw()
    .toBuffer()
}

const TOO_MANY_PIXELS = 'has more pixels than any platform takes'
const MAKE_SMALLER = 'Save it with at most 50 megapixels.'
const MAKE_SHORTER = 'Make it smaller or shorter, or save it as a video (MP4).'
const SAVE_AS_GIF = 'Platforms would show it still: save it as GIF or as a video (MP4).'
