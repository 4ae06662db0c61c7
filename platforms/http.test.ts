import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Http, HttpNotSent, HttpOutcomeUnknown, makeHttp } from './http.ts'
import type { HttpRequest } from './http-types.ts'
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

/** Calls `then` each time a whole request head with its body has arrived. */
function onRequest(socket: Socket, then: () => void): void {
  socket.on('data', then)
}

function post(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'POST', url, json: { text: 'private words' }, trusted: true, ...more }
}

describe('not sent', () => {
  test('connection refused', async () => {
    const gone = await startRawServer(() => undefined)
    await gone.close()
    const error = await failureOf(http().request(post(gone.url)))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(error).toMatchObject({ reason: 'connect', systemCode: 'ECONNREFUSED' })
  })

  test('a name that does not exist', async () => {
    const error = await failureOf(http().request(post('http://does-not-exist.invalid/')))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(error).toMatchObject({ reason: 'dns' })
  })

  test('TLS handshake answered with plain text', async () => {
    const plain = await server((socket) => onRequest(socket, () => socket.end(OK)))
    const error = await failureOf(http().request(post(`https://127.0.0.1:${plain.port}/`)))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(error).toMatchObject({ reason: 'tls' })
    expect(plain.received()).not.toContain('POST')
  })

  test('TLS handshake never answered', async () => {
    const silent = await server(() => undefined)
    const request = post(`https://127.0.0.1:${silent.port}/`)
    const error = await failureOf(http({ connectTimeoutMs: 100 }).request(request))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(error).toMatchObject({ reason: 'timeout' })
  })

  test('total timeout while the connection is being made; nothing is written later', async () => {
    const silent = await server(() => undefined)
    const request = post(`https://127.0.0.1:${silent.port}/`)
    const error = await failureOf(http({ timeoutMs: 50 }).request(request))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(silent.received()).not.toContain('POST')
  })

  test('aborted before the call', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    const error = await failureOf(http().request(post(ok.url, { signal: AbortSignal.abort() })))
    expect(error).toBeInstanceOf(HttpNotSent)
    expect(error).toMatchObject({ reason: 'aborted' })
    expect(ok.connections()).toBe(0)
  })

  test('aborted between the call and the connection: the open socket stays silent', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    const client = http()
    const controller = new AbortController()
    const pending = failureOf(client.request(post(ok.url, { signal: controller.signal })))
    controller.abort()
    expect(await pending).toMatchObject({ name: 'HttpNotSent', reason: 'aborted' })
    await client.request({ method: 'GET', url: `${ok.url}/after`, trusted: true })
    expect(ok.received()).not.toContain('POST')
  })

  test('too late: past sendBefore nothing is written on an open socket', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    const client = http()
    await client.request({ method: 'GET', url: ok.url, trusted: true })
    const error = await failureOf(client.request(post(ok.url, { sendBefore: new Date() })))
    expect(error).toMatchObject({ name: 'HttpNotSent', reason: 'too_late' })
    expect(ok.received()).not.toContain('POST')
  })

  test('sendBefore is checked at the write, not at the call', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    let checks = 0
    const passed = Object.assign(new Date(), { getTime: () => checks++ })
    const pending = failureOf(http().request(post(ok.url, { sendBefore: passed })))
    expect(checks).toBe(0)
    expect(await pending).toMatchObject({ name: 'HttpNotSent', reason: 'too_late' })
    expect(checks).toBe(1)
    expect(ok.received()).toBe('')
  })

  test('a body that is no JSON value, and a closed transport', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    const endless: Record<string, unknown> = {}
    endless.self = endless
    const request = post(ok.url, { json: endless })
    const expected = { name: 'HttpNotSent', reason: 'invalid_request' }
    expect(await failureOf(http().request(request))).toMatchObject(expected)
    const closed = http()
    await closed.close()
    expect(await failureOf(closed.request(post(ok.url)))).toMatchObject({ name: 'HttpNotSent' })
  })

  test('a header with a line break', async () => {
    const ok = await server((socket) => onRequest(socket, () => socket.write(OK)))
    const request = post(ok.url, { headers: { authorization: 'Bearer sbx_secret_1\r\nx: y' } })
    const error = await failureOf(http().request(request))
    expect(error).toMatchObject({ name: 'HttpNotSent', reason: 'invalid_request' })
    expect(ok.received()).toBe('')
  })
})

