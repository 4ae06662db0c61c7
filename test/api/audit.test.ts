import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky, consent, openAccount } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

interface Entry {
  id: string
  at: string
  action: string
  actor_type: string
  actor_id: string | null
  resource: string | null
  resource_id: string | null
  detail: Record<string, unknown>
}

let api: TestApi
let alice: Client

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
})
afterAll(() => api.close())

async function entries(query: string, client = alice): Promise<Entry[]> {
  const reply = await client.get(`/v1/audit-log?${query}`)
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
  return JSON.parse(reply.text).data
}

async function begin(platform = 'x') {
  const begun = await alice.post('/v1/connections/authorize', { platform })
  return {
    url: String(begun.json.authorization_url),
    sessionId: String(begun.json.session_id),
    state: new URL(String(begun.json.authorization_url)).searchParams.get('state') ?? '',
  }
}

describe('connecting leaves a row', () => {
  test('when it begins and when it succeeds, by whom and from where', async () => {
    const { handle } = await openAccount(api, 'x')
    const { url, sessionId } = await begin()
    const { reply } = await consent(api, alice, url, { account: handle })
    const id = /<code>([0-9a-f-]{36})<\/code>/.exec(reply.text)?.[1]
    const [begun] = await entries(`resource=oauth_session&resource_id=${sessionId}`)
    expect(begun).toMatchObject({
      ...{ action: 'connection.authorize', actor_type: 'api_key' },
      detail: { user_id: api.alice.userId, platform: 'x', method: 'oauth2' },
    })
    const connected = await entries(`resource=connection&resource_id=${id}`)
    expect(connected).toMatchObject([
      {
        ...{ action: 'connection.connected', actor_type: 'user', actor_id: api.alice.userId },
        detail: { session_id: sessionId, is_reconnect: false },
      },
    ])
    const again = await alice.post(`/v1/connections/${id}/reconnect`, {})
    const reconnect = await entries(`resource_id=${again.json.session_id}`)
    expect(reconnect).toMatchObject([
      { action: 'connection.reconnect', detail: { connection_id: id } },
    ])
  })

  test.each([
    ['denied', 'error=access_denied', 'oauth_denied'],
    ['refused by the platform', 'code=wrong', 'oauth_failed'],
    ['broken by the platform', 'error=server_error', 'oauth_failed'],
  ])('when it was %s', async (_name, query, code) => {
    const { sessionId, state } = await begin()
    await alice.get(`/oauth/callback/x?${query}&state=${state}`, { key: '' })
    const failed = await entries(`action=connection.connect_failed&resource_id=${sessionId}`)
    expect(failed).toMatchObject([
      { detail: { code, platform: 'x', method: 'oauth2' }, actor_id: api.alice.userId },
    ])
  })

  test('when a state comes twice or at the wrong door, by nobody known', async () => {
    const { sessionId, state } = await begin()
    await alice.get(`/oauth/callback/mastodon?state=${state}`, { key: '' })
    await alice.get(`/oauth/callback/x?state=${state}&error=access_denied`, { key: '' })
    await alice.get(`/oauth/callback/x?state=${state}&error=access_denied`, { key: '' })
    const failed = await entries(`action=connection.connect_failed&resource_id=${sessionId}`)
    expect(failed.map(({ actor_type, detail }) => [actor_type, detail.code])).toEqual([
      ['anonymous', 'oauth_state_invalid'],
      ['user', 'oauth_denied'],
      ['anonymous', 'oauth_state_invalid'],
    ])
    expect(failed[0]?.detail).not.toHaveProperty('user_id')
  })

  test('when credentials work and when they do not; never the credentials', async () => {
    const id = await connectBluesky(api, alice)
    const connected = await entries(`resource_id=${id}`)
    expect(connected).toMatchObject([
      { action: 'connection.connected', detail: { method: 'app_password' } },
    ])
    const wrong = { identifier: 'nobody', app_password: 'aaaa-bbbb-cccc-dddd' }
    const credentials = { ...wrong, service_url: api.sandboxUrl }
    await alice.post('/v1/connections', { platform: 'bluesky', credentials })
    const failed = await entries('action=connection.connect_failed&resource=platform')
    expect(failed[0]).toMatchObject({
      resource_id: 'bluesky',
      detail: { code: 'credentials_refused', method: 'app_password' },
    })
    expect(JSON.stringify(failed)).not.toContain('bbbb')
  })

  test('when a platform has no app to begin with', async () => {
    await alice.post('/v1/connections/authorize', { platform: 'tiktok' })
    const failed = await entries('action=connection.connect_failed&resource_id=tiktok')
    expect(failed).toMatchObject([{ detail: { code: 'platform_unsupported' } }])
  })

  test('when a refresh or an end is asked for that does not come about', async () => {
    const id = await connectBluesky(api, alice)
    await alice.post(`/v1/connections/${id}/refresh`)
    await alice.post(`/v1/connections/${id}/disconnect`)
    const failed = (await entries(`resource_id=${id}`)).filter(({ action }) =>
      action.endsWith('_failed'),
    )
    expect(failed).toMatchObject([
      { action: 'connection.disconnect_failed', detail: { code: 'service_unavailable' } },
      { action: 'connection.refresh_failed', detail: { code: 'service_unavailable' } },
    ])
  })
})

