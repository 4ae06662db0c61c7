import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky, connectMastodon } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

let api: TestApi
let alice: Client
let bluesky: string
let mastodon: string

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  bluesky = await connectBluesky(api, alice)
  mastodon = await connectMastodon(api, alice)
})
afterAll(() => api.close())

async function create(fields: object = {}) {
  const body = { content: 'hello', targets: [{ connection_id: bluesky }], ...fields }
  const reply = await alice.post('/v1/posts', body)
  expect(reply.text && reply.status).toBe(201)
  return reply
}

describe('creating', () => {
  test('answers every field, with the time in UTC and as people there read it', async () => {
    const reply = await create({
      scheduled_at: '2099-12-01T09:00:00+01:00',
      timezone: 'Europe/Berlin',
      campaign: 'winter',
      notes: 'n',
      external_id: 'e-1',
      owner_id: api.alice.userId,
    })
    expect(reply.headers.get('location')).toBe(`/v1/posts/${reply.json.id}`)
    expect(reply.headers.get('etag')).toBe('"1"')
    expect(reply.json).toMatchObject({
      status: 'scheduled',
      scheduled_at: '2099-12-01T08:00:00.000Z',
      scheduled_local: '2099-12-01T09:00:00',
      timezone: 'Europe/Berlin',
      campaign: 'winter',
      external_id: 'e-1',
      owner_id: api.alice.userId,
      created_by: api.alice.userId,
      platforms: ['bluesky'],
      allowed_actions: ['edit', 'schedule', 'unschedule', 'publish', 'cancel', 'delete'],
      targets: [{ connection_id: bluesky, status: 'pending', attempt_count: 0 }],
    })
    expect((await alice.get(`/v1/posts/${reply.json.id}`)).json).toEqual(reply.json)
  })

  test('platforms mean their default connections; a named target wins over its platform', async () => {
    const byPlatform = await create({ targets: undefined, platforms: ['bluesky', 'mastodon'] })
    expect(byPlatform.json.targets).toMatchObject([
      { connection_id: bluesky },
      { connection_id: mastodon },
    ])
    const both = await create({
      targets: [{ connection_id: bluesky, content: 'variant' }],
      platforms: ['bluesky'],
    })
    expect(both.json.targets).toMatchObject([{ connection_id: bluesky, content: 'variant' }])
  })

  test('"now" overrides a time, even a past one', async () => {
    const reply = await create({ publish: 'now', scheduled_at: '2020-01-01T00:00:00Z' })
    expect(reply.json).toMatchObject({ status: 'queued', scheduled_at: null })
    expect(reply.json.targets).toMatchObject([{ status: 'queued' }])
  })

  test('a draft may have a time, and scheduling one that needs approval asks for it', async () => {
    const draft = await create({ publish: 'draft', scheduled_at: '2099-01-01T00:00:00Z' })
    expect(draft.json).toMatchObject({ status: 'draft', scheduled_at: '2099-01-01T00:00:00.000Z' })
    const pending = await create({ scheduled_at: '2099-01-01T00:00:00Z', approval_required: true })
    expect(pending.json).toMatchObject({ status: 'scheduled', approval_status: 'pending' })
    expect(pending.json.allowed_actions).not.toContain('approve')
  })

  test.each([
    ['2099-03-29T02:30', 'earlier', '2099-03-29T00:30:00.000Z'],
    ['2099-03-29T02:30', 'later', '2099-03-29T01:30:00.000Z'],
    ['2099-10-25T02:30', 'earlier', '2099-10-25T00:30:00.000Z'],
    ['2099-10-25T02:30', 'later', '2099-10-25T01:30:00.000Z'],
  ])('%s in Berlin, %s, is %s', async (scheduled_local, on_ambiguous, instant) => {
    const reply = await create({ scheduled_local, timezone: 'Europe/Berlin', on_ambiguous })
    expect(reply.json.scheduled_at).toBe(instant)
  })

  test('leaves a message in the outbox and an event, in the same transaction', async () => {
    const { json } = await create()
    const id = String(json.id)
    const rows = await api.db.withTenant(api.alice.tenantId, (em) =>
      em.execute('select kind from outbox where aggregate_id = ?', [id]),
    )
    expect(rows).toEqual([{ kind: 'post_start' }])
    const events = await alice.get(`/v1/posts/${id}/events`)
    expect(events.json.data).toMatchObject([{ seq: 1, type: 'created', actor: api.alice.userId }])
  })

  test('validate says what would be refused and creates nothing', async () => {
    const before = (await alice.get('/v1/posts?limit=100')).text
    const body = { content: 'a'.repeat(301), targets: [{ connection_id: bluesky }] }
    const reply = await alice.post('/v1/posts/validate', body)
    expect(reply.json).toMatchObject({ valid: false, errors: [{ path: 'targets[0].content' }] })
    const fine = await alice.post('/v1/posts/validate', { ...body, content: 'a' })
    expect(fine.json).toEqual({ valid: true, errors: [] })
    expect((await alice.get('/v1/posts?limit=100')).text).toBe(before)
  })
})

