import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

let api: TestApi
let alice: Client
let connectionId: string

beforeAll(async () => {
  api = await startTestApi({ ratePerMinute: 40, anonymousRatePerMinute: 5 })
  alice = makeClient(api.url, api.alice.key)
  connectionId = await connectBluesky(api, alice)
})
afterAll(() => api.close())

describe('without Temporal', () => {
  test('posts are taken, read and changed; the outbox keeps what Temporal has to be told', async () => {
    const targets = [{ connection_id: connectionId }]
    const created = await alice.post('/v1/posts', { content: 'a', targets, publish: 'now' })
    expect(created).toMatchObject({ status: 201, json: { status: 'queued' } })
    const draft = await alice.post('/v1/posts', { content: 'a', targets })
    const changed = await alice.patch(`/v1/posts/${draft.json.id}`, { content: 'b' })
    expect(changed).toMatchObject({ status: 200, json: { content: 'b' } })
    const sql = `select kind from outbox where processed_at is null and kind like 'post%' order by id`
    const rows = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
    expect(rows).toEqual([{ kind: 'post_start' }, { kind: 'post_start' }, { kind: 'post_changed' }])
    const metrics = await alice.get('/metrics')
    expect(metrics.text).toMatch(/clarion_outbox_backlog [34]/)
  })

  test('a command answers 503 with Retry-After, and nothing is half-written', async () => {
    const targets = [{ connection_id: connectionId }]
    const { json } = await alice.post('/v1/posts', { content: 'a', targets })
    const body = { scheduled_at: '2099-01-01T00:00:00Z' }
    const reply = await alice.post(`/v1/posts/${json.id}/schedule`, body)
    expect([reply.status, reply.json.code, reply.json.retryable]).toEqual([
      503,
      'service_unavailable',
      true,
    ])
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await alice.get(`/v1/posts/${json.id}`)).json).toEqual(json)
    const refresh = await alice.post(`/v1/connections/${connectionId}/refresh`)
    expect(refresh.status).toBe(503)
  })

  test('a command that would be refused anyway is refused as such', async () => {
    const targets = [{ connection_id: connectionId }]
    const { json } = await alice.post('/v1/posts', { content: 'a', targets })
    const reply = await alice.post(`/v1/posts/${json.id}/unschedule`)
    expect([reply.status, reply.json.code]).toEqual([409, 'illegal_transition'])
  })

  test('readiness says what is missing', async () => {
    const ready = await alice.get('/readyz')
    expect(ready).toMatchObject({
      status: 200,
      json: { status: 'degraded', checks: { database: 'ok', temporal: 'failed', cipher: 'ok' } },
    })
  })
})

describe('quotas', () => {
  test('a key that asks too often is told when to come back, others are not', async () => {
    const key = await api.makeKey(api.alice, ['posts:read'])
    const first = await alice.get('/v1/me', { key })
    expect(first.headers.get('ratelimit-policy')).toBe('"key";q=40;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"key";r=39;t=\d+$/)
    const more = await Promise.all(Array.from({ length: 40 }, () => alice.get('/v1/me', { key })))
    const refused = more.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(1)
    expect(refused[0]?.json).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused[0]?.headers.get('ratelimit')).toMatch(/;r=0;/)
    const other = await api.makeKey(api.alice, ['posts:read'])
    expect((await alice.get('/v1/me', { key: other })).status).toBe(200)
  })

  test('guessing keys is slowed down by address; health is not', async () => {
    const guesses = []
    for (let guess = 0; guess < 7; guess++) {
      guesses.push((await alice.get('/v1/me', { key: `clr_${'g'.repeat(43)}` })).status)
    }
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429, 429])
    expect((await alice.get('/healthz', { key: '' })).status).toBe(200)
  })
})

test('answers carry the headers that keep browsers from guessing', async () => {
  const { headers } = await alice.get('/docs', { key: '' })
  expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-powered-by')).toBeNull()
})
