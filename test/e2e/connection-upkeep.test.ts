import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { connectAccounts } from '../../scripts/start/connect.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { waitUntil } from '../support/wait-until.ts'

interface ConnectionEvent {
  type: string
  detail: Record<string, unknown>
}

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
}, 120_000)

afterAll(() => stack?.stop(), 60_000)

/** Changes the row as time would have, and has its workflow look. */
async function change({ id }: ConnectionAnswer, set: string): Promise<void> {
  const { tenantId } = stack
  await stack.db.withTenant(tenantId, async (em) => {
    await em.execute(`update connections set ${set}, seq = seq + 1 where id = ?`, [id])
    await enqueue(em, { tenantId, kind: 'connection_changed', aggregateId: id })
  })
}

async function events({ id }: ConnectionAnswer): Promise<ConnectionEvent[]> {
  const path = `/v1/connections/${id}/events`
  return (await stack.api.call<{ data: ConnectionEvent[] }>('GET', path)).data
}

/** The first event of this type, once it is there. */
function told(connection: ConnectionAnswer, type: string): Promise<ConnectionEvent> {
  return waitUntil(`${type} of ${connection.platform}`, async () =>
    (await events(connection)).find((event) => event.type === type),
  )
}

function reaches(connection: ConnectionAnswer, status: string): Promise<ConnectionAnswer> {
  return waitUntil(`${connection.platform} is ${status}`, async () => {
    const now = await stack.api.getConnection(connection.id)
    return now.status === status && now
  })
}

describe('an access that ends', () => {
  test('is announced once per warning, and the next consent takes the warning back', async () => {
    const youtube = await stack.connect('youtube')
    await change(
      youtube,
      `refresh_expires_at = now() + interval '6 days', issued_at = now() - interval '30 days'`,
    )
    expect(await told(youtube, 'expiring')).toMatchObject({
      detail: { days_left: 7, ends_at: expect.stringMatching(/^\d{4}-/) },
    })
    await change(youtube, `refresh_expires_at = now() + interval '20 hours'`)
    await waitUntil('the last warning', async () => {
      const days = (await events(youtube)).filter(({ type }) => type === 'expiring')
      return days.length === 2 && days
    })
    const days = (await events(youtube)).filter(({ type }) => type === 'expiring')
    expect(days.map(({ detail }) => detail.days_left).toSorted()).toEqual([1, 7])
    const again = await stack.connect('youtube')
    expect(again.id).toBe(youtube.id)
    const sql = 'select warned_days from connections where id = ?'
    const rows = await stack.db.withTenant(stack.tenantId, (em) => em.execute(sql, [youtube.id]))
    expect(rows).toEqual([{ warned_days: null }])
  }, 60_000)

  test('ends truthfully where nothing can renew it, and a reconnect brings it back', async () => {
    const [page] = await connectAccounts(stack.api, stack.sandbox.url, {
      platform: 'mastodon',
      handle: 'alice',
    })
    if (page === undefined) throw new Error('mastodon did not connect')
    await change(page, `expires_at = now() + interval '1 second'`)
    expect(await reaches(page, 'expired')).toMatchObject({
      is_authenticated: false,
      last_error: { code: 'access_ended' },
      next_refresh_at: null,
    })
    expect(await told(page, 'needs_reconnect')).toMatchObject({ detail: { status: 'expired' } })
    expect((await stack.connect('mastodon')).id).toBe(page.id)
    await reaches(page, 'active')
  }, 60_000)
})

describe('the daily look at an account', () => {
  test('that a platform in trouble does not answer proves nothing', async () => {
    const facebook = await stack.connect('facebook')
    const trouble = { platform: 'facebook', step: 'profile', fault: 'status', status: 500 }
    const fault = await stack.sandbox.fault({ ...trouble, times: null })
    await change(facebook, `last_validated_at = now() - interval '2 days'`)
    const troubled = await waitUntil('the failed validation is told', async () => {
      const now = await stack.api.getConnection(facebook.id)
      return now.last_error !== null && now
    })
    expect(troubled).toMatchObject({ status: 'active', is_authenticated: true })
    await stack.sandbox.removeFault(fault)
    const path = `/v1/connections/${facebook.id}/validate`
    const healed = await stack.api.call<ConnectionAnswer>('POST', path)
    expect(healed).toMatchObject({ status: 'active', last_error: null })
    expect(Date.parse(healed.last_validated_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  }, 60_000)

  test('finds out what was revoked', async () => {
    const threads = await stack.connect('threads', 'carol')
    await stack.sandbox.revoke('threads', threads.platform_account_id ?? '')
    await change(threads, `last_validated_at = now() - interval '2 days'`)
    expect(await reaches(threads, 'revoked')).toMatchObject({ is_authenticated: false })
    await told(threads, 'needs_reconnect')
  }, 60_000)
})

test('a token that is too young to be extended is left alone, and the answer says from when on', async () => {
  const threads = await stack.connect('threads', 'bob')
  const tokenCalls = async () =>
    (await stack.sandbox.calls({ platform: 'threads', step: 'token' })).length
  const before = await tokenCalls()
  const refused = await stack.api.send('POST', `/v1/connections/${threads.id}/refresh`)
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
    409,
    { code: 'connection_not_refreshable', detail: expect.stringMatching(/from \d{4}-/) },
  ])
  expect(await tokenCalls()).toBe(before)
  expect(await stack.api.getConnection(threads.id)).toMatchObject({
    ...{ status: 'active', refresh_failures: 0, last_error: null },
  })
}, 60_000)