describe('changing', () => {
  test('raises the revision once, and a stale If-Match changes nothing', async () => {
    const { json } = await create()
    const path = `/v1/posts/${json.id}`
    const fields = { content: 'second', notes: 'n', scheduled_at: '2099-01-01T00:00:00Z' }
    const changed = await alice.patch(path, fields, { headers: { 'if-match': '"1"' } })
    expect(changed.json).toMatchObject({ content: 'second', revision: 2 })
    expect(changed.headers.get('etag')).toBe('"2"')
    const stale = await alice.patch(path, { content: 'third' }, { headers: { 'if-match': '"1"' } })
    expect([stale.status, stale.json.code]).toEqual([412, 'precondition_failed'])
    expect((await alice.get(path)).json).toMatchObject({ content: 'second', revision: 2 })
    const any = await alice.patch(path, { notes: null }, { headers: { 'if-match': '*' } })
    expect(any.json).toMatchObject({ notes: null, revision: 3 })
  })

  test('two changes on one revision: one wins', async () => {
    const { json } = await create()
    const headers = { 'if-match': '"1"' }
    const both = await Promise.all(
      ['a', 'b'].map((content) => alice.patch(`/v1/posts/${json.id}`, { content }, { headers })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
  })

  test('targets are replaced, and accounts that stay keep their target', async () => {
    const { json } = await create()
    const kept = json.targets?.[0]?.id
    const path = `/v1/posts/${json.id}`
    const two = [{ connection_id: mastodon }, { connection_id: bluesky, content: 'v' }]
    const changed = await alice.patch(path, { targets: two })
    expect(changed.json.targets).toMatchObject([
      { connection_id: mastodon },
      { connection_id: bluesky, content: 'v', id: kept },
    ])
    const one = await alice.patch(path, { targets: [{ connection_id: mastodon }] })
    expect(one.json.targets).toMatchObject([{ connection_id: mastodon }])
    expect(one.json.platforms).toEqual(['mastodon'])
  })

  test('what a platform would refuse is refused, and nothing is changed', async () => {
    const { json } = await create()
    const path = `/v1/posts/${json.id}`
    const reply = await alice.patch(path, { content: 'a'.repeat(301), campaign: 'c' })
    expect([reply.status, reply.json.code]).toEqual([422, 'content_invalid'])
    expect((await alice.get(path)).json).toEqual(json)
  })

  test('once publishing has begun it is too late', async () => {
    const { json } = await create({ publish: 'now' })
    const reply = await alice.patch(`/v1/posts/${json.id}`, { content: 'late' })
    expect([reply.status, reply.json.code]).toEqual([409, 'already_publishing'])
    expect(reply.json).toMatchObject({ current_status: 'queued', allowed_actions: [] })
  })

  test('a scheduled post moves, and never into the past', async () => {
    const { json } = await create({ scheduled_at: '2099-01-01T00:00:00Z' })
    const path = `/v1/posts/${json.id}`
    const moved = await alice.patch(path, { scheduled_at: '2099-02-01T00:00:00Z' })
    expect(moved.json).toMatchObject({ status: 'scheduled', revision: 2 })
    const past = await alice.patch(path, { scheduled_at: '2020-01-01T00:00:00Z' })
    expect(past.json.code).toBe('scheduled_at_past')
    const gone = await alice.patch(path, { scheduled_at: null })
    expect(gone.json.code).toBe('illegal_transition')
  })
})

describe('listing', () => {
  test('pages through everything once, in a stable order, while posts are added', async () => {
    const bob = makeClient(api.url, api.bob.key)
    const id = await connectBluesky(api, bob)
    const add = (content: string) =>
      bob.post('/v1/posts', { content, targets: [{ connection_id: id }] })
    await Promise.all(Array.from({ length: 23 }, (_, index) => add(`p${index}`)))
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? 'limit=5' : `limit=5&cursor=${cursor}`
      const page: { data: { content: string }[]; next_cursor: string | null } = JSON.parse(
        (await bob.get(`/v1/posts?${query}`)).text,
      )
      seen.push(...page.data.map((post) => post.content))
      if (seen.length === 10) await add('late')
      cursor = page.next_cursor
    }
    expect(seen).toHaveLength(23)
    expect(new Set(seen).size).toBe(23)
    expect(seen).not.toContain('late')
  })

  test('filters', async () => {
    const campaign = crypto.randomUUID()
    await create({ campaign, content: 'needle 100%', scheduled_at: '2098-05-05T00:00:00Z' })
    await create({ campaign, targets: [{ connection_id: mastodon }] })
    const count = async (query: string) => {
      const reply = await alice.get(`/v1/posts?campaign=${campaign}&${query}`)
      return JSON.parse(reply.text).data?.length
    }
    expect(await count('')).toBe(2)
    expect(await count('status=draft')).toBe(1)
    expect(await count('platform=mastodon')).toBe(1)
    expect(await count(`connection_id=${bluesky}`)).toBe(1)
    expect(await count('q=NEEDLE')).toBe(1)
    expect(await count('q=100%25')).toBe(1)
    expect(await count('from=2098-05-05T00:00:00Z&to=2098-05-06T00:00:00Z')).toBe(1)
  })

  test('events page by their number', async () => {
    const { json } = await create()
    const path = `/v1/posts/${json.id}`
    for (const notes of ['1', '2', '3']) await alice.patch(path, { notes })
    const first = await alice.get(`${path}/events?limit=2`)
    expect(first.json.data).toMatchObject([{ seq: 1 }, { seq: 2 }])
    const rest = await alice.get(`${path}/events?limit=2&cursor=${first.json.next_cursor}`)
    expect(rest.json).toMatchObject({ data: [{ seq: 3 }, { seq: 4 }], next_cursor: null })
    expect((await alice.get(`${path}/events?cursor=zzz`)).json.code).toBe('invalid_cursor')
  })
})
