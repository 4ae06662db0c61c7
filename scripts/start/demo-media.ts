import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import sharp from 'sharp'
import { avcDescription, encodePicture, type Yuv } from './small-h264.ts'

export interface DrawnFile {
  name: string
  bytes: Uint8Array
}

const ACCOUNTS = 12
/** Within the rules of all that take pictures: 4:5 to 1.91, at least 250 and 10 KB. */
const PICTURE = { width: 1200, height: 675 }
/** Upright, 9:16, in whole macroblocks; TikTok wants 360 at least and 23 pictures a second. */
const VIDEO = { width: 432, height: 768 }
const FRAME_RATE = 24
const SECONDS = 6

/** Drawn, not photographed: nothing but code is kept in the repository. */
export async function demoPicture(): Promise<DrawnFile> {
  const drawing = Buffer.from(drawingOf(PICTURE, ACCOUNTS))
  const jpeg = await sharp(drawing).jpeg({ quality: 90 }).toBuffer()
  return { name: 'hello.jpg', bytes: jpeg }
}

/** Twelve lights that go on one after the other. */
export async function demoVideo(): Promise<DrawnFile> {
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target })
  const track = new EncodedVideoPacketSource('avc')
  output.addVideoTrack(track, { frameRate: FRAME_RATE })
  await output.start()
  const frames = FRAME_RATE * SECONDS
  const scenes = await Promise.all(Array.from({ length: ACCOUNTS + 1 }, (_, lit) => sceneOf(lit)))
  let before: Yuv | undefined
  for (let index = 0; index < frames; index++) {
    const picture = scenes[Math.min(ACCOUNTS, Math.floor((index * (ACCOUNTS + 2)) / frames))]
    if (picture === undefined) break
    const bytes = encodePicture(picture, index, before)
    const kind = before === undefined ? 'key' : 'delta'
    const packet = new EncodedPacket(bytes, kind, index / FRAME_RATE, 1 / FRAME_RATE)
    await track.add(packet, before === undefined ? { decoderConfig: decoderConfig() } : undefined)
    before = picture
  }
  await output.finalize()
  return { name: 'hello.mp4', bytes: new Uint8Array(target.buffer ?? []) }
}

function decoderConfig(): VideoDecoderConfig {
  const { width, height } = VIDEO
  const description = avcDescription(width, height)
  return { codec: 'avc1.42c028', codedWidth: width, codedHeight: height, description }
}

async function sceneOf(lit: number): Promise<Yuv> {
  const { width, height } = VIDEO
  const rgb = await sharp(Buffer.from(drawingOf(VIDEO, lit)))
    .removeAlpha()
    .raw()
    .toBuffer()
  return toYuv(rgb, width, height)
}

/** BT.601 in studio range; colour of every second sample of every second line. */
function toYuv(rgb: Uint8Array, width: number, height: number): Yuv {
  const y = new Uint8Array(width * height)
  const u = new Uint8Array(y.length / 4)
  const v = new Uint8Array(y.length / 4)
  for (let index = 0; index < y.length; index++) {
    const [r = 0, g = 0, b = 0] = rgb.subarray(index * 3, index * 3 + 3)
    y[index] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256
    const [column, row] = [index % width, Math.floor(index / width)]
    if (column % 2 === 1 || row % 2 === 1) continue
    const half = (row / 2) * (width / 2) + column / 2
    u[half] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256
    v[half] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256
  }
  return { width, height, y, u, v }
}

/** One light in the middle and a ring around it, of which the first `lit` are on. SVG. */
function drawingOf({ width, height }: { width: number; height: number }, lit: number): string {
  const centre = { x: width / 2, y: height / 2 }
  const reach = Math.min(width, height) * 0.36
  const dots = Array.from({ length: ACCOUNTS }, (_, index) => {
    const angle = (index / ACCOUNTS) * 2 * Math.PI - Math.PI / 2
    const [x, y] = [centre.x + reach * Math.cos(angle), centre.y + reach * Math.sin(angle)]
    const isOn = index < lit
    const colour = isOn ? `hsl(${index * 30}, 85%, 66%)` : '#33405f'
    const line = `<line x1="${centre.x}" y1="${centre.y}" x2="${x}" y2="${y}" stroke="${colour}" stroke-width="${reach / 60}"/>`
    return `${line}<circle cx="${x}" cy="${y}" r="${reach / 8}" fill="${colour}"/>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#101a33"/><stop offset="1" stop-color="#27395f"/>
    </linearGradient>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    ${dots.join('')}
    <circle cx="${centre.x}" cy="${centre.y}" r="${reach / 4}" fill="#fff"/>
  </svg>`
}
