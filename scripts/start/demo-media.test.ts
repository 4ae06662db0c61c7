import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { probeFile } from '../../media/probe-file.ts'
import { demoPicture, demoVideo } from './demo-media.ts'
import { avcDescription, encodePicture, type Yuv } from './small-h264.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clarion-demo-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function probed({ name, bytes }: { name: string; bytes: Uint8Array }) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const probe = await probeFile(path, name)
  if (!probe.ok) throw new Error(`${name} is no usable file`)
  return { bytes: bytes.length, ...probe.facts }
}

test('the picture is one that every platform with pictures takes', async () => {
  const { bytes, ...facts } = await probed(await demoPicture())
  expect(facts).toMatchObject({ mimeType: 'image/jpeg', width: 1200, height: 675 })
  // Google Business takes none below 10 KB.
  expect(bytes).toBeGreaterThan(10_240)
  expect(bytes).toBeLessThan(200_000)
})

test('the video is upright and lasts six seconds', async () => {
  const { bytes, ...facts } = await probed(await demoVideo())
  expect(facts).toMatchObject({
    ...{ mimeType: 'video/mp4', videoCodec: 'avc', width: 432, height: 768 },
    ...{ durationMs: 6_000, frameRate: 24 },
  })
  expect(bytes).toBeLessThan(1_000_000)
})

describe('a picture of four macroblocks', () => {
  const picture = (level: number): Yuv => ({
    ...{ width: 32, height: 32, y: new Uint8Array(1024).fill(level) },
    ...{ u: new Uint8Array(256).fill(128), v: new Uint8Array(256).fill(128) },
  })
  const samplesOfBlock = 384

  test('travels whole at first, by what changed later, and not at all when it stays', () => {
    const first = picture(40)
    const whole = encodePicture(first, 0)
    expect(whole.length).toBeGreaterThan(4 * samplesOfBlock)
    const moved = picture(40)
    moved.y[0] = 200
    const change = encodePicture(moved, 1, first)
    expect(change.length).toBeGreaterThan(samplesOfBlock)
    expect(change.length).toBeLessThan(2 * samplesOfBlock)
    expect(encodePicture(moved, 2, moved).length).toBeLessThan(16)
  })

  test('holds nothing that a decoder takes for the start of another', () => {
    const unit = encodePicture(picture(0), 0)
    expect(Buffer.from(unit).readUInt32BE()).toBe(unit.length - 4)
    for (const end of [0, 1, 2]) {
      expect(Buffer.from(unit.subarray(4)).indexOf(Buffer.from([0, 0, end]))).toBe(-1)
    }
  })

  test('is described with its profile and parameter sets', () => {
    const [version, profile, , level] = avcDescription(32, 32)
    expect([version, profile, level]).toEqual([1, 66, 40])
  })
})
