import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky, connectX } from './support/accounts.ts'
import type { TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { startStackApi } from './support/stack-api.ts'
import { untilStatus } from './support/wait.ts'

let api: TestApi
let alice: Client
let connectionId: string

beforeAll(async () => {
  api = await startStackApi()
  alice = makeClient(api.url, api.alice.key)
  connectionId = await connectBluesky(api, alice)
})
afterAll(() => api.close())

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

async function create(fields: object = {}): Promise<string> {
  const body = { content: 'hello', targets: [{ connection_id: connectionId }], ...fields }
  const reply = await alice.post('/v1/posts', body)
  expect(reply.text && reply.status).toBe(201)
  return String(reply.json.id)
}

describe('commands through the workflow', () => {
  test('publish now reaches the platform once, and the ledger says so', async () => {
    const text = `now ${crypto.randomUUID()}`
    const id = await create({ content: text, publish: 'now' })
    const post = await untilStatus(alice, id, 'published')
    expect(post.json.targets?.[0]?.permalink).toMatch(/^https?:/)
    const query = `platform=bluesky&text=${encodeURIComponent(text)}`
    const accepted = await fetch(`${api.sandboxUrl}/_sandbox/posts?${query}`)
    expect(JSON.parse(await accepted.text()).data).toHaveLength(1)
    const attempts = await alice.get(`/v1/posts/${id}/attempts`)
    expect(attempts.json.data).toMatchObject([{ status: 'published', confirmed_by: 'answer' }])
  })

  test('schedule, reschedule, unschedule, publish', async () => {
    const id = await create()
    const first = inAnHour()
    const scheduled = await alice.post(`/v1/posts/${id}/schedule`, { scheduled_at: first })
    expect(scheduled).toMatchObject({ status: 200, json: { status: 'scheduled' } })
    expect(scheduled.json.scheduled_at).toBe(first)
    const local = { scheduled_local: '2099-07-01T09:00', timezone: 'Europe/Berlin' }
    const moved = await alice.post(`/v1/posts/${id}/schedule`, local)
    expect(moved.json).toMatchObject({
      scheduled_at: '2099-07-01T07:00:00.000Z',
      scheduled_local: '2099-07-01T09:00:00',
      timezone: 'Europe/Berlin',
    })
    const back = await alice.post(`/v1/posts/${id}/unschedule`)
    expect(back.json).toMatchObject({ status: 'draft', scheduled_at: null })
    const sent = await alice.post(`/v1/posts/${id}/publish`)
    expect(['queued', 'published']).toContain(sent.json.status)
    await untilStatus(alice, id, 'published')
    const late = await alice.post(`/v1/posts/${id}/cancel`)
    expect(late).toMatchObject({ status: 409, json: { code: 'illegal_transition' } })
    expect(late.json).toMatchObject({ current_status: 'published', allowed_actions: ['delete'] })
  })

  test('nothing that needs approval is sent without it', async () => {
    const id = await create({ approval_required: true })
    const refused = await alice.post(`/v1/posts/${id}/publish`)
    expect(refused).toMatchObject({ status: 409, json: { code: 'approval_required' } })
    expect((await alice.post(`/v1/posts/${id}/submit`)).json.approval_status).toBe('pending')
    const own = await alice.post(`/v1/posts/${id}/approve`, {})
    expect(own).toMatchObject({ status: 403, json: { code: 'self_approval' } })
    const colleague = await colleagueKey()
    const comment = 'Looks good'
    const approved = await alice.post(`/v1/posts/${id}/approve`, { comment }, { key: colleague })
    expect(approved.json).toMatchObject({ approval_status: 'approved', status: 'draft' })
    const edited = await alice.patch(`/v1/posts/${id}`, { content: 'other words' })
    expect(edited.json.approval_status).toBe('pending')
    const history = await alice.get(`/v1/posts/${id}/approvals`)
    expect(history.json.data).toMatchObject([
      { decision: 'requested' },
      { decision: 'approved', comment },
      { decision: 'reset' },
    ])
    const rejected = await alice.post(`/v1/posts/${id}/reject`, {}, { key: colleague })
    expect(rejected.json.approval_status).toBe('rejected')
  })

  test('a label changes without asking for approval again', async () => {
    const id = await create({ approval_required: true })
    await alice.post(`/v1/posts/${id}/submit`)
    await alice.post(`/v1/posts/${id}/approve`, {}, { key: await colleagueKey() })
    const changed = await alice.patch(`/v1/posts/${id}`, { campaign: 'spring', notes: 'n' })
    expect(changed.json).toMatchObject({ approval_status: 'approved', campaign: 'spring' })
  })

  test('cancel and delete', async () => {
    const id = await create({ scheduled_at: inAnHour() })
    expect((await alice.post(`/v1/posts/${id}/cancel`)).json.status).toBe('cancelled')
    expect((await alice.delete(`/v1/posts/${id}`)).status).toBe(204)
    expect((await alice.get(`/v1/posts/${id}`)).status).toBe(404)
    const scheduled = await create({ scheduled_at: inAnHour() })
    expect((await alice.delete(`/v1/posts/${scheduled}`)).status).toBe(204)
    expect((await alice.delete(`/v1/posts/${scheduled}`)).status).toBe(404)
  })

  test('a stale If-Match changes nothing', async () => {
    const id = await create()
    const headers = { 'if-match': '"1"' }
    const first = await alice.post(
      `/v1/posts/${id}/schedule`,
      { scheduled_at: inAnHour() },
      { headers },
    )
    expect(first.status).toBe(200)
    const second = await alice.post(`/v1/posts/${id}/cancel`, undefined, { headers })
    expect(second).toMatchObject({ status: 412, json: { code: 'precondition_failed' } })
    expect((await alice.get(`/v1/posts/${id}`)).json.status).toBe('scheduled')
  })

  test('a failed target is retried by a person, as another round', async () => {
    const text = `retry ${crypto.randomUUID()}`
    await fault({ platform: 'bluesky', step: 'publish', fault: 'refuse', times: 1 })
    const id = await create({ content: text, publish: 'now' })
    const failed = await untilStatus(alice, id, 'failed')
    expect(failed.json.failure_reason).toEqual(expect.any(String))
    await alice.patch(`/v1/posts/${id}`, { content: `${text} changed` })
    const retried = await alice.post(`/v1/posts/${id}/retry`, {})
    expect(retried.status).toBe(200)
    await untilStatus(alice, id, 'published')
  })

  test('a repeated command with one key is one command', async () => {
    const id = await create({ scheduled_at: inAnHour() })
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await alice.post(`/v1/posts/${id}/cancel`, undefined, { headers })
    const second = await alice.post(`/v1/posts/${id}/cancel`, undefined, { headers })
    expect(second).toMatchObject({ status: 200, json: first.json })
    expect(second.headers.get('idempotency-replayed')).toBe('true')
  })

  test('a repeat whose first answer was lost is told of its own success', async () => {
    const id = await create({ scheduled_at: inAnHour() })
    const headers = { 'idempotency-key': crypto.randomUUID() }
    expect((await alice.post(`/v1/posts/${id}/cancel`, undefined, { headers })).status).toBe(200)
    // As if the process had died before it could keep the answer.
    await api.db.withTenant(api.alice.tenantId, (em) => em.execute('delete from idempotency_keys'))
    const again = await alice.post(`/v1/posts/${id}/cancel`, undefined, { headers })
    expect(again).toMatchObject({ status: 200, json: { status: 'cancelled' } })
    const other = await alice.post(`/v1/posts/${id}/cancel`)
    expect(other.status).toBe(409)
  })
})

test('what was told to Temporal at once is not left to the relay', async () => {
  const id = await create()
  await alice.patch(`/v1/posts/${id}`, { content: 'changed' })
  const sql =
    'select kind, processed_at is not null as done from outbox where aggregate_id = ? order by id'
  const rows = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, [id]))
  expect(rows).toEqual([
    { kind: 'post_start', done: true },
    { kind: 'post_changed', done: true },
  ])
})

