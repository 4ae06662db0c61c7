import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type Http, HttpNotSent, HttpOutcomeUnknown, makeHttp } from './http.ts'

let server: Server
let base: string
let http: Http
let answer: RequestListener

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  base = `http://${host}`
  http = makeHttp({ userAgent: 'clarion-test', allowedPrivateHosts: [host] })
})
afterEach(() => server.closeAllConnections())
afterAll(async () => {
  await http.close()
  server.close()
})

const download = (url: string, timeoutMs = 5_000) => http.download({ url, timeoutMs })

test('the body is read as it comes: a server that is not read from has to wait', async () => {
  let sent = 0
  answer = (_request, response) => {
    const more = () => {
      for (let room = true; room && !response.destroyed; ) {
        sent += 100_000
        room = response.write(Buffer.alloc(100_000))
      }
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  const got = await download(`${base}/endless?token=secret`)
  expect(got.status).toBe(200)
  let read = 0
  for await (const chunk of got.body) {
    read += chunk.length
    if (read > 1_000_000) break
  }
  // What the sockets hold in between, and no more.
  expect(sent).toBeLessThan(read + 20_000_000)
})

test('redirects are answers, headers and status are told', async () => {
  answer = (_request, response) => response.writeHead(302, { location: '/next' }).end('words')
  const got = await download(base)
  expect([got.status, got.headers.get('location')]).toEqual([302, '/next'])
  got.cancel()
})

test.each(['http://127.0.0.1:1/x', 'https://10.1.2.3/x', 'https://localhost/x', 'https://[::1]/x'])(
  '%s is refused before anything is sent',
  async (url) => {
    await expect(download(url)).rejects.toMatchObject({
      name: 'HttpNotSent',
      reason: 'host_refused',
    })
  },
)

test('an address that is none is refused', async () => {
  await expect(download('no address')).rejects.toThrow(HttpNotSent)
})

test('an answer that breaks off, or takes too long, fails the reading; no secret is in the words', async () => {
  const listeners: [RequestListener, string][] = [
    [(_, response) => void response.write('x', () => response.destroy()), 'connection_lost'],
    [(_, response) => void response.write('x'), 'timeout'],
  ]
  for (const [listener, reason] of listeners) {
    answer = listener
    const got = await download(`${base}/file?token=secret`, 500)
    const reading = (async () => {
      for await (const chunk of got.body) expect(chunk.length).toBe(1)
    })()
    const error: unknown = await reading.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(HttpOutcomeUnknown)
    expect(error).toMatchObject({ reason, message: expect.not.stringContaining('secret') })
  }
})
