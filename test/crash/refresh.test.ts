import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { refreshOn } from '../support/publish-requests.ts'
import { expectSettled } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { startTap, type Tap } from '../support/tap.ts'
import { waitUntil } from '../support/wait-until.ts'

let tap: Tap
let stack: Stack
let x: ConnectionAnswer
let bluesky: ConnectionAnswer

beforeAll(async () => {
  stack = await startStack({
    via: async (sandboxUrl) => {
      tap = await startTap(sandboxUrl)
      return tap.url
    },
  })
  x = await stack.connect('x')
  bluesky = await stack.connect('bluesky')
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await tap?.close()
}, 60_000)

describe('a token that rotates with each use', () => {
  test('22 refreshes at once: one call at the token endpoint, and all are told of its token', async () => {
    const before = await tokenCalls(x)
    const held = tap.hold(refreshOn('x'))
    const answers: ConnectionAnswer[] = []
    const asking = Array.from({ length: 22 }, async () => {
      const { status, text } = await refresh(x)
      expect([status, text]).toEqual([200, expect.any(String)])
      answers.push(JSON.parse(text))
    })
    const request = await held
    await waitUntil('all have asked', async () => (await inFlight()) === 22)
    await request.forward()
    request.answer()
    await Promise.all(asking)
    expect(await tokenCalls(x)).toBe(before + 1)
    const ends = answers.map(({ expires_at, last_error }) => [expires_at, last_error])
    expect(new Set(ends.map(String)).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 'active', last_error: null, refresh_failures: 0 })
  }, 60_000)

  test('thirty posts whose token is refused: one call, and each is published once', async () => {
    const before = await tokenCalls(x)
    await stack.sandbox.expire('x', x.platform_account_id ?? '')
    const texts = Array.from({ length: 30 }, (_, index) => `refused token ${index}`)
    const held = tap.hold(refreshOn('x'))
    await Promise.all(texts.map((text) => publish(text, x)))
    const request = await held
    await waitUntil('every post was refused', async () => (await refusedAttempts()) === 30)
    await request.forward()
    request.answer()
    const stories = (await expectSettled(stack)).filter(({ content }) => texts.includes(content))
    expect(stories.map(({ status }) => status)).toEqual(texts.map(() => 'published'))
    for (const { targets } of stories) {
      expect(targets[0]?.attempts).toEqual(['not_sent', 'published by answer'])
    }
    expect(await tokenCalls(x)).toBe(before + 1)
  }, 60_000)
})

test('the token endpoint answers 500: the account stays connected, and its post waits', async () => {
  const fault = await stack.sandbox.fault({ ...TOKEN_500, times: null })
  await stack.sandbox.expire('x', x.platform_account_id ?? '')
  const post = await publish('waits for the token', x)
  const troubled = await waitUntil('a refresh has failed', async () => {
    const connection = await stack.api.getConnection(x.id)
    return connection.refresh_failures > 0 && connection
  })
  expect(troubled).toMatchObject({ status: 'active', is_authenticated: true })
  expect(troubled.last_error).toMatchObject({ code: expect.any(String) })
  expect(Date.parse(troubled.next_refresh_at ?? '')).toBeGreaterThan(Date.now())
  expect((await stack.api.getPost(post.id)).status).toBe('queued')

  await stack.sandbox.removeFault(fault)
  const [story] = (await expectSettled(stack)).filter(({ id }) => id === post.id)
  expect([story?.status, story?.targets[0]?.attempts]).toEqual([
    'published',
    ['not_sent', 'published by answer'],
  ])
  const recovered = await stack.api.getConnection(x.id)
  expect(recovered).toMatchObject({ status: 'active', refresh_failures: 0, last_error: null })
}, 120_000)

const TOKEN_500 = { platform: 'x', step: 'token', fault: 'status', status: 500 }

describe('kill -9 of the worker during a refresh', () => {
  let unspent: ConnectionAnswer

  beforeAll(async () => {
    unspent = await stack.connect('x', 'bob')
    // One after the other: requests for tokens look the same at the tap.
    const requests = []
    for (const one of [x, unspent, bluesky]) {
      const held = tap.hold(refreshOn(one === bluesky ? 'bluesky' : 'x'))
      // Nobody waits for its answer: the worker dies first.
      void refresh(one)
      requests.push(await held)
    }
    const [rotated, untouched, same] = requests
    await rotated?.forward()
    await same?.forward()
    await stack.worker.kill9()
    for (const request of [rotated, untouched, same]) request?.drop()
    await stack.worker.start()
  }, 60_000)

  test('X has rotated: the account says truthfully that it must be reconnected', async () => {
    const connection = await ended(x)
    expect(connection).toMatchObject({
      status: 'expired',
      is_authenticated: false,
      last_error: { code: 'refresh_interrupted' },
      next_refresh_at: null,
    })
    expect(connection.allowed_actions).toContain('reconnect')
    const refused = await stack.api.send('POST', '/v1/posts', bodyOf('to a dead account', x))
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([422, 'inactive_connection'])
  }, 60_000)

  test('X was not reached: it recovers by itself', async () => {
    expect(await ended(unspent)).toMatchObject({ status: 'active', last_error: null })
  }, 60_000)

  test('Bluesky gives the same successor again: it recovers by itself', async () => {
    expect(await ended(bluesky)).toMatchObject({ status: 'active', last_error: null })
  }, 60_000)

  test('after reconnecting all publish, and nothing is stuck', async () => {
    const again = await stack.connect('x')
    expect([again.id, again.status]).toEqual([x.id, 'active'])
    const texts = ['reconnected', 'untouched', 'same successor']
    await publish('reconnected', x)
    await publish('untouched', unspent)
    await publish('same successor', bluesky)
    const stories = (await expectSettled(stack)).filter(({ content }) => texts.includes(content))
    expect(stories.map(({ status }) => status)).toEqual(texts.map(() => 'published'))
  }, 60_000)
})

function refresh({ id }: ConnectionAnswer) {
  return stack.api.send('POST', `/v1/connections/${id}/refresh`)
}

function bodyOf(content: string, { id }: ConnectionAnswer) {
  return { content, publish: 'now', targets: [{ connection_id: id }] }
}

function publish(content: string, connection: ConnectionAnswer) {
  return stack.api.createPost(bodyOf(content, connection))
}

async function tokenCalls({ platform, platform_account_id }: ConnectionAnswer): Promise<number> {
  const calls = await stack.sandbox.calls({ platform, step: 'token' })
  return calls.filter((call) => call.account_id === platform_account_id).length
}

async function refusedAttempts(): Promise<number> {
  const sql = `select count(*) from publish_attempts where status = 'not_sent'`
  const [row] = await stack.db.withTenant(stack.tenantId, (em) =>
    em.execute<{ count: string }[]>(sql),
  )
  return Number(row?.count)
}

/** Requests that the API has begun and not answered. */
async function inFlight(): Promise<number> {
  const sql = `select count(*) from idempotency_keys where status = 'in_flight'`
  const [row] = await stack.db.withTenant(stack.tenantId, (em) =>
    em.execute<{ count: string }[]>(sql),
  )
  return Number(row?.count)
}

/** The connection when its interrupted refresh has been told. */
function ended({ id }: ConnectionAnswer): Promise<ConnectionAnswer> {
  return waitUntil('the interrupted refresh has come to an end', async () => {
    const sql = 'select 1 from connections where id = ? and refresh_started_at is null'
    const rows = await stack.db.withTenant(stack.tenantId, (em) => em.execute<object[]>(sql, [id]))
    return rows.length > 0 && stack.api.getConnection(id)
  })
}
