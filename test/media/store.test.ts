import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { openDiskStore } from '../../media/disk-store.ts'
import { MediaTooLarge } from '../../media/media-store.ts'
import { openMedia } from '../../media/open-media.ts'
import { chunksOf, describeStore } from './store-contract.ts'

const folders: string[] = []
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clarion-store-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

describeStore('on disk', async () => ({
  store: await openDiskStore(newFolder()),
  stop: async () => undefined,
}))

describe('the disk store', () => {
  test('leaves no file of what did not come in whole, and removes what a crash has left', async () => {
    const folder = newFolder()
    const staging = join(folder, 'staging')
    const store = await openDiskStore(folder)
    await expect(store.receive(chunksOf(Buffer.alloc(10)), 9)).rejects.toThrow(MediaTooLarge)
    expect(readdirSync(staging)).toEqual([])
    for (const [name, ageS] of Object.entries({ old: 90_000, fresh: 60 })) {
      const at = Date.now() / 1000 - ageS
      writeFileSync(join(staging, name), 'x')
      utimesSync(join(staging, name), at, at)
    }
    await openDiskStore(folder)
    expect(readdirSync(staging)).toEqual(['fresh'])
  })

  test.each(['../secret', 'a/b', '', `${'a'.repeat(36)}/../x`])('knows no key %p', async (key) => {
    const store = await openDiskStore(newFolder())
    expect(() => store.exists(key)).toThrow(TypeError)
  })
})

describe('opening media', () => {
  test('makes one secret for all processes, readable by its owner alone', async () => {
    const dir = newFolder()
    const urlSecretFile = join(dir, 'home', 'secret')
    const settings = { dir, baseUrl: 'https://c.example', urlSecretFile, maxBytes: 1 }
    const opened = await Promise.all([1, 2, 3].map(() => openMedia(settings, () => 0)))
    const file = { id: 'id', fileName: 'a.jpg', mimeType: 'image/jpeg' }
    const addresses = opened.map(({ urls }) => urls.urlOf('tenant', file))
    expect(new Set(addresses).size).toBe(1)
    expect(statSync(urlSecretFile).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(dir, 'home'))).toEqual(['secret'])
  })
})
