import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  FilePathTarget,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import sharp from 'sharp'
import type { MediaFacts } from '../../domain/media.ts'
import { sha256OfFile } from './sha256.ts'

/** Real files of the kinds that platforms take, made on the spot, and their fact sheets. */
export interface MediaFile {
  path: string
  facts: MediaFacts
}

const folder = mkdtempSync(join(tmpdir(), 'clarion-media-'))
let count = 0

/** A picture of its own: two of the same size differ. */
export async function makeImage(
  options: { width?: number; height?: number; format?: 'jpeg' | 'png' | 'webp' } = {},
): Promise<MediaFile> {
  const { width = 1080, height = 1080, format = 'jpeg' } = options
  const background = { r: count++ % 256, g: (count * 7) % 256, b: (count * 31) % 256 }
  const bytes = await sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer()
  return save(bytes, format === 'jpeg' ? 'jpg' : format, {
    kind: 'image',
    mimeType: `image/${format}`,
    width,
    height,
  })
}

export async function makeGif(frames = 3): Promise<MediaFile> {
  const [width, height] = [64, 48]
  const pages = await Promise.all(
    Array.from({ length: frames }, (_, index) => {
      const background = { r: (index * 40 + count++) % 256, g: 90, b: 200 }
      return sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer()
    }),
  )
  const bytes = await sharp(pages, { join: { animated: true } })
    .gif()
    .toBuffer()
  return save(bytes, 'gif', { kind: 'gif', mimeType: 'image/gif', width, height, frames })
}

/** A document with one empty page. */
export function makePdf(): MediaFile {
  const body = `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n`
  const offsets = [...body.matchAll(/\d 0 obj/g)].map(({ index }) => index)
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  const tail = `xref\n0 4\n0000000000 65535 f \n${table}trailer<</Size 4/Root 1 0 R/ID[<${randomUUID().replaceAll('-', '')}><00>]>>\nstartxref\n${body.length}\n%%EOF\n`
  const facts = { kind: 'document' as const, mimeType: 'application/pdf', pages: 1 }
  return save(Buffer.from(body + tail), 'pdf', facts)
}

export interface VideoOptions {
  width?: number
  height?: number
  durationMs?: number
  frameRate?: number
  /** Size of the whole file, roughly: frames are padded to it. */
  bytes?: number
  format?: 'mp4' | 'mov'
  sound?: boolean
}

/** H.264 with AAC as containers describe them; the frames themselves are noise. */
export async function makeVideo(options: VideoOptions = {}): Promise<MediaFile> {
  const { width = 1080, height = 1920, durationMs = 6_000, frameRate = 30 } = options
  const { format = 'mp4', bytes = 300_000, sound = true } = options
  const path = join(folder, `${count++}.${format}`)
  const output = new Output({
    format:
      format === 'mp4' ? new Mp4OutputFormat({ fastStart: 'reserve' }) : new MovOutputFormat(),
    target: new FilePathTarget(path),
  })
  const frames = Math.round((durationMs / 1000) * frameRate)
  const video = new EncodedVideoPacketSource('avc')
  output.addVideoTrack(video, { frameRate, maximumPacketCount: frames })
  const audio = sound ? new EncodedAudioPacketSource('aac') : undefined
  if (audio) output.addAudioTrack(audio, { maximumPacketCount: 1 })
  await output.start()
  const frame = Buffer.alloc(Math.max(16, Math.floor(bytes / frames)))
  for (let index = 0; index < frames; index++) {
    // Different in every frame and file, so that parts in the wrong order show.
    frame.writeUInt32BE(frame.length - 4, 0)
    frame.write(`${randomUUID()}`.slice(0, Math.max(0, frame.length - 5)), 5)
    frame[4] = index === 0 ? 0x65 : 0x41
    const packet = new EncodedPacket(
      new Uint8Array(frame),
      index === 0 ? 'key' : 'delta',
      index / frameRate,
      1 / frameRate,
    )
    await video.add(packet, index === 0 ? { decoderConfig: avcConfig(width, height) } : undefined)
  }
  await audio?.add(new EncodedPacket(new Uint8Array(64), 'key', 0, 0.02), {
    decoderConfig: {
      codec: 'mp4a.40.2',
      sampleRate: 48_000,
      numberOfChannels: 2,
      description: new Uint8Array([0x11, 0x90]),
    },
  })
  await output.finalize()
  const facts: MediaFacts = {
    id: randomUUID(),
    fileName: path.slice(folder.length + 1),
    bytes: statSync(path).size,
    sha256: await sha256OfFile(path),
    kind: 'video',
    mimeType: format === 'mp4' ? 'video/mp4' : 'video/quicktime',
    width,
    height,
    durationMs,
    frameRate,
    videoCodec: 'avc',
    ...(sound ? { audioCodec: 'aac' } : {}),
  }
  return { path, facts }
}

/** Main profile, level 4.0; the parameter sets only have to be there. */
function avcConfig(width: number, height: number): VideoDecoderConfig {
  const sps = [0x67, 0x4d, 0x00, 0x28, 0xe8, 0x80]
  const pps = [0x68, 0xee, 0x3c, 0x80]
  const box = [1, 0x4d, 0, 0x28, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps]
  const description = new Uint8Array(box)
  return { codec: 'avc1.4d0028', codedWidth: width, codedHeight: height, description }
}

function save(
  bytes: Buffer,
  extension: string,
  facts: Omit<MediaFacts, 'id' | 'fileName' | 'bytes' | 'sha256'>,
): MediaFile {
  const fileName = `${count++}.${extension}`
  const path = join(folder, fileName)
  writeFileSync(path, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path, facts: { id: randomUUID(), fileName, bytes: bytes.length, sha256, ...facts } }
}
