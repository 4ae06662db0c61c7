import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Media, openMedia } from '../../media/open-media.ts'

export interface TestMedia extends Media {
  /** Folder of the disk store. */
  dir: string
}

/** A disk store in a folder of its own, which `close` removes; the secret may be shared. */
export async function testMedia(
  options: { baseUrl?: string; maxBytes?: number; dir?: string; now?: () => number } = {},
): Promise<TestMedia> {
  const { baseUrl = 'http://127.0.0.1:1', maxBytes = 100_000_000, now } = options
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'clarion-test-media-')))
  const settings = { dir, baseUrl, maxBytes, urlSecretFile: join(dir, 'url-secret') }
  const media = await openMedia(settings, now)
  return {
    ...media,
    dir,
    close: async () => {
      await media.close()
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}
