import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makeImage } from '../support/media-files.ts'
import { connectBluesky, connectX } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'
import { uploadFile } from './support/upload.ts'

interface Described {
  id: string
  method: string
  path: string
  scopes: string[] | undefined
}

let api: TestApi
let alice: Client
let operations: Described[]
const ids: Record<string, string> = {}

beforeAll(async () => {
  api = await startTestApi()
  alice = makeClient(api.url, api.alice.key)
  operations = await describedOperations()
  ids.connections = await connectBluesky(api, alice)
  const targets = [{ connection_id: ids.connections }]
  ids.posts = String((await alice.post('/v1/posts', { content: 'x', targets })).json.id)
  const session = await alice.post('/v1/connections/authorize', { platform: 'x' })
  ids['oauth-sessions'] = String(session.json.session_id)
  await connectX(api, alice)
  const app = { platform: 'facebook', app_id: 'taken' }
  const picture = await makeImage({ width: 8, height: 8 })
  ids.media = String((await uploadFile(api.url, api.alice.key, picture.path)).json.id)
  ids['platform-apps'] = String((await alice.post('/v1/platform-apps', app)).json.id)
})
afterAll(() => api.close())

/** Bodies for operations that refuse an empty one. */
const BODIES: Readonly<Record<string, unknown>> = {
  resolvePost: { target_id: crypto.randomUUID(), as: 'not_published' },
  connectAccounts: { account_ids: ['1'] },
  schedulePost: { scheduled_at: '2099-01-01T00:00:00Z' },
  changePost: { content: 'taken over' },
  changeConnection: { notes: 'taken over' },
  changePlatformApp: { name: 'taken over' },
}

const PUBLIC = [
  'getBlueskyClientMetadata',
  'getBlueskyJwks',
  'getErrorReference',
  'getHealth',
  'getMetrics',
  'getOpenApi',
  'getReadiness',
  'getReference',
  'oauthCallback',
]

describe('every operation', () => {
  test('is protected unless it is on this list', () => {
    const open = operations.filter(({ scopes }) => scopes === undefined).map(({ id }) => id)
    expect(open.sort()).toEqual(PUBLIC)
    expect(operations.length).toBeGreaterThan(35)
  })

  test('answers 401 without a key, with a foreign scheme and with a wrong key', async () => {
    for (const { method, path, scopes } of operations) {
      if (scopes === undefined) continue
      for (const authorization of ['', 'Basic YTpi', `Bearer clr_${'x'.repeat(43)}`, 'Bearer ']) {
        const headers: Record<string, string> = authorization === '' ? {} : { authorization }
        const reply = await alice.send(method, fill(path), { key: '', headers })
        expect([path, reply.status, reply.json.code]).toEqual([path, 401, 'unauthenticated'])
        expect(reply.headers.get('www-authenticate')).toContain('Bearer')
      }
    }
  })

  test('answers 403 to a key without its scope, before it looks at the request', async () => {
    const all = [
      'posts:read',
      'posts:write',
      'posts:approve',
      'media:read',
      'media:write',
      'connections:read',
      'connections:write',
      'platform_apps:read',
      'platform_apps:write',
      'audit:read',
    ]
    for (const { method, path, scopes, id } of operations) {
      const [needed] = scopes ?? []
      if (needed === undefined) continue
      const others = await api.makeKey(
        api.alice,
        all.filter((scope) => scope !== needed),
      )
      const reply = await alice.send(method, fill(path), { key: others, body: bodyOf(method) })
      expect([id, reply.status, reply.json.code]).toEqual([id, 403, 'insufficient_scope'])
      expect(reply.json.detail).toContain(needed)
    }
  })

  test('is blind to other tenants', async () => {
    const bob = makeClient(api.url, api.bob.key)
    let tried = 0
    for (const { id, method, path } of operations) {
      if (!path.includes('{id}')) continue
      const body = method === 'GET' || method === 'DELETE' ? undefined : (BODIES[id] ?? {})
      const reply = await bob.send(method, fill(path), { body })
      expect([id, reply.status, reply.json.code]).toEqual([id, 404, 'not_found'])
      tried++
    }
    expect(tried).toBeGreaterThan(20)
    expect((await bob.get('/v1/posts')).json.data).toEqual([])
    expect((await bob.get('/v1/connections')).json.data).toEqual([])
    expect((await bob.get('/v1/platform-apps')).json.data).toEqual([])
    expect((await bob.get(`/v1/audit-log?actor_id=${api.alice.userId}`)).json.data).toEqual([])
    expect((await alice.get(`/v1/posts/${ids.posts}`)).json.content).toBe('x')
  })

  test('refuses a revoked and an expired key', async () => {
    const key = await api.makeKey(api.alice, ['admin'])
    expect((await alice.get('/v1/me', { key })).status).toBe(200)
    const revoke = 'update api_keys set revoked_at = now() where prefix = ?'
    const { tenantId } = api.alice
    await api.db.withTenant(tenantId, (em) => em.execute(revoke, [key.slice(0, 12)]))
    expect((await alice.get('/v1/me', { key })).status).toBe(401)
    const old = await api.makeKey(api.alice, ['admin'])
    const expire = `update api_keys set expires_at = now() - interval '1 second' where prefix = ?`
    await api.db.withTenant(tenantId, (em) => em.execute(expire, [old.slice(0, 12)]))
    expect((await alice.get('/v1/me', { key: old })).status).toBe(401)
  })

  test('a key reaches no further than the role of its user', async () => {
    const { tenantId } = api.alice
    const find = `select user_id as id from memberships where role = 'staff' limit 1`
    const [row] = await api.db.withTenant(tenantId, (em) => em.execute<{ id: string }[]>(find))
    const key = await api.makeKey({ tenantId, userId: row?.id ?? '' }, ['admin'])
    const me = await alice.get('/v1/me', { key })
    expect(me.json).toMatchObject({
      user: { role: 'staff' },
      api_key: { scopes: ['posts:read', 'media:read', 'connections:read'] },
    })
    expect((await alice.post('/v1/posts', {}, { key })).status).toBe(403)
    expect((await alice.get('/v1/posts', { key })).status).toBe(200)
  })

  test('a refused access is in the audit log', async () => {
    const key = await api.makeKey(api.alice, ['posts:read'])
    await alice.post('/v1/posts', {}, { key })
    const sql = `select resource_id from audit_log where action = 'access.refused' order by at desc`
    const rows = await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
    expect(rows).toContainEqual({ resource_id: 'createPost' })
  })
})

function bodyOf(method: string): unknown {
  return method === 'GET' || method === 'DELETE' ? undefined : {}
}

function fill(path: string): string {
  const resource = path.split('/')[2] ?? ''
  return path.replace('{id}', ids[resource] ?? crypto.randomUUID()).replace('{platform}', 'x')
}

async function describedOperations(): Promise<Described[]> {
  const { text } = await alice.get('/openapi.json')
  const document: {
    paths: Record<string, Record<string, { operationId: string; security: { apiKey: string[] }[] }>>
  } = JSON.parse(text)
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      scopes: security[0]?.apiKey,
    })),
  )
}
