import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import {
  EncodedPacket,
  EncodedVideoPacketSource,
  FilePathTarget,
  Output,
  WebMOutputFormat,
} from 'mediabunny'
import sharp from 'sharp'
import { probeFile } from '../../media/probe-file.ts'
import { type MediaFile, makeGif, makeImage, makePdf, makeVideo } from '../support/media-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'clarion-probe-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** VP9 as far as a container tells; the frames are noise. */
async function makeWebm(): Promise<string> {
  const path = join(folder, 'made.webm')
  const output = new Output({ format: new WebMOutputFormat(), target: new FilePathTarget(path) })
  const video = new EncodedVideoPacketSource('vp9')
  output.addVideoTrack(video, { frameRate: 25 })
  await output.start()
  const decoderConfig = { codec: 'vp09.00.31.08', codedWidth: 640, codedHeight: 360 }
  for (let index = 0; index < 50; index++) {
    const kind = index === 0 ? 'key' : 'delta'
    const packet = new EncodedPacket(new Uint8Array(2_000).fill(index), kind, index / 25, 1 / 25)
    await video.add(packet, index === 0 ? { decoderConfig } : undefined)
  }
  await output.finalize()
  return path
}

function factsOf({ facts }: MediaFile) {
  const { id: _id, bytes: _bytes, sha256: _sha256, fileName: _fileName, ...probed } = facts
  return probed
}

describe('the fact sheet', () => {
  test.each<[string, () => MediaFile | Promise<MediaFile>]>([
    ['a JPEG', () => makeImage({ width: 640, height: 480 })],
    ['a PNG', () => makeImage({ width: 64, height: 48, format: 'png' })],
    ['a WebP', () => makeImage({ width: 64, height: 48, format: 'webp' })],
    ['a GIF with three frames', () => makeGif(3)],
    ['a PDF', () => makePdf()],
    ['an MP4', () => makeVideo()],
    ['an MP4 without sound', () => makeVideo({ sound: false, durationMs: 1_000, frameRate: 24 })],
    ['a QuickTime film', () => makeVideo({ format: 'mov', width: 640, height: 360 })],
  ])('of %s is what it was made with', async (_what, make) => {
    const file = await make()
    expect(await probeFile(file.path, 'any name')).toEqual({ ok: true, facts: factsOf(file) })
  })

  test('of a WebM', async () => {
    expect(await probeFile(await makeWebm(), 'a.webm')).toEqual({
      ok: true,
      facts: {
        ...{ kind: 'video', mimeType: 'video/webm', width: 640, height: 360 },
        ...{ durationMs: 2_000, frameRate: 25, videoCodec: 'vp9' },
      },
    })
  })

  test('has the size as displayed: the rotation of the camera is applied', async () => {
    const background = { r: 1, g: 2, b: 3 }
    const picture = sharp({ create: { width: 300, height: 200, channels: 3, background } })
    const bytes = await picture.jpeg().withMetadata({ orientation: 6 }).toBuffer()
    const probed = await probeFile(write('rotated.jpg', bytes), 'rotated.jpg')
    expect(probed).toMatchObject({ ok: true, facts: { width: 200, height: 300 } })
  })

  test('of a GIF with one frame is of a GIF', async () => {
    const picture = sharp({ create: { width: 9, height: 7, channels: 3, background: 'red' } })
    const probed = await probeFile(write('one.gif', await picture.gif().toBuffer()), 'one.gif')
    expect(probed).toMatchObject({ ok: true, facts: { kind: 'gif', frames: 1, width: 9 } })
  })

  test('is made of the content, whatever the name says', async () => {
    const png = await makeImage({ width: 8, height: 8, format: 'png' })
    expect(await probeFile(png.path, 'photo.jpg')).toMatchObject({
      facts: { mimeType: 'image/png' },
    })
  })

  test('of older Office files is by their name, which must fit', async () => {
    const compound = Buffer.alloc(4_096)
    Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(compound)
    const path = write('compound', compound)
    const doc = { kind: 'document', mimeType: 'application/msword' }
    expect(await probeFile(path, 'Offer.DOC')).toEqual({ ok: true, facts: doc })
    expect(await probeFile(path, 'Offer.xls')).toMatchObject({ code: 'media_unsupported' })
  })
})

