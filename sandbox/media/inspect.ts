import { fileTypeFromFile } from 'file-type'
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny'
import sharp from 'sharp'

/** What a platform finds out about a file; what it cannot tell is absent. */
export interface MediaInfo {
  /** By content, not by what the client said; `application/octet-stream` when unknown. */
  mimeType: string
  width?: number
  height?: number
  durationMs?: number
  /** Of an animated image. */
  frames?: number
  videoCodec?: string
  audioCodec?: string
  frameRate?: number
  /** The file says what it is and cannot be read all the same. */
  broken?: boolean
}

/** Looks into a file; never throws for what is in it. */
export async function inspect(path: string): Promise<MediaInfo> {
  const type = await fileTypeFromFile(path)
  const mimeType = type?.mime ?? 'application/octet-stream'
  try {
    if (mimeType.startsWith('image/')) return { mimeType, ...(await imageInfo(path)) }
    if (mimeType.startsWith('video/')) return { mimeType, ...(await videoInfo(path)) }
  } catch {
    // Libraries throw whatever they like over a broken file.
    return { mimeType, broken: true }
  }
  return { mimeType }
}

async function imageInfo(path: string): Promise<Omit<MediaInfo, 'mimeType'>> {
  const { width, height, pages, pageHeight, autoOrient } = await sharp(path).metadata()
  // Headers alone would let a file through that ends in the middle.
  await sharp(path, { pages: 1 }).resize(16, 16, { fit: 'fill' }).raw().toBuffer()
  const shown = autoOrient ?? { width, height }
  return { width: shown.width, height: pageHeight ?? shown.height, frames: pages ?? 1 }
}

async function videoInfo(path: string): Promise<Omit<MediaInfo, 'mimeType'>> {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) })
  try {
    const track = await input.getPrimaryVideoTrack()
    if (track === null) return { broken: true }
    const audio = await input.getPrimaryAudioTrack()
    const stats = await track.computePacketStats(60)
    return {
      width: track.displayWidth,
      height: track.displayHeight,
      durationMs: Math.round((await input.computeDuration()) * 1000),
      frameRate: stats.averagePacketRate,
      ...(track.codec ? { videoCodec: track.codec } : {}),
      ...(audio?.codec ? { audioCodec: audio.codec } : {}),
    }
  } finally {
    input.dispose()
  }
}