test('apps of the tenant leave a row each time, without their secrets', async () => {
  const secret = 'sbx_secret_app'
  const body = { platform: 'facebook', app_id: 'audited', app_secret: secret }
  const id = String((await alice.post('/v1/platform-apps', body)).json.id)
  await alice.patch(`/v1/platform-apps/${id}`, { app_secret: `${secret}2` })
  await alice.post(`/v1/platform-apps/${id}/verify`)
  await alice.delete(`/v1/platform-apps/${id}`)
  const found = await entries(`resource=platform_app&resource_id=${id}`)
  expect(found.map(({ action }) => action)).toEqual([
    'platform_app.deleted',
    'platform_app.verified',
    'platform_app.changed',
    'platform_app.created',
  ])
  expect(found[1]?.detail.code).toEqual(expect.any(String))
  expect(found[2]?.detail.fields).toEqual(['app_secret'])
  expect(JSON.stringify(found)).not.toContain(secret)
})

describe('a refused key', () => {
  test('is told of when it was the tenant’s once, or begins as one of its keys', async () => {
    const key = await api.makeKey(api.alice, ['posts:read'])
    const end = 'update api_keys set revoked_at = now() where prefix = ?'
    await api.db.withTenant(api.alice.tenantId, (em) => em.execute(end, [key.slice(0, 12)]))
    await alice.get('/v1/me', { key })
    await alice.get('/v1/me', { key: `${api.alice.key.slice(0, 12)}${'x'.repeat(31)}` })
    await alice.get('/v1/me', { key: `clr_${'x'.repeat(43)}` })
    const refused = await entries('action=api_key.refused')
    expect(refused).toMatchObject([
      { actor_type: 'anonymous', detail: { reason: 'wrong' } },
      { actor_type: 'api_key', detail: { reason: 'revoked' } },
    ])
    expect(refused).toHaveLength(2)
    expect(refused[1]?.resource_id).toBe(refused[1]?.actor_id)
  })
})

describe('the list', () => {
  test('is for admins, pages without gaps, and filters by time and person', async () => {
    const all = await entries('limit=100')
    expect(all.length).toBeGreaterThan(10)
    const paged: Entry[] = []
    let cursor = ''
    do {
      const reply = await alice.get(`/v1/audit-log?limit=3${cursor}`)
      paged.push(...JSON.parse(reply.text).data)
      cursor = reply.json.next_cursor === null ? '' : `&cursor=${reply.json.next_cursor}`
    } while (cursor !== '')
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    const middle = all[5]?.at ?? ''
    const since = await entries(`from=${middle}&limit=100`)
    const until = await entries(`to=${middle}&limit=100`)
    expect(since.length).toBeGreaterThan(0)
    expect([...since, ...until].map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    const mine = await entries(`actor_id=${api.alice.userId}&limit=100`)
    expect(mine).toEqual(all.filter(({ detail }) => detail.user_id === api.alice.userId))
    expect(await entries('actor_id=nobody')).toEqual([])
    const marketing = await api.makeKey(api.alice, ['connections:write', 'platform_apps:write'])
    const refused = await alice.get('/v1/audit-log', { key: marketing })
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient_scope'])
    expect((await alice.get('/v1/audit-log?cursor=x')).json.code).toBe('invalid_cursor')
  })
})