describe('what is refused', () => {
  const cut = (path: string, part: number) => {
    const bytes = readFileSync(path)
    return write(`cut-${crypto.randomUUID()}`, bytes.subarray(0, Math.floor(bytes.length * part)))
  }
  const noisy = (format: 'jpeg' | 'png' | 'webp') => {
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 }
    const create = { width: 400, height: 400, channels: 3 as const, background: 'red', noise }
    return sharp({ create })
      .toFormat(format)
      .toFile(join(folder, `noisy.${format}`))
  }

  test.each(['jpeg', 'png', 'webp'] as const)('a truncated %s', async (format) => {
    await noisy(format)
    const path = join(folder, `noisy.${format}`)
    expect(await probeFile(path, 'x')).toMatchObject({ ok: true })
    for (const part of [0.2, 0.5, 0.95]) {
      expect(await probeFile(cut(path, part), 'noisy.jpg')).toEqual({
        ok: false,
        code: 'media_broken',
        message: '“noisy.jpg” is damaged or not complete. Export or download it again.',
      })
    }
  })

  test.each<[string, () => Promise<string>]>([
    ['GIF', async () => (await makeGif(5)).path],
    ['PDF', async () => makePdf().path],
    ['MP4', async () => (await makeVideo({ bytes: 100_000 })).path],
    ['QuickTime', async () => (await makeVideo({ bytes: 100_000, format: 'mov' })).path],
    ['WebM', makeWebm],
  ])('a truncated %s', async (_kind, make) => {
    const path = await make()
    for (const part of [0.3, 0.6, 0.9, 0.98]) {
      const probed = await probeFile(cut(path, part), 'x')
      expect([part, probed]).toMatchObject([part, { code: 'media_broken' }])
    }
  })

  test('a film whose index tells of frames that are not there', async () => {
    const { path } = await makeVideo({ bytes: 100_000, format: 'mov' })
    const bytes = readFileSync(path)
    // The index of these is at the end; the data it points at is taken out of the middle.
    const at = bytes.indexOf('mdat') - 4
    const size = bytes.readUInt32BE(at)
    const holds = size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size
    const hollow = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + holds)])
    expect(await probeFile(write('hollow.mov', hollow), 'x')).toMatchObject({
      code: 'media_broken',
    })
  })

  test.each([
    ['a sheet of Excel', 'PK\u0003\u0004 no package', 'Use JPEG'],
    ['a text', 'just words', 'Use JPEG'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'Use JPEG'],
    ['nothing', '', 'Use JPEG'],
  ])('%s', async (_what, text, advice) => {
    expect(await probeFile(write('other', Buffer.from(text)), 'other')).toEqual({
      ...{ ok: false, code: 'media_unsupported' },
      message: expect.stringContaining(advice),
    })
  })

  test('HEIC and AVIF, with advice', async () => {
    const box = (brand: string) =>
      Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}\0\0\0\0mif1${brand}`)])
    for (const brand of ['heic', 'avif']) {
      const probed = await probeFile(write(brand, box(brand)), `photo.${brand}`)
      expect(probed).toMatchObject({ message: expect.stringContaining('save it as JPEG') })
    }
  })

  test('an animated WebP, which platforms would show still', async () => {
    const frame = (r: number) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g: 0, b: 0 } } })
        .png()
        .toBuffer()
    const frames = [await frame(0), await frame(200)]
    const bytes = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer()
    const probed = await probeFile(write('a.webp', bytes), 'a.webp')
    expect(probed).toMatchObject({ code: 'media_unsupported' })
  })

  test('a picture of more pixels than memory should hold, by its header alone', async () => {
    const wide = { width: 30_000, height: 2_000, channels: 3 as const, background: 'red' }
    const bytes = await sharp({ create: wide }).png().toBuffer()
    const probed = await probeFile(write('wide.png', bytes), 'wide.png')
    expect(probed).toMatchObject({ message: expect.stringContaining('at most 50 megapixels') })
  })

  test('a protected PDF', async () => {
    const plain = readFileSync(makePdf().path, 'latin1')
    const filter =
      '/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A>/U<00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF>>>'
    const sealed = plain.replace('/Root 1 0 R', `/Root 1 0 R${filter}`)
    const probed = await probeFile(write('sealed.pdf', Buffer.from(sealed, 'latin1')), 'sealed.pdf')
    expect(probed).toMatchObject({
      code: 'media_unsupported',
      message: expect.stringContaining('protected by a password'),
    })
  })

  test('a Word document whose directory is cut off', async () => {
    const types =
      '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    const bytes = zipOf({ '[Content_Types].xml': types, 'word/document.xml': '<document/>' })
    const whole = await probeFile(write('offer.docx', bytes), 'offer.docx')
    expect(whole).toMatchObject({ ok: true, facts: { kind: 'document' } })
    const cut = write('cut.docx', bytes.subarray(0, bytes.length - 60))
    expect(await probeFile(cut, 'cut.docx')).toMatchObject({ code: 'media_broken' })
  })
})

/** An archive whose entries are stored as they are; readers of types need no checksums. */
function zipOf(entries: Record<string, string>): Buffer {
  const parts: Buffer[] = []
  for (const [name, text] of Object.entries(entries)) {
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    header.writeUInt32LE(text.length, 18)
    header.writeUInt32LE(text.length, 22)
    header.writeUInt16LE(name.length, 26)
    parts.push(header, Buffer.from(name), Buffer.from(text))
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  return Buffer.concat([...parts, Buffer.alloc(60), end])
}