describe('connections through their workflow', () => {
  test('refresh renews the token once, validate asks the platform, disconnect erases', async () => {
    const id = await connectX(api, alice)
    const before = await alice.get(`/v1/connections/${id}`)
    const refreshed = await alice.post(`/v1/connections/${id}/refresh`)
    expect(refreshed).toMatchObject({ status: 200, json: { status: 'active' } })
    expect(refreshed.json.last_token_refresh_at).not.toBe(before.json.last_token_refresh_at)
    const validated = await alice.post(`/v1/connections/${id}/validate`)
    expect(validated).toMatchObject({ status: 200, json: { status: 'active' } })
    const synced = await alice.post(`/v1/connections/${id}/sync`)
    expect(synced).toMatchObject({ status: 200, json: { last_sync_at: expect.any(String) } })
    const ended = await alice.post(`/v1/connections/${id}/disconnect`)
    expect(ended.json).toMatchObject({
      status: 'disconnected',
      allowed_actions: ['reconnect', 'delete'],
    })
    const sql = 'select 1 from connection_tokens where connection_id = ?'
    const left = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, [id]))
    expect(left).toEqual([])
    const events = await alice.get(`/v1/connections/${id}/events`)
    const types = JSON.parse(events.text).data.map((event: { type: string }) => event.type)
    expect(types).toEqual(['connected', 'refreshed', 'disconnected'])
  })

  test('an account that was never used is removed, one with posts stays as disconnected', async () => {
    const unused = await connectBluesky(api, alice)
    expect((await alice.delete(`/v1/connections/${unused}`)).status).toBe(204)
    expect((await alice.get(`/v1/connections/${unused}`)).status).toBe(404)
    const used = await connectBluesky(api, alice)
    await create({ targets: [{ connection_id: used }] })
    expect((await alice.delete(`/v1/connections/${used}`)).status).toBe(204)
    expect((await alice.get(`/v1/connections/${used}`)).json.status).toBe('disconnected')
  })
})

async function fault(body: object): Promise<void> {
  await fetch(`${api.sandboxUrl}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** A key of another administrator of alice's tenant. */
async function colleagueKey(): Promise<string> {
  const { tenantId } = api.alice
  const userId = await api.db.withTenant(tenantId, async (em) => {
    const sql = `select m.user_id as id from memberships m where m.role = 'marketing' limit 1`
    const [row] = await em.execute<{ id: string }[]>(sql)
    return row?.id ?? ''
  })
  return api.makeKey({ tenantId, userId }, ['posts:approve', 'posts:read'])
}
