import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky, connectMastodon, connectX } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient, type Reply } from './support/client.ts'

let api: TestApi
let alice: Client
let x: string
let bluesky: string
let mastodon: string

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  x = await connectX(api, alice)
  bluesky = await connectBluesky(api, alice)
  mastodon = await connectMastodon(api, alice)
})
afterAll(() => api.close())

const create = (body: unknown, headers: Record<string, string> = {}) =>
  alice.post('/v1/posts', body, { headers })
const targets = (...ids: string[]) => ids.map((connection_id) => ({ connection_id }))

/** Every refusal is a problem document with its code, and nothing was written. */
async function expectRefused(reply: Reply, status: number, code: string, path?: string) {
  expect([reply.status, reply.json.code]).toEqual([status, code])
  expect(reply.headers.get('content-type')).toContain('application/problem+json')
  const { request_id, retryable, title, detail, action, type } = reply.json
  expect(request_id).toBe(reply.headers.get('x-request-id'))
  expect([title, detail, action].every((words) => String(words).length > 5)).toBe(true)
  expect(type).toBe(`${api.url}/docs/errors#${code}`)
  expect(typeof retryable).toBe('boolean')
  if (path !== undefined) {
    const errors: { path: string }[] = JSON.parse(reply.text).errors
    expect(errors.map((error) => error.path)).toContain(path)
  }
  expect((await alice.get('/v1/posts')).json.data).toEqual([])
}

describe('a post is refused for', () => {
  test('an unknown field, at any depth', async () => {
    const body = { content: 'a', targets: targets(x), contnet: 'b' }
    await expectRefused(await create(body), 422, 'validation_failed', 'contnet')
    const nested = { content: 'a', targets: [{ connection_id: x, setings: {} }] }
    await expectRefused(await create(nested), 422, 'validation_failed', 'targets[0].setings')
  })

  test.each(['', '   '])('empty content %j', async (content) => {
    const reply = await create({ content, targets: targets(bluesky) })
    await expectRefused(reply, 422, 'content_invalid', 'targets[0].content')
  })

  test('content that is too long in the units of a platform', async () => {
    const wide = '漢'.repeat(141)
    await expectRefused(
      await create({ content: wide, targets: targets(x) }),
      422,
      'content_invalid',
      'targets[0].content',
    )
    const graphemes = '👩‍👩‍👧'.repeat(301)
    const two = { content: graphemes, targets: targets(mastodon, bluesky) }
    await expectRefused(await create(two), 422, 'content_invalid', 'targets[1].content')
    const instance = 'a'.repeat(501)
    const one = { content: instance, targets: targets(mastodon) }
    await expectRefused(await create(one), 422, 'content_invalid', 'targets[0].content')
  })

  test('a variant or a setting that one platform refuses, naming the target', async () => {
    const variant = { connection_id: x, content: 'a'.repeat(281) }
    const body = { content: 'fine', targets: [...targets(bluesky), variant] }
    await expectRefused(await create(body), 422, 'content_invalid', 'targets[1].content')
    const setting = { connection_id: mastodon, settings: { visibility: 'loud' } }
    const wrong = { content: 'fine', targets: [setting] }
    await expectRefused(
      await create(wrong),
      422,
      'content_invalid',
      'targets[0].settings.visibility',
    )
  })

  test('no targets, or the same account twice', async () => {
    await expectRefused(await create({ content: 'a' }), 422, 'validation_failed', 'targets')
    const none = { content: 'a', targets: [], platforms: [] }
    await expectRefused(await create(none), 422, 'validation_failed', 'targets')
    const twice = { content: 'a', targets: targets(x, x) }
    await expectRefused(await create(twice), 422, 'validation_failed', 'targets[1].connection_id')
  })

  test('an unknown connection, and one of another tenant', async () => {
    const bob = makeClient(api.url, api.bob.key)
    const foreign = await connectBluesky(api, bob)
    for (const id of [crypto.randomUUID(), foreign]) {
      const reply = await create({ content: 'a', targets: targets(x, id) })
      await expectRefused(reply, 422, 'unknown_connection', 'targets[1].connection_id')
    }
  })

  test('a connection that is switched off, or a platform without one', async () => {
    await alice.patch(`/v1/connections/${bluesky}`, { is_active: false })
    const reply = await create({ content: 'a', targets: targets(bluesky) })
    await expectRefused(reply, 422, 'inactive_connection', 'targets[0].connection_id')
    const byPlatform = await create({ content: 'a', platforms: ['bluesky'] })
    await expectRefused(byPlatform, 422, 'no_default_connection', 'platforms[0]')
    await alice.patch(`/v1/connections/${bluesky}`, { is_active: true })
    const unknown = await create({ content: 'a', platforms: ['myspace'] })
    await expectRefused(unknown, 422, 'validation_failed', 'platforms[0]')
  })

  test('a time that is past, has no offset, is none, or means two instants', async () => {
    const at = (fields: object) => create({ content: 'a', targets: targets(x), ...fields })
    await expectRefused(
      await at({ scheduled_at: '2020-01-01T00:00:00Z' }),
      422,
      'scheduled_at_past',
    )
    for (const scheduled_at of ['2099-01-01T00:00:00', '2099-01-01', 'tomorrow', 4070908800]) {
      await expectRefused(await at({ scheduled_at }), 422, 'validation_failed', 'scheduled_at')
    }
    const zone = { timezone: 'Europe/Berlin' }
    const local = (scheduled_local: string) => at({ scheduled_local, ...zone })
    const path = 'scheduled_local'
    await expectRefused(await local('2099-03-29T02:30'), 422, 'validation_failed', path)
    await expectRefused(await local('2099-10-25T02:30'), 422, 'validation_failed', path)
    const noZone = { scheduled_local: '2099-01-01T09:00' }
    await expectRefused(await at(noZone), 422, 'validation_failed', 'timezone')
    const wrongZone = { ...noZone, timezone: 'Mars/Base' }
    await expectRefused(await at(wrongZone), 422, 'validation_failed', 'timezone')
    await expectRefused(await at({ publish: 'schedule' }), 422, 'validation_failed', 'scheduled_at')
  })

  test('publishing now what needs approval', async () => {
    const body = { content: 'a', targets: targets(x), publish: 'now', approval_required: true }
    await expectRefused(await create(body), 409, 'approval_required')
  })

  test('media that are not there', async () => {
    const media = [{ media_id: crypto.randomUUID() }]
    const reply = await create({ content: 'a', targets: targets(x), media })
    await expectRefused(reply, 422, 'content_invalid', 'media[0]')
  })

  test('text that is none, and an owner who is nobody', async () => {
    const nul = await create({ content: 'a\u0000b', targets: targets(x) })
    await expectRefused(nul, 422, 'validation_failed', 'content')
    const half = await create('{"content":"\\ud83d","targets":[]}')
    await expectRefused(half, 422, 'validation_failed', 'content')
    const owner = { content: 'a', targets: targets(x), owner_id: crypto.randomUUID() }
    await expectRefused(await create(owner), 422, 'validation_failed', 'owner_id')
  })
})

