import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { replaceDestinations } from '../../db/repositories/replace-destinations.ts'
import { connectBluesky, connectMastodon, consent, openAccount } from './support/accounts.ts'
import { sandboxApp, startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

let api: TestApi
let alice: Client
let pinterest: string

beforeAll(async () => {
  const apps = { pinterest: sandboxApp('pinterest'), reddit: sandboxApp('reddit') }
  api = await startTestApi({ apps, successUrl: 'https://app.example/ok' })
  alice = makeClient(api.url, api.alice.key)
  pinterest = await connect('pinterest')
})
afterAll(() => api.close())

/** By the consent page of a platform that has destinations. */
async function connect(platform: 'pinterest' | 'reddit'): Promise<string> {
  const { handle } = await openAccount(api, platform)
  const begun = await alice.post('/v1/connections/authorize', { platform })
  const url = String(begun.json.authorization_url)
  const { reply } = await consent(api, alice, url, { account: handle })
  const target = new URL(reply.headers.get('location') ?? 'none:')
  expect([...target.searchParams.keys()]).toContain('connection_id')
  return target.searchParams.get('connection_id') ?? ''
}

/** As the sync of a worker leaves them. */
function store(connectionId: string, names: string[], kind: string): Promise<void> {
  const ids = { tenantId: api.alice.tenantId, connectionId }
  const found = names.map((name, index) => ({
    ...{ id: `id-${name}`, kind, name, canPost: index > 0, detail: { privacy: 'public' } },
    ...(index > 0 ? {} : { reason: 'It is archived.' }),
  }))
  return api.db.withTenant(ids.tenantId, (em) => replaceDestinations(em, ids, found))
}

async function run(sql: string, values: unknown[]): Promise<void> {
  await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, values))
}

describe('the places of an account', () => {
  test('are listed page by page in the platform’s order, the default one marked', async () => {
    await store(pinterest, ['a', 'b', 'c'], 'board')
    const path = `/v1/connections/${pinterest}`
    await alice.patch(path, { settings: { default_board_id: 'id-b' } })
    const first = await alice.get(`${path}/accounts?limit=2`)
    expect(first.json.data).toMatchObject([
      ...[{ id: 'id-a', can_post: false, reason: 'It is archived.', is_default: false }],
      { id: 'id-b', name: 'b', can_post: true, reason: null, is_default: true, kind: 'board' },
    ])
    const second = await alice.get(`${path}/accounts?limit=2&cursor=${first.json.next_cursor}`)
    expect(second.json).toMatchObject({
      data: [{ id: 'id-c', detail: { privacy: 'public' }, is_default: false }],
      next_cursor: null,
    })
    expect((await alice.get(`${path}/accounts?cursor=x`)).json.code).toBe('invalid_cursor')
  })

  test('a subreddit is the default one by its name, however it is written', async () => {
    const id = await connect('reddit')
    await store(id, ['other', 'Clarion'], 'subreddit')
    await alice.patch(`/v1/connections/${id}`, { settings: { default_subreddit: 'r/clarion' } })
    const { json } = await alice.get(`/v1/connections/${id}/accounts`)
    expect(json.data).toMatchObject([{ is_default: false }, { name: 'Clarion', is_default: true }])
  })

  test('are none where the account is the only place', async () => {
    const id = await connectBluesky(api, alice)
    const { json } = await alice.get(`/v1/connections/${id}/accounts`)
    expect(json).toEqual({ data: [], next_cursor: null })
  })

  test('are read anew by the workflow: without Temporal there is no answer but 503', async () => {
    const reply = await alice.post(`/v1/connections/${pinterest}/sync`)
    expect([reply.status, reply.json.code]).toEqual([503, 'service_unavailable'])
  })
})

describe('limits', () => {
  test('say what is known and null for what is not', async () => {
    const { json } = await alice.get(`/v1/connections/${pinterest}/limits`)
    expect(json).toMatchObject({
      ...{ connection_id: pinterest, platform: 'pinterest', caps: [] },
      text: { max_text_length: 800, text_unit: 'characters', characters_per_url: null },
      ...{ api_calls_used: null, api_calls_remaining: null, api_calls_reset_at: null },
      ...{ rate_limit_tier: null, rate_limited_until: null },
    })
    await run(
      `update connections set api_calls_used = 30, api_calls_limit = 100, api_calls_told_at = now(),
         api_calls_reset_at = '2099-01-01T00:00:00Z', rate_limit_tier = 'trial' where id = ?`,
      [pinterest],
    )
    const told = await alice.get(`/v1/connections/${pinterest}/limits`)
    expect(told.json).toMatchObject({
      ...{ api_calls_used: 30, api_calls_limit: 100, api_calls_remaining: 70 },
      ...{ api_calls_reset_at: '2099-01-01T00:00:00.000Z', rate_limit_tier: 'trial' },
    })
  })

  test('of text are the account’s own where its server has some', async () => {
    const bluesky = await connectBluesky(api, alice)
    const mastodon = await connectMastodon(api, alice)
    const ofBluesky = await alice.get(`/v1/connections/${bluesky}/limits`)
    expect(ofBluesky.json.text).toMatchObject({ max_text_length: 300, text_unit: 'graphemes' })
    await run(
      `update connections set metadata = '{"limits":{"max_text_length":777,"characters_per_url":9}}'
       where id = ?`,
      [mastodon],
    )
    const ofMastodon = await alice.get(`/v1/connections/${mastodon}/limits`)
    expect(ofMastodon.json.text).toMatchObject({ max_text_length: 777, characters_per_url: 9 })
  })
})

describe('settings of a connection', () => {
  test('are the account’s own and those of its targets, and no others', async () => {
    const mastodon = await connectMastodon(api, alice)
    const set = (id: string, settings: object) => alice.patch(`/v1/connections/${id}`, { settings })
    expect((await set(mastodon, { visibility: 'unlisted' })).json.settings).toEqual({
      visibility: 'unlisted',
    })
    const value = await set(mastodon, { visibility: 'everybody' })
    expect(value.json.errors).toMatchObject([{ path: 'settings.visibility' }])
    const names = await set(mastodon, { visibility: 'public', board: 1, default_board_id: 'x' })
    expect(names.json).toMatchObject({
      code: 'validation_failed',
      errors: [
        { path: 'settings.board', code: 'unknown_setting' },
        { path: 'settings.default_board_id', code: 'unknown_setting' },
      ],
    })
    const wrong = await set(pinterest, { default_board_id: 7, default_subreddit: 'x' })
    expect(wrong.json.errors).toMatchObject([
      { path: 'settings.default_board_id', code: 'invalid_setting' },
      { path: 'settings.default_subreddit', code: 'unknown_setting' },
    ])
    expect((await set(pinterest, {})).json.settings).toEqual({})
  })
})
