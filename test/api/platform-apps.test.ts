import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { tokenContext } from '../../domain/token-context.ts'
import { connectBluesky, consent, openAccount } from './support/accounts.ts'
import { sandboxApp, startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

const SECRET = 'sbx_secret_of_the_tenant_itself'

let api: TestApi
let alice: Client
let bob: Client

beforeAll(async () => {
  api = await startTestApi({
    successUrl: 'https://app.example/ok',
    errorUrl: 'https://app.example/no',
  })
  alice = makeClient(api.url, api.alice.key)
  bob = makeClient(api.url, api.bob.key)
})
afterAll(() => api.close())

async function create(client: Client, fields: object): Promise<string> {
  const reply = await client.post('/v1/platform-apps', fields)
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
  expect(reply.headers.get('location')).toBe(`/v1/platform-apps/${reply.json.id}`)
  return String(reply.json.id)
}

describe('an app', () => {
  test.each([
    ['instagram', { app_id: 'id', app_secret: SECRET }],
    ['facebook', { app_id: 'id', app_secret: SECRET }],
    ['threads', { app_id: 'id', app_secret: SECRET }],
    ['tiktok', { client_key: 'id', client_secret: SECRET }],
    ['youtube', { client_id: 'id', client_secret: SECRET }],
    ['linkedin', { client_id: 'id', client_secret: SECRET }],
    ['reddit', { client_id: 'id', client_secret: SECRET }],
    ['twitter', { client_id: 'id', client_secret: SECRET }],
    ['facebook', { client_id: 'id', client_secret: SECRET }],
  ])('of %s is taken by the platform’s own names: %p', async (platform, fields) => {
    const name = `${platform} ${crypto.randomUUID()}`
    const reply = await alice.post('/v1/platform-apps', { platform, name, ...fields })
    expect(reply.json).toMatchObject({ client_id: 'id', has_client_secret: true, api_key: null })
    expect(reply.text).not.toContain(SECRET)
    const [row] = await rows(`select * from platform_apps where id = '${reply.json.id}'`)
    expect(row?.client_secret_ciphertext).toMatch(/^local:v1:/)
    expect(row?.key_version).toBe(1)
    expect(JSON.stringify(row)).not.toContain(SECRET)
  })

  test('of X has a second pair, each sealed for its own field', async () => {
    const pairs = { client_id: 'id', client_secret: 'one', api_key: 'key', api_secret: 'two' }
    const id = await create(bob, { platform: 'x', ...pairs })
    const { json } = await bob.get(`/v1/platform-apps/${id}`)
    expect(json).toMatchObject({ api_key: 'key', has_api_secret: true, name: 'x app' })
    const [row] = await rows(`select * from platform_apps where id = '${id}'`, api.bob.tenantId)
    const context = (field: string) => tokenContext(api.bob.tenantId, `app:${id}`, field)
    const items = [
      { ciphertext: String(row?.client_secret_ciphertext), context: context('client_secret') },
      { ciphertext: String(row?.api_secret_ciphertext), context: context('api_secret') },
    ]
    expect(await api.cipher.decrypt(items)).toEqual(['one', 'two'])
  })

  test.each([
    ['facebook', { client_key: 'a' }, 'client_key', 'app_id and app_secret'],
    ['tiktok', { app_id: 'a' }, 'app_id', 'client_key and client_secret'],
    ['linkedin', { api_key: 'a' }, 'api_key', 'client_id and client_secret'],
    ['facebook', { app_id: 'a', client_id: 'b' }, 'client_id', 'not both'],
    ['facebook', { app_secret: 'a' }, 'app_id', 'required'],
    ['x', { client_id: 'a', api_secret: 'b' }, 'api_key', 'required'],
    ['x', {}, 'client_id', 'required'],
  ])('%s with %p is refused at %s', async (platform, fields, path, words) => {
    const reply = await alice.post('/v1/platform-apps', { platform, ...fields })
    expect([reply.status, reply.json.code]).toEqual([422, 'validation_failed'])
    expect(reply.json.errors).toMatchObject([{ path, message: expect.stringContaining(words) }])
  })

  test('is changed under its revision; a secret stays, is replaced, or is erased', async () => {
    const id = await create(alice, {
      platform: 'reddit',
      name: 'r',
      client_id: 'a',
      client_secret: 'b',
    })
    const path = `/v1/platform-apps/${id}`
    const ciphertext = async () =>
      (await rows(`select client_secret_ciphertext as c from platform_apps where id = '${id}'`))[0]
        ?.c
    const before = await ciphertext()
    const headers = { 'if-match': '"1"' }
    const renamed = await alice.patch(path, { name: 'renamed' }, { headers })
    expect(renamed.json).toMatchObject({ name: 'renamed', revision: 2, has_client_secret: true })
    expect(await ciphertext()).toBe(before)
    expect((await alice.patch(path, { name: 'late' }, { headers })).status).toBe(412)
    await alice.patch(path, { client_secret: 'c' })
    expect(await ciphertext()).not.toBe(before)
    const erased = await alice.patch(path, { client_secret: null })
    expect(erased.json).toMatchObject({ has_client_secret: false, client_id: 'a', revision: 4 })
    const taken = await create(alice, { platform: 'reddit', name: 'taken', client_id: 'x' })
    const clash = await alice.patch(`/v1/platform-apps/${taken}`, { name: 'renamed' })
    expect([clash.status, clash.json.code]).toEqual([409, 'platform_app_name_taken'])
    const wrong = await alice.patch(path, { app_id: 'z' })
    expect(wrong.json.errors).toMatchObject([{ path: 'app_id', code: 'unknown_field' }])
  })

  test('the first is the default one, and there is one of these at most', async () => {
    const first = await create(bob, { platform: 'linkedin', client_id: '1' })
    const second = await create(bob, { platform: 'linkedin', client_id: '2' })
    const third = await create(bob, { platform: 'linkedin', client_id: '3', is_default: true })
    const list = await bob.get('/v1/platform-apps?platform=linkedin&limit=2')
    expect(list.json.data).toMatchObject([
      { id: third, is_default: true, name: 'linkedin app 3' },
      { id: second, is_default: false, name: 'linkedin app 2' },
    ])
    const rest = await bob.get(
      `/v1/platform-apps?platform=linkedin&limit=2&cursor=${list.json.next_cursor}`,
    )
    expect(rest.json).toMatchObject({ data: [{ id: first, is_default: false }], next_cursor: null })
    await bob.patch(`/v1/platform-apps/${first}`, { is_default: true })
    expect((await bob.get(`/v1/platform-apps/${third}`)).json.is_default).toBe(false)
  })

  test('created many at once, they have different names and one default', async () => {
    const bodies = [1, 2, 3, 4, 5].map((number) => ({
      platform: 'youtube',
      client_id: `${number}`,
    }))
    const replies = await Promise.all(bodies.map((body) => bob.post('/v1/platform-apps', body)))
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect(new Set(replies.map(({ json }) => json.name)).size).toBe(5)
    const { json } = await bob.get('/v1/platform-apps?platform=youtube')
    const data: { is_default: boolean }[] = JSON.parse(JSON.stringify(json.data))
    expect(data.filter((app) => app.is_default)).toHaveLength(1)
  })
})

describe('verifying', () => {
  test('stores what the platform says of the credentials', async () => {
    const { clientId, clientSecret } = sandboxApp('facebook')
    const fields = { platform: 'facebook', name: 'verified', app_id: clientId }
    const id = await create(alice, { ...fields, app_secret: clientSecret })
    const good = await alice.post(`/v1/platform-apps/${id}/verify`)
    expect(good.json).toMatchObject({ verified_at: expect.any(String), verify_error: null })
    await alice.patch(`/v1/platform-apps/${id}`, { app_secret: 'wrong' })
    expect((await alice.get(`/v1/platform-apps/${id}`)).json.verified_at).toBeNull()
    const bad = await alice.post(`/v1/platform-apps/${id}/verify`)
    expect([bad.status, bad.json]).toMatchObject([
      200,
      {
        verified_at: null,
        verify_error: { code: expect.any(String), message: expect.any(String) },
      },
    ])
    expect(bad.text).not.toContain('wrong')
  })

  test('says so where a platform has no way to tell', async () => {
    const id = await create(alice, { platform: 'mastodon', client_id: 'a' })
    const reply = await alice.post(`/v1/platform-apps/${id}/verify`)
    expect(reply.json).toMatchObject({
      code: 'platform_unsupported',
      detail: expect.stringContaining('mastodon has no way'),
    })
  })
})

describe('an app in use', () => {
  test('cannot be deleted or become another app until its accounts are gone', async () => {
    const id = await create(bob, {
      platform: 'bluesky',
      client_id: 'https://b.example/client.json',
    })
    const connectionId = await connectBluesky(api, bob)
    const { tenantId } = api.bob
    await run(
      'update connections set platform_app_id = ? where id = ?',
      [id, connectionId],
      tenantId,
    )
    const path = `/v1/platform-apps/${id}`
    const refused = await bob.delete(path)
    expect([refused.status, refused.json.code]).toEqual([409, 'platform_app_in_use'])
    const other = await bob.patch(path, { client_id: 'https://b.example/other.json' })
    expect(other.json.code).toBe('platform_app_in_use')
    expect((await bob.patch(path, { client_secret: 'new' })).status).toBe(200)
    const end = `update connections set status = 'disconnected', disconnected_at = now() where id = ?`
    await run(end, [connectionId], tenantId)
    expect((await bob.delete(path, { headers: { 'if-match': '"1"' } })).status).toBe(412)
    expect((await bob.delete(path)).status).toBe(204)
    expect((await bob.get(path)).status).toBe(404)
    const { json } = await bob.get(`/v1/connections/${connectionId}`)
    expect(json.platform_app_id).toBeNull()
  })
})

describe('a consent', () => {
  test('takes the default app of its tenant, and its account lives by it', async () => {
    const { clientId, clientSecret } = sandboxApp('x')
    const fields = { platform: 'x', name: 'own', client_id: clientId, client_secret: clientSecret }
    const id = await create(alice, { ...fields, is_default: true })
    const { handle } = await openAccount(api, 'x')
    const begun = await alice.post('/v1/connections/authorize', { platform: 'x' })
    // Another default one in between: the code is exchanged by the app it was asked with.
    const later = await create(alice, {
      platform: 'x',
      name: 'later',
      client_id: 'b',
      is_default: true,
    })
    const { reply } = await consent(api, alice, String(begun.json.authorization_url), {
      account: handle,
    })
    const connectionId = new URL(reply.headers.get('location') ?? '').searchParams.get(
      'connection_id',
    )
    const connected = await alice.get(`/v1/connections/${connectionId}`)
    expect(connected.json).toMatchObject({ platform_app_id: id, method: 'oauth2' })
    // Renewed, it stays with the app its tokens belong to.
    const again = await alice.post(`/v1/connections/${connectionId}/reconnect`, {})
    const query = (reply: typeof again) =>
      new URL(String(reply.json.authorization_url)).searchParams
    expect(query(again).get('client_id')).toBe(clientId)
    const other = await alice.post('/v1/connections/authorize', { platform: 'x' })
    expect(query(other).get('client_id')).toBe('b')
    expect((await alice.delete(`/v1/platform-apps/${later}`)).status).toBe(204)
  })

  test('takes the app it names; foreign, unfit and unknown ones are refused', async () => {
    const id = await create(alice, { platform: 'x', name: 'named', client_id: 'named-app' })
    const begin = (fields: object) =>
      alice.post('/v1/connections/authorize', { platform: 'x', platform_app_id: id, ...fields })
    const begun = await begin({})
    expect(String(begun.json.authorization_url)).toContain('client_id=named-app')
    const incomplete = await begin({ method: 'oauth1' })
    expect(incomplete.json.errors).toMatchObject([{ code: 'incomplete_app' }])
    const facebook = await begin({ platform: 'facebook' })
    expect(facebook.json.errors).toMatchObject([{ code: 'other_platform' }])
    const foreign = await bob.post('/v1/connections/authorize', {
      platform: 'x',
      platform_app_id: id,
    })
    expect(foreign.json.errors).toMatchObject([{ path: 'platform_app_id', code: 'unknown_app' }])
  })

  test('without any app names the variable that is missing', async () => {
    const reply = await bob.post('/v1/connections/authorize', { platform: 'pinterest' })
    expect(reply.json).toMatchObject({
      code: 'platform_unsupported',
      detail: expect.stringContaining('PINTEREST_CLIENT_ID'),
    })
  })
})

async function rows(
  sql: string,
  tenantId = api.alice.tenantId,
): Promise<Record<string, unknown>[]> {
  return api.db.withTenant(tenantId, (em) => em.execute(sql))
}

async function run(sql: string, values: unknown[], tenantId: string): Promise<void> {
  await api.db.withTenant(tenantId, (em) => em.execute(sql, values))
}
