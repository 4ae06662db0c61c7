import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ROLE_SCOPES } from '../../api/policies/scopes.ts'
import { makeWebhookPost } from '../../worker/webhook-post.ts'
import { deliverDue, startWebhookSender } from '../../worker/webhook-sender.ts'
import { isSignedBy, type Receiver, startReceiver } from '../worker/webhook-receiver.ts'
import { connectBluesky } from './support/accounts.ts'
import type { TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { startStackApi } from './support/stack-api.ts'

const PATH = '/v1/webhook-endpoints'
const ANYWHERE = 'https://hooks.example/in'
const SILENT = () => undefined

let api: TestApi
let alice: Client
let bob: Client
let receiver: Receiver

beforeAll(async () => {
  ;[api, receiver] = await Promise.all([startStackApi(), startReceiver()])
  alice = makeClient(api.url, api.alice.key)
  bob = makeClient(api.url, api.bob.key)
})
afterAll(async () => {
  await receiver.close()
  await api.close()
})

async function create(client: Client, fields: object = {}) {
  const reply = await client.post(PATH, { url: ANYWHERE, ...fields })
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
  return { id: String(reply.json.id), secret: String(reply.json.secret), reply }
}

function senderDeps() {
  const post = makeWebhookPost({ allowedPrivateHosts: [receiver.host] })
  const log = { info: SILENT, warn: SILENT, error: SILENT }
  const { db, cipher } = api
  return { db, cipher, post, log, now: Date.now, random: Math.random }
}

async function deliver(): Promise<number> {
  const deps = senderDeps()
  const begun = await deliverDue(deps)
  await deps.post.close()
  return begun
}

async function rows(sql: string, client = api.alice): Promise<Record<string, unknown>[]> {
  return api.db.withTenant(client.tenantId, (em) => em.execute(sql))
}

describe('an endpoint', () => {
  test('is protected, blind to other tenants, and the matter of administrators', async () => {
    const { id } = await create(alice)
    const own = `${PATH}/${id}`
    const test = await alice.post(`${own}/test`)
    const replay = `${own}/deliveries/${test.json.id}/replay`
    const calls = [
      ['GET', own],
      ['PATCH', own],
      ['DELETE', own],
      ['POST', `${own}/test`],
      ['POST', `${own}/rotate-secret`],
      ['GET', `${own}/deliveries`],
      ['POST', replay],
    ] as const
    const reader = await api.makeKey(api.alice, ['webhooks:read'])
    for (const [method, path] of calls) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      expect([path, (await alice.send(method, path, { key: '', body })).status]).toEqual([
        path,
        401,
      ])
      expect([path, (await bob.send(method, path, { body })).status]).toEqual([path, 404])
      const read = await alice.send(method, path, { key: reader, body })
      expect([path, read.status]).toEqual([path, method === 'GET' ? 200 : 403])
    }
    expect((await bob.get(PATH)).json.data).toEqual([])
    // A delivery is found below its own endpoint alone.
    const another = await create(alice)
    expect((await alice.post(replay.replace(id, another.id))).status).toBe(404)
    expect(ROLE_SCOPES.marketing).not.toContain('webhooks:read')
  })

  test('shows its secret once, and keeps it nowhere in the clear', async () => {
    const key = { headers: { 'idempotency-key': crypto.randomUUID() } }
    const body = { url: ANYWHERE, description: 'CRM', events: ['post.published'] }
    const first = await alice.post(PATH, body, key)
    const { id, secret } = first.json
    expect(first.json).toMatchObject({
      ...{ ...body, is_active: true, disabled_at: null, disabled_reason: null, revision: 1 },
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    })
    expect(first.headers.get('location')).toBe(`${PATH}/${id}`)
    const again = await alice.post(PATH, body, key)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.json).toEqual({ ...first.json, secret: null })
    const read = await alice.get(`${PATH}/${id}`)
    expect(Object.keys(read.json)).not.toContain('secret')
    const kept = [
      ...(await rows('select * from webhook_endpoints')),
      ...(await rows('select * from idempotency_keys')),
      ...(await rows('select * from audit_log')),
    ]
    expect(JSON.stringify(kept)).not.toContain(String(secret).slice('whsec_'.length))
    expect(api.logs()).not.toContain(String(secret))
    const [audit] = await rows(`select action, detail from audit_log where resource_id = '${id}'`)
    expect(audit).toMatchObject({
      ...{ action: 'webhook_endpoint.created', detail: { url: 'https://hooks.example' } },
    })
  })

  test.each([
    [{ url: 'ftp://hooks.example' }, 'url'],
    [{ url: 'hooks.example' }, 'url'],
    [{ url: 'https://user:pw@hooks.example' }, 'url'],
    [{ url: 'https://hooks.example/#part' }, 'url'],
    [{ events: ['post.read'] }, 'events[0]'],
    [{ events: ['webhook.test'] }, 'events[0]'],
    [{ events: ['post.failed', 'post.failed'] }, 'events'],
    [{ secret: 'whsec_mine' }, 'secret'],
  ])('with %p is refused at %s', async (fields, path) => {
    const reply = await alice.post(PATH, { url: ANYWHERE, ...fields })
    expect([reply.status, reply.json.code]).toEqual([422, 'validation_failed'])
    expect(reply.json.errors).toMatchObject([{ path }])
    expect(reply.text).not.toContain('pw@')
  })

  test('is changed, switched off and on under its revision, and deleted', async () => {
    const { id } = await create(bob, { description: 'old' })
    const path = `${PATH}/${id}`
    const headers = { 'if-match': '"1"' }
    const off = await bob.patch(path, { is_active: false, description: null }, { headers })
    expect(off.headers.get('etag')).toBe('"2"')
    expect(off.json).toMatchObject({
      ...{ is_active: false, disabled_reason: 'paused', disabled_at: expect.any(String) },
      description: null,
    })
    expect((await bob.patch(path, {}, { headers })).status).toBe(412)
    const refused = await bob.post(`${path}/test`)
    expect(refused).toMatchObject({
      ...{ status: 409, json: { code: 'illegal_transition', current_status: 'paused' } },
    })
    const on = await bob.patch(path, { is_active: true, events: ['post.failed'] })
    expect(on.json).toMatchObject({
      ...{ is_active: true, disabled_reason: null, events: ['post.failed'], revision: 3 },
    })
    expect((await bob.delete(path, { headers })).status).toBe(412)
    expect((await bob.delete(path)).status).toBe(204)
    expect((await bob.get(path)).status).toBe(404)
  })

  test('switched on by a person has a clean record', async () => {
    const { id } = await create(bob)
    const fail = `update webhook_endpoints set is_active = false, disabled_at = now(),
      disabled_reason = 'failing', consecutive_failures = 40, failing_since = now() where id = '${id}'`
    await rows(fail, api.bob)
    const { json } = await bob.patch(`${PATH}/${id}`, { is_active: true })
    expect(json).toMatchObject({ consecutive_failures: 0, failing_since: null, disabled_at: null })
    await bob.delete(`${PATH}/${id}`)
  })

  test('is listed newest first, by pages', async () => {
    const ids: string[] = []
    for (let count = 0; count < 3; count++) ids.unshift((await create(bob)).id)
    const first = await bob.get(`${PATH}?limit=2`)
    const rest = await bob.get(`${PATH}?limit=2&cursor=${first.json.next_cursor}`)
    const listed: { id: string }[] = JSON.parse(
      JSON.stringify([first.json.data, rest.json.data].flat()),
    )
    expect(listed.map(({ id }) => id)).toEqual(ids)
    expect(rest.json.next_cursor).toBeNull()
    expect((await bob.get(`${PATH}?cursor=x`)).json.code).toBe('invalid_cursor')
    for (const id of ids) await bob.delete(`${PATH}/${id}`)
  })
})

