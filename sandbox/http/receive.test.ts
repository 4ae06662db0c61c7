import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Sandbox } from '../server.ts'
import { call, withSandbox } from '../testing/http.ts'

function folderOf({ state }: Sandbox): string {
  const name = state.shelf.create()
  const folder = dirname(state.shelf.pathOf(name))
  state.shelf.discard(name)
  return folder
}

/** Sends the head and the beginning of a body, and goes away once it has arrived. */
async function abandon(sandbox: Sandbox, contentType: string, body: string): Promise<void> {
  const { hostname, port } = new URL(sandbox.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const head = `POST /mastodon/api/v2/media HTTP/1.1\r\nHost: a\r\nContent-Type: ${contentType}\r\nContent-Length: 5000000\r\n\r\n`
  socket.write(head + body)
  await until(async () => (await readdir(folderOf(sandbox))).length > 0)
  socket.destroy()
  await until(async () => (await readdir(folderOf(sandbox))).length === 0)
}

/** The request of a client that is gone ends some turns of the event loop later. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve))
}

const FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbytes'

test.each([
  ['a form', 'multipart/form-data; boundary=b', FORM],
  ['a file', 'video/mp4', 'bytes'],
])('%s that stops in the middle leaves nothing behind', (_name, contentType, body) =>
  withSandbox({}, async (sandbox) => {
    await abandon(sandbox, contentType, body)
    expect((await call(`${sandbox.url}/_sandbox/calls`)).body).toEqual({ data: [] })
  }),
)

test('a form without an end is a broken body', () =>
  withSandbox({}, async ({ url, state }) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const body = new TextEncoder().encode(FORM)
    const reply = await call(`${url}/mastodon/api/v2/media`, { body, headers })
    expect([reply.status, reply.body]).toEqual([400, { error: 'broken_body' }])
    expect(state.calls.list({})).toEqual([])
  }))
