import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type MediaFile, makeImage } from '../support/media-files.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient, type Reply } from './support/client.ts'

const MAX_BYTES = 2_000_000

let api: TestApi
let alice: Client
let picture: MediaFile
let server: Server
let base: string
let answer: RequestListener

beforeAll(async () => {
  picture = await makeImage({ width: 77 })
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  base = `http://${host}`
  api = await startTestApi({ maxMediaBytes: MAX_BYTES, allowedPrivateHosts: [host] })
  alice = makeClient(api.url, api.alice.key)
})
afterAll(async () => {
  await api.close()
  server.closeAllConnections()
  server.close()
})

const take = (body: object, headers?: Record<string, string>): Promise<Reply> =>
  alice.post('/v1/media', body, { headers })

const file: RequestListener = (_request, response) => response.end(readFileSync(picture.path))

async function expectRefused(reply: Reply, code: string, words: string): Promise<void> {
  expect([reply.status, reply.json]).toMatchObject([
    code === 'media_too_large' ? 413 : 422,
    { code, detail: expect.stringContaining(words) },
  ])
  const staging = join(api.media.dir, 'staging')
  await waitUntil('no file is left behind', () => readdirSync(staging).length === 0)
}

describe('a file by its address', () => {
  test('is fetched once, also when it is asked for again under its key', async () => {
    let asked = 0
    answer = (request, response) => {
      asked++
      file(request, response)
    }
    const url = `${base}/pictures/sun%20set.jpg?token=secret`
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await take({ url }, headers)
    expect([first.status, first.json]).toMatchObject([
      201,
      {
        sha256: picture.facts.sha256,
        file_name: 'sun set.jpg',
        source_url: `${base}/pictures/sun%20set.jpg`,
      },
    ])
    expect((await take({ url }, headers)).json).toEqual(first.json)
    expect(asked).toBe(1)
    const again = await take({ url, file_name: 'other.jpg' })
    expect([again.status, again.json.id, asked]).toEqual([200, first.json.id, 2])
    const sql = `select to_jsonb(m)::text as row from media_assets m`
    const rows = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
    expect(JSON.stringify(rows)).not.toContain('secret')
    expect(api.logs()).not.toContain('token=secret')
  })

  test('is found behind three redirects, not behind four', async () => {
    answer = (request, response) => {
      const hops = Number(request.url?.slice(1))
      if (hops === 0) file(request, response)
      else response.writeHead(302, { location: `/${hops - 1}` }).end('elsewhere')
    }
    expect((await take({ url: `${base}/3` })).json.sha256).toBe(picture.facts.sha256)
    await expectRefused(await take({ url: `${base}/4` }), 'media_unreachable', 'more than 3 times')
  })

  test.each([
    ['a private address', 'https://10.0.0.1/x.jpg'],
    ['this machine', 'https://127.0.0.1:9/x.jpg'],
    ['this machine by name', 'https://localhost:9/x.jpg'],
    ['the cloud’s metadata', 'https://169.254.169.254/latest/meta-data'],
    ['plain http', 'http://93.184.215.14/x.jpg'],
    ['a login', 'https://user:password@93.184.215.14/x.jpg'],
  ])('is never fetched from %s, neither directly nor by a redirect', async (_what, url) => {
    answer = (_request, response) => response.writeHead(302, { location: url }).end()
    for (const asked of [url, `${base}/leads-on`]) {
      const reply = await take({ url: asked })
      await expectRefused(reply, 'media_unreachable', 'not a public https address')
      expect(reply.text).not.toContain('password')
    }
  })

  test.each<[string, string, string, RequestListener]>([
    ['answers an error', 'media_unreachable', 'answers 404', (_, r) => r.writeHead(404).end('no')],
    ['leads nowhere', 'media_unreachable', 'answers 302', (_, r) => r.writeHead(302).end()],
    [
      'compresses',
      'media_unreachable',
      'compressed',
      (_, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    ],
    ['is a page', 'media_unsupported', 'cannot be posted', (_, r) => r.end('<html>Sign in</html>')],
    [
      'announces too much',
      'media_too_large',
      `${MAX_BYTES} bytes`,
      (_, r) => r.writeHead(200, { 'content-length': MAX_BYTES + 1 }).write('x'),
    ],
    [
      'breaks off',
      'media_unreachable',
      'before the file is complete',
      (_, r) => {
        r.writeHead(200, { 'content-length': 1_000 }).write('x', () => r.destroy())
      },
    ],
    [
      'never ends',
      'media_too_large',
      `${MAX_BYTES} bytes`,
      (_, r) => {
        const more = () => {
          while (!r.destroyed && r.write(Buffer.alloc(100_000)));
          if (!r.destroyed) r.once('drain', more)
        }
        more()
      },
    ],
  ])('that %s is refused as %s', async (_what, code, words, listener) => {
    answer = listener
    await expectRefused(await take({ url: `${base}/file` }), code, words)
  })

  test.each([{}, { url: 'ftp://a.example/b' }, { url: 'no' }, { url: 'https://a.example', id: 1 }])(
    'is asked for properly: not by %j',
    async (body) => {
      const reply = await take(body)
      expect([reply.status, reply.json.code]).toEqual([422, 'validation_failed'])
    },
  )
})