describe('a test', () => {
  test('arrives signed and is in the log; replayed, it arrives again', async () => {
    const { id, secret } = await create(alice, { url: receiver.url, events: ['post.failed'] })
    const { status, json } = await alice.post(`${PATH}/${id}/test`)
    expect([status, json]).toMatchObject([201, { state: 'pending', attempts: 0 }])
    expect(json.event).toMatchObject({ type: 'webhook.test', data: { webhook_endpoint_id: id } })
    await deliver()
    const got = receiver.received.at(-1)
    if (got === undefined) throw new Error('nothing came')
    expect(isSignedBy(secret, got)).toBe(true)
    expect(JSON.parse(got.body)).toEqual(json.event)
    const log = await alice.get(`${PATH}/${id}/deliveries?state=delivered`)
    expect(log.json.data).toMatchObject([
      { id: json.id, state: 'delivered', last_status: 204, attempts: 1, event: json.event },
    ])
    expect((await alice.get(`${PATH}/${id}/deliveries?state=failed`)).json.data).toEqual([])
    const before = receiver.received.length
    const replay = await alice.post(`${PATH}/${id}/deliveries/${json.id}/replay`)
    expect(replay).toMatchObject({ status: 200, json: { id: json.id, state: 'pending' } })
    await deliver()
    expect(receiver.received.slice(before).map(({ body }) => body)).toEqual([got.body])
    await alice.delete(`${PATH}/${id}`)
  })
})

