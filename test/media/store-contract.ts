import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  MediaMissing,
  type MediaStore,
  MediaTooLarge,
  storageKeyOf,
} from '../../media/media-store.ts'

export interface OpenedStore {
  store: MediaStore
  stop(): Promise<void>
}

/** What every store promises, whatever it is made of. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`a store ${name}`, () => {
    let opened: OpenedStore
    let store: MediaStore
    beforeAll(async () => {
      opened = await open()
      store = opened.store
    }, 300_000)
    afterAll(async () => {
      await store.close()
      await opened.stop()
    })

    const keep = async (bytes: Uint8Array) => {
      const staged = await store.receive(chunksOf(bytes), bytes.length)
      const key = storageKeyOf(randomUUID(), staged.sha256)
      await store.keep(staged, key)
      await staged.discard()
      return { key, staged }
    }

    test('answers what it was given, whole and in ranges, in parts that fit in memory', async () => {
      const bytes = randomBytes(20_000_003)
      const { key, staged } = await keep(bytes)
      expect(staged).toMatchObject({ bytes: bytes.length, sha256: sha256Of(bytes) })
      expect(existsSync(staged.path)).toBe(false)
      const end = bytes.length
      for (const range of [
        { start: 0, end },
        { start: 1, end: 2 },
        { start: 8_388_607, end: 8_388_609 },
        { start: end - 1, end },
        { start: 5, end: 5 },
      ]) {
        const parts = await partsOf(store.read(key, range))
        const read = Buffer.concat(parts)
        expect(read.equals(bytes.subarray(range.start, range.end))).toBe(true)
        expect(Math.max(0, ...parts.map(({ length }) => length))).toBeLessThanOrEqual(1024 * 1024)
      }
    })

    test('keeps the same bytes again without a word, also twice at once', async () => {
      const bytes = randomBytes(1_000)
      const { key } = await keep(bytes)
      const again = await Promise.all([1, 2].map(() => store.receive(chunksOf(bytes), 1_000)))
      await Promise.all(again.map((staged) => store.keep(staged, key)))
      await Promise.all(again.map((staged) => staged.discard()))
      expect(Buffer.concat(await partsOf(store.read(key, { start: 0, end: 1_000 })))).toEqual(bytes)
    })

    test('takes not one byte too many, and leaves nothing of what it refuses', async () => {
      const bytes = randomBytes(100_000)
      const exact = await store.receive(chunksOf(bytes), 100_000)
      await exact.discard()
      await expect(store.receive(chunksOf(bytes), 99_999)).rejects.toThrow(MediaTooLarge)
      const lost = new Error('lost')
      await expect(store.receive(failing(bytes, lost), 1_000_000)).rejects.toBe(lost)
    })

    test('knows what it has, removes it, and says what is missing', async () => {
      const { key } = await keep(randomBytes(10))
      expect(await store.exists(key)).toBe(true)
      await store.remove(key)
      await store.remove(key)
      expect(await store.exists(key)).toBe(false)
      const read = partsOf(store.read(key, { start: 0, end: 10 }))
      await expect(read).rejects.toThrow(MediaMissing)
    })

    test('does not pass off a shorter file as the whole one', async () => {
      const { key } = await keep(randomBytes(10))
      const read = partsOf(store.read(key, { start: 0, end: 11 }))
      await expect(read).rejects.toThrow(MediaMissing)
    })
  })
}

export async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

async function* failing(bytes: Uint8Array, error: Error): AsyncIterable<Uint8Array> {
  yield bytes
  throw error
}

async function partsOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
