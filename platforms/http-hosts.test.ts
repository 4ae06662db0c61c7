import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Http, makeHttp } from './http.ts'
import { failureOf } from './testing/drafts.ts'
import { type RawServer, startRawServer } from './testing/raw-server.ts'

const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

function http(options: Partial<Parameters<typeof makeHttp>[0]> = {}): Http {
  const made = makeHttp({ userAgent: 'clarion-test', timeoutMs: 5_000, ...options })
  open.push(made)
  return made
}

async function server(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const started = await startRawServer(onConnection)
  open.push(started)
  return started
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'

describe('user-given hosts', () => {
  test.each([
    'http://mastodon.social/',
    'https://user:pass@mastodon.social/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'ftp://mastodon.social/',
  ])('%s is refused without a look-up', async (url) => {
    const error = await failureOf(http().request({ method: 'GET', url }))
    expect(error).toMatchObject({ name: 'HttpNotSent', reason: 'host_refused' })
  })

  test('a name that resolves into a private network is refused when it connects', async () => {
    const local = await server((socket) => socket.on('data', () => socket.write(OK)))
    const client = http({
      lookup: (_name, _options, callback) =>
        callback(null, [
          { address: '93.184.215.14', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    })
    const url = `https://rebinding.example:${local.port}/`
    const error = await failureOf(client.request({ method: 'GET', url }))
    expect(error).toMatchObject({ name: 'HttpNotSent', reason: 'host_refused' })
    expect(local.connections()).toBe(0)
  })

  test('an allowed private host is reached over http, its neighbour port is not', async () => {
    const local = await server((socket) => socket.on('data', () => socket.write(OK)))
    const client = http({ allowedPrivateHosts: [`127.0.0.1:${local.port}`] })
    const answer = await client.request({ method: 'GET', url: local.url })
    expect(answer.status).toBe(200)
    const other = local.port === 65_535 ? 65_534 : local.port + 1
    const error = await failureOf(
      client.request({ method: 'GET', url: `http://127.0.0.1:${other}` }),
    )
    expect(error).toMatchObject({ name: 'HttpNotSent', reason: 'host_refused' })
  })
})