describe('a rotation', () => {
  test('shows the new secret once; both sign for a day', async () => {
    const { id, secret: old } = await create(alice, { url: receiver.url })
    const path = `${PATH}/${id}/rotate-secret`
    const key = { headers: { 'idempotency-key': crypto.randomUUID() } }
    const { status, json } = await alice.post(path, undefined, key)
    expect([status, json]).toMatchObject([200, { revision: 2, secret: expect.any(String) }])
    expect((await alice.post(path, undefined, key)).json.secret).toBeNull()
    const leftMs = Date.parse(String(json.previous_secret_expires_at)) - Date.now()
    expect(leftMs).toBeGreaterThan(23 * 3_600_000)
    expect((await alice.post(path, {}, { headers: { 'if-match': '"1"' } })).status).toBe(412)
    await alice.post(`${PATH}/${id}/test`)
    await deliver()
    const got = receiver.received.at(-1)
    if (got === undefined) throw new Error('nothing came')
    expect([String(json.secret), old].map((secret) => isSignedBy(secret, got))).toEqual([
      true,
      true,
    ])
    await alice.delete(`${PATH}/${id}`)
  })
})

describe('the whole way', () => {
  test('an account that is disconnected is told, signed', async () => {
    const connectionId = await connectBluesky(api, alice)
    const events = ['connection.disconnected']
    const { secret } = await create(alice, { url: receiver.url, events })
    const before = receiver.received.length
    const deps = senderDeps()
    const sender = startWebhookSender({ ...deps, everyMs: 50 })
    const reply = await alice.post(`/v1/connections/${connectionId}/disconnect`)
    expect(reply.status).toBe(200)
    await receiver.came(before + 1)
    await sender.stop()
    await deps.post.close()
    const [got, ...more] = receiver.received.slice(before)
    if (got === undefined) throw new Error('nothing came')
    expect(more).toEqual([])
    expect(isSignedBy(secret, got)).toBe(true)
    expect(JSON.parse(got.body)).toMatchObject({
      type: 'connection.disconnected',
      data: { connection_id: connectionId, platform: 'bluesky', status: 'disconnected' },
    })
  })
})

describe('the OpenAPI document', () => {
  test('describes every event that an endpoint may ask for, and the test', async () => {
    const document: {
      webhooks: Record<string, { post: { operationId: string; requestBody: object } }>
      components: { schemas: Record<string, { properties: { events: { items: object } } }> }
    } = JSON.parse((await alice.get('/openapi.json')).text)
    const { items } = document.components.schemas.CreateWebhookEndpoint?.properties.events ?? {}
    const { enum: types }: { enum?: string[] } = items ?? {}
    expect(Object.keys(document.webhooks)).toEqual([...(types ?? []), 'webhook.test'])
    const told = document.webhooks['connection.expiring']?.post
    expect(told?.operationId).toBe('onConnectionExpiring')
    expect(JSON.stringify(told)).toContain('webhook-signature')
    expect(JSON.stringify(told?.requestBody)).toContain('ConnectionExpiringData')
  })
})