test('one of several Pages is disconnected alone; the last one takes the grant with it', async () => {
  const pages = await connectAccounts(stack.api, stack.sandbox.url, {
    platform: 'facebook',
    handle: 'carol',
  })
  const [first, ...others] = pages
  if (first === undefined || others.length === 0) throw new Error('carol has too few Pages')
  const revocations = async () =>
    (await stack.sandbox.calls({ platform: 'facebook', step: 'revoke' })).length
  const disconnect = ({ id }: ConnectionAnswer) =>
    stack.api.call<ConnectionAnswer>('POST', `/v1/connections/${id}/disconnect`)
  expect((await disconnect(first)).status).toBe('disconnected')
  expect(await revocations()).toBe(0)
  for (const one of others) {
    const path = `/v1/connections/${one.id}/validate`
    expect((await stack.api.call<ConnectionAnswer>('POST', path)).status).toBe('active')
  }
  const instagram = await connectAccounts(stack.api, stack.sandbox.url, {
    platform: 'instagram',
    handle: 'carol',
  })
  for (const one of others) await disconnect(one)
  // Her Instagram accounts came by the same grant of Facebook.
  expect(await revocations()).toBe(0)
  for (const one of instagram) await disconnect(one)
  expect(await revocations()).toBe(1)
}, 120_000)

test('a paused account keeps its access alive and publishes nothing', async () => {
  const x = await stack.connect('x')
  await stack.api.call('PATCH', `/v1/connections/${x.id}`, { is_active: false })
  await change(x, 'next_refresh_at = now()')
  await told(x, 'refreshed')
  const body = { content: 'paused', publish: 'now', targets: [{ connection_id: x.id }] }
  const refused = await stack.api.send('POST', '/v1/posts', body)
  expect([refused.status, JSON.parse(refused.text).code]).toEqual([422, 'inactive_connection'])
  await stack.api.call('PATCH', `/v1/connections/${x.id}`, { is_active: true })
  const post = await stack.api.createPost({ ...body, content: 'not paused any more' })
  await stack.api.waitForPost(post.id, ({ status }) => status === 'published')
}, 60_000)

test('what the platform says of its budget is kept with the connection', async () => {
  const x = await stack.connect('x', 'bob')
  const before = await stack.api.getConnection(x.id)
  const targets = [{ connection_id: x.id }]
  const post = await stack.api.createPost({ content: 'one call', publish: 'now', targets })
  await stack.api.waitForPost(post.id, ({ status }) => status === 'published')
  const told = await waitUntil('the budget is written', async () => {
    const now = await stack.api.getConnection(x.id)
    return now.api_calls_used > before.api_calls_used && now
  })
  expect(Date.parse(told.api_calls_reset_at ?? '')).toBeGreaterThan(Date.now())
}, 60_000)

test('a post scheduled before the access was lost is published after the reconnect', async () => {
  const bob = await stack.connect('x', 'carol')
  const scheduled = await stack.api.createPost({
    content: 'waits for its account',
    publish: 'schedule',
    scheduled_at: new Date(Date.now() + 12_000).toISOString(),
    targets: [{ connection_id: bob.id }],
  })
  await stack.sandbox.revoke('x', bob.platform_account_id ?? '')
  await stack.api.send('POST', `/v1/connections/${bob.id}/refresh`)
  await reaches(bob, 'revoked')
  expect((await stack.connect('x', 'carol')).id).toBe(bob.id)
  const post = await stack.api.waitForPost(scheduled.id, ({ status }) => status === 'published')
  expect(Date.parse(post.posted_at ?? '')).toBeGreaterThanOrEqual(
    Date.parse(scheduled.scheduled_at ?? ''),
  )
}, 60_000)
