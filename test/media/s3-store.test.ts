import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { openMedia } from '../../media/open-media.ts'
import { openS3Store } from '../../media/s3-store.ts'
import { s3Binary } from '../../scripts/tools/binaries.ts'
import { startS3 } from '../../scripts/tools/s3.ts'
import { ToolMissing } from '../../scripts/tools/tool-missing.ts'
import { chunksOf, describeStore } from './store-contract.ts'

const BUCKET = 'clarion-media'

const binary = await s3Binary((line) => process.stderr.write(`${line}\n`)).then(
  ({ path }) => path,
  (error: unknown) => {
    if (error instanceof ToolMissing && process.env.CI !== 'true') return undefined
    throw error
  },
)

if (binary === undefined) {
  process.stderr.write('Skipped: the S3 store. There is no S3 server and no Go to build one.\n')
  describe.skip('a store on S3', () => test.todo('needs a server'))
} else describeOnS3(binary)

function describeOnS3(path: string): void {
  const open = async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clarion-s3-'))
    const [root, metadata] = [join(folder, 'root'), join(folder, 'metadata')]
    mkdirSync(join(root, BUCKET), { recursive: true })
    mkdirSync(metadata)
    const server = await startS3({ binary: path, root, metadata })
    const settings = { ...server, bucket: BUCKET, region: 'us-east-1', forcePathStyle: true }
    const stop = async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    }
    return { settings, folder, root, stop }
  }

  describeStore('on a real S3 server', async () => {
    const { settings, folder, stop } = await open()
    return { store: await openS3Store(settings, folder), stop }
  })

  describe('the S3 store', () => {
    test('is what the configuration opens, and keeps nothing on this machine', async () => {
      const { settings: s3, folder, root, stop } = await open()
      const urlSecretFile = join(folder, 'secret')
      const options = { dir: folder, s3, baseUrl: 'https://c.example', urlSecretFile, maxBytes: 1 }
      const media = await openMedia(options)
      const staged = await media.store.receive(chunksOf(Buffer.from('hello')), 5)
      const key = `tenant/${staged.sha256}`
      await media.store.keep(staged, key)
      await staged.discard()
      expect(readdirSync(join(root, BUCKET, 'tenant'))).toEqual([staged.sha256])
      expect(readdirSync(join(folder, 'staging'))).toEqual([])
      await media.close()
      await stop()
    })

    test('passes on a refusal: it is no missing file', async () => {
      const { settings, folder, stop } = await open()
      const wrong = { ...settings, secretAccessKey: 'wrong' }
      const store = await openS3Store(wrong, folder)
      await expect(store.exists('tenant/x')).rejects.toMatchObject({
        $metadata: { httpStatusCode: 403 },
      })
      await store.close()
      await stop()
    })
  })
}
