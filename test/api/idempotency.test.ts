import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

let api: TestApi
let alice: Client
let connectionId: string

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  connectionId = await connectBluesky(api, alice)
})
afterAll(() => api.close())

const keyed = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })
const bodyOf = (content: string) => ({ content, targets: [{ connection_id: connectionId }] })

async function countOf(content: string): Promise<number> {
  const reply = await alice.get(`/v1/posts?q=${encodeURIComponent(content)}`)
  return JSON.parse(reply.text).data.length
}

describe('Idempotency-Key', () => {
  test('a repeat is answered as the first time, whatever the order of its fields', async () => {
    const ask = keyed()
    const { content, targets } = bodyOf('replayed')
    const first = await alice.post('/v1/posts', { content, targets }, ask)
    const second = await alice.post('/v1/posts', { targets, content }, ask)
    expect(first.status).toBe(201)
    expect([second.status, second.json]).toEqual([201, first.json])
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(second.headers.get('etag')).toBe('"1"')
    expect(await countOf('replayed')).toBe(1)
  })

  test('twenty at once make one post', async () => {
    const ask = keyed()
    const all = await Promise.all(
      Array.from({ length: 20 }, () => alice.post('/v1/posts', bodyOf('concurrent'), ask)),
    )
    const made = all.filter(({ status }) => status === 201)
    const others = all.filter(({ status }) => status !== 201)
    expect(made.length).toBeGreaterThanOrEqual(1)
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1)
    expect(made.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(
      1,
    )
    for (const { status, json } of others) {
      expect([status, json.code, json.retryable]).toEqual([409, 'idempotency_in_flight', true])
    }
    expect(await countOf('concurrent')).toBe(1)
  })

  test('the same key with another body or operation is refused', async () => {
    const ask = keyed()
    await alice.post('/v1/posts', bodyOf('one'), ask)
    const other = await alice.post('/v1/posts', bodyOf('two'), ask)
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused'])
    const elsewhere = await alice.post('/v1/posts/validate', bodyOf('one'), ask)
    expect(elsewhere.json.code).toBe('idempotency_key_reused')
    expect(await countOf('two')).toBe(0)
  })

  test('keys of tenants do not meet', async () => {
    const ask = keyed()
    const bob = makeClient(api.url, api.bob.key)
    const mine = await alice.post('/v1/posts', bodyOf('mine'), ask)
    const id = await connectBluesky(api, bob)
    const his = await bob.post(
      '/v1/posts',
      { content: 'his', targets: [{ connection_id: id }] },
      ask,
    )
    expect([mine.status, his.status]).toEqual([201, 201])
  })

  test('input that was refused leaves the key free, a refusal of the work keeps it', async () => {
    const ask = keyed()
    const wrong = await alice.post('/v1/posts', { content: 1 }, ask)
    expect(wrong.status).toBe(422)
    expect((await alice.post('/v1/posts', bodyOf('corrected'), ask)).status).toBe(201)
    const kept = keyed()
    const body = { content: 'x', targets: [{ connection_id: crypto.randomUUID() }] }
    const first = await alice.post('/v1/posts', body, kept)
    const again = await alice.post('/v1/posts', body, kept)
    expect([again.status, again.json]).toEqual([422, first.json])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('content-type')).toContain('application/problem+json')
  })

  test('failures of ours are not kept', async () => {
    const { json } = await alice.post('/v1/posts', bodyOf('to cancel'))
    const ask = keyed()
    for (let repeat = 0; repeat < 2; repeat++) {
      const reply = await alice.post(`/v1/posts/${json.id}/cancel`, undefined, ask)
      expect([reply.status, reply.headers.get('idempotency-replayed')]).toEqual([503, null])
    }
  })

  test('a crash after the commit answers the repeat; one before it blocks only for the lease', async () => {
    const ask = keyed()
    const key = ask.headers['idempotency-key']
    const { tenantId } = api.alice
    const first = await alice.post('/v1/posts', bodyOf('lease'), ask)
    const asUnfinished = `update idempotency_keys set status = 'in_flight', response_status = null
      where key = ?`
    // As a process leaves it that dies before its transaction: nothing made, key still held.
    await api.db.withTenant(tenantId, async (em) => {
      await em.execute(`update posts set deleted_at = now() where id = ?`, [String(first.json.id)])
      await em.execute(`${asUnfinished}`, [key])
    })
    const held = await alice.post('/v1/posts', bodyOf('lease'), ask)
    expect(held.json.code).toBe('idempotency_in_flight')
    const over = `update idempotency_keys set locked_until = now() - interval '1 second' where key = ?`
    await api.db.withTenant(tenantId, (em) => em.execute(over, [key]))
    expect((await alice.post('/v1/posts', bodyOf('lease'), ask)).status).toBe(201)
    expect(await countOf('lease')).toBe(1)
  })

  test('an external_id names one post, and the answer says which', async () => {
    const body = { ...bodyOf('external'), external_id: 'order-1' }
    const first = await alice.post('/v1/posts', body)
    const second = await alice.post('/v1/posts', body)
    expect([second.status, second.json.code]).toEqual([409, 'external_id_taken'])
    expect(second.json.detail).toContain(String(first.json.id))
    const race = { ...bodyOf('race'), external_id: 'order-2' }
    const all = await Promise.all(Array.from({ length: 8 }, () => alice.post('/v1/posts', race)))
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  })
})