describe('a request is refused for', () => {
  test('a body of 1 MB, announced or streamed', async () => {
    const large = { content: 'a'.repeat(1_000_000), targets: targets(x) }
    await expectRefused(await create(large), 413, 'body_too_large')
    const streamed = await fetch(`${api.url}/v1/posts`, {
      method: 'POST',
      duplex: 'half',
      headers: { authorization: `Bearer ${api.alice.key}`, 'content-type': 'application/json' },
      body: new Blob([JSON.stringify(large)]).stream(),
    })
    expect(streamed.status).toBe(413)
  })

  test.each(['{', '{"content": }', '{"a":1}{"b":2}', 'content=a'])(
    'broken JSON %j',
    async (body) => {
      await expectRefused(await create(body), 400, 'malformed_json')
    },
  )

  test.each(['[]', '"a"', '12', 'null'])('JSON that is no object: %s', async (body) => {
    await expectRefused(await create(body), 422, 'validation_failed')
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'media type %s',
    async (type) => {
      const reply = await create('{"content":"a"}', { 'content-type': type })
      await expectRefused(reply, 415, 'unsupported_media_type')
    },
  )

  test('a header of the wrong form', async () => {
    const body = { content: 'a', targets: targets(x) }
    const key = await create(body, { 'idempotency-key': 'k'.repeat(256) })
    await expectRefused(key, 400, 'invalid_header')
    const id = crypto.randomUUID()
    const match = await alice.patch(`/v1/posts/${id}`, {}, { headers: { 'if-match': 'latest' } })
    await expectRefused(match, 400, 'invalid_header')
  })

  test('an address, method or id that is none', async () => {
    await expectRefused(await alice.get('/v1/nothing'), 404, 'not_found')
    await expectRefused(await alice.get('/v1/posts/1'), 404, 'not_found')
    const put = await alice.send('PUT', '/v1/posts')
    await expectRefused(put, 405, 'method_not_allowed')
    expect(put.headers.get('allow')).toBe('POST, GET, HEAD')
  })

  test('unknown or impossible query parameters and foreign cursors', async () => {
    for (const query of ['limit=0', 'limit=101', 'limit=ten', 'status=gone', 'page=2', 'q=%00']) {
      const reply = await alice.get(`/v1/posts?${query}`)
      await expectRefused(reply, 422, 'validation_failed', query.split('=')[0])
    }
    for (const cursor of ['abc', Buffer.from('2020|x').toString('base64url')]) {
      await expectRefused(await alice.get(`/v1/posts?cursor=${cursor}`), 400, 'invalid_cursor')
    }
  })
})

test('X-Request-Id is echoed when it is harmless, else replaced', async () => {
  const echoed = await alice.get('/v1/me', { headers: { 'x-request-id': 'my-request.1' } })
  expect(echoed.headers.get('x-request-id')).toBe('my-request.1')
  const replaced = await alice.get('/v1/me', { headers: { 'x-request-id': 'a b{}"' } })
  expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(api.logs()).toContain('my-request.1')
})