describe('may have been sent', () => {
  test('accepted, then closed before reading', async () => {
    const closing = await server((socket) => socket.end())
    const error = await failureOf(http().request(post(closing.url)))
    expect(error).toBeInstanceOf(HttpOutcomeUnknown)
    expect(error).toMatchObject({ reason: 'connection_lost' })
  })

  test('accepted, then reset', async () => {
    const resetting = await server((socket) => onRequest(socket, () => socket.resetAndDestroy()))
    const error = await failureOf(http().request(post(resetting.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'connection_lost' })
  })

  test('read, then closed', async () => {
    const dropping = await server((socket) => onRequest(socket, () => socket.end()))
    const error = await failureOf(http().request(post(dropping.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'connection_lost' })
    expect(dropping.received()).toContain('private words')
    expect(dropping.connections()).toBe(1)
  })

  test.each([
    ['half a status line', 'HTTP/1.1 2'],
    ['half the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['half the body', 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"id":'],
    ['half a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ])('%s', async (_name, bytes) => {
    const half = await server((socket) => onRequest(socket, () => socket.end(bytes)))
    const error = await failureOf(http().request(post(half.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'connection_lost' })
  })

  test('stalls before the headers', async () => {
    const stalled = await server(() => undefined)
    const error = await failureOf(http({ timeoutMs: 80 }).request(post(stalled.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'timeout' })
  })

  test('stalls inside the body', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"id":'
    const stalled = await server((socket) => onRequest(socket, () => socket.write(head)))
    const error = await failureOf(http({ timeoutMs: 80 }).request(post(stalled.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'timeout' })
  })

  test('aborted while waiting for the answer', async () => {
    const controller = new AbortController()
    const stalled = await server((socket) => onRequest(socket, () => controller.abort()))
    const error = await failureOf(http().request(post(stalled.url, { signal: controller.signal })))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'aborted' })
  })

  test('an answer larger than the limit is cut', async () => {
    const body = 'x'.repeat(5_000)
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`
    const large = await server((socket) => onRequest(socket, () => socket.write(head + body)))
    const error = await failureOf(http({ maxAnswerBytes: 1_000 }).request(post(large.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown', reason: 'too_large' })
  })

  test('an answer that is no JSON', async () => {
    const html = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>'
    const page = await server((socket) => onRequest(socket, () => socket.write(html)))
    const answer = await http().request(post(page.url))
    expect(answer.text).toBe('<html>')
    expect(() => answer.json()).toThrow(HttpOutcomeUnknown)
  })
})

describe('sockets', () => {
  test('a keep-alive socket that the server closed meanwhile is replaced, not failed', async () => {
    const closed: Promise<unknown>[] = []
    const once1 = await server((socket) => {
      closed.push(once(socket, 'close'))
      onRequest(socket, () => socket.end(OK))
    })
    const client = http()
    await client.request(post(once1.url))
    await closed[0]
    const answer = await client.request(post(once1.url))
    expect(answer.status).toBe(200)
    expect(once1.connections()).toBe(2)
  })

  test('a keep-alive socket that dies under the second request: unknown, and sent once', async () => {
    let requests = 0
    const dying = await server((socket) => {
      onRequest(socket, () => {
        requests++
        if (requests === 1) socket.write(OK)
        else socket.resetAndDestroy()
      })
    })
    const client = http()
    await client.request(post(dying.url))
    // undici gives a socket back one turn after its answer.
    await setImmediate()
    const error = await failureOf(client.request(post(dying.url)))
    expect(error).toMatchObject({ name: 'HttpOutcomeUnknown' })
    expect(requests).toBe(2)
    expect(dying.connections()).toBe(1)
  })

  test('redirects are answers', async () => {
    const head = 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'
    const moved = await server((socket) => onRequest(socket, () => socket.write(head)))
    const answer = await http().request(post(moved.url))
    expect(answer.status).toBe(302)
  })

  test('an informational answer is not the answer', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'
    const early = await server((socket) => onRequest(socket, () => socket.write(hints + OK)))
    const answer = await http().request(post(early.url))
    expect(answer.status).toBe(200)
  })
})

describe('redaction', () => {
  test('errors hold no header, body or query', async () => {
    const dropping = await server((socket) => onRequest(socket, () => socket.end('half')))
    const request = post(`${dropping.url}/2/tweets?code=sbx_secret_2`, {
      headers: { authorization: 'Bearer sbx_secret_1' },
    })
    const { message, stack, cause, ...rest } = Object(await failureOf(http().request(request)))
    const shown = `${message} ${stack} ${JSON.stringify(rest)} ${String(cause)}`
    expect(shown).not.toMatch(/sbx_secret|private words/)
    expect(message).toContain('/2/tweets')
  })
})
