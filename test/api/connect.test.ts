import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectBluesky, connectX, consent, openAccount } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

const SUCCESS = 'https://app.example/connected'
const FAILURE = 'https://app.example/failed'

let api: TestApi
let alice: Client

beforeAll(async () => {
  api = await startTestApi({ successUrl: SUCCESS, errorUrl: FAILURE })
  alice = makeClient(api.url, api.alice.key)
})
afterAll(() => api.close())

async function begin(fields: object = { platform: 'x' }) {
  const reply = await alice.post('/v1/connections/authorize', fields)
  expect(reply.text && reply.status).toBe(201)
  return { url: String(reply.json.authorization_url), sessionId: String(reply.json.session_id) }
}

function landing(reply: { headers: Headers }): URL {
  return new URL(reply.headers.get('location') ?? 'none:')
}

describe('connecting by consent', () => {
  test('X: the account is connected, its session names it, and its tokens are ciphertext', async () => {
    const { handle, account_id } = await openAccount(api, 'x')
    const { url, sessionId } = await begin()
    expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256')
    const { reply } = await consent(api, alice, url, { account: handle })
    expect(reply.status).toBe(302)
    const target = landing(reply)
    expect(target.origin + target.pathname).toBe(SUCCESS)
    const id = target.searchParams.get('connection_id')
    const connection = await alice.get(`/v1/connections/${id}`)
    expect(connection.json).toMatchObject({
      platform: 'x',
      status: 'active',
      platform_account_id: account_id,
      account_handle: handle,
      is_authenticated: true,
      is_default: true,
      missing_scopes: [],
      user_id: api.alice.userId,
      refresh_failures: 0,
    })
    const session = await alice.get(`/v1/oauth-sessions/${sessionId}`)
    expect(session.json).toMatchObject({
      status: 'used',
      accounts: [{ account_id, connection_id: id }],
    })
    const chosen = await alice.post(`/v1/oauth-sessions/${sessionId}/connect`, {
      account_ids: [account_id],
    })
    expect(chosen.json.data).toMatchObject([{ id }])
    const tokens = await rows(`select kind, ciphertext from connection_tokens
      where connection_id = '${id}' order by kind`)
    expect(tokens).toMatchObject([{ kind: 'access' }, { kind: 'refresh' }])
    for (const { ciphertext } of tokens) expect(ciphertext).toMatch(/^local:v1:/)
    const outbox = await rows(`select kind from outbox where aggregate_id = '${id}'`)
    expect(outbox).toEqual([{ kind: 'connection_start' }])
  })

  test('Mastodon: Clarion registers at the instance once', async () => {
    const first = await openAccount(api, 'mastodon')
    const fields = { platform: 'mastodon', instance_url: api.sandboxUrl }
    const begun = await begin(fields)
    const { reply } = await consent(api, alice, begun.url, { account: first.handle })
    const id = landing(reply).searchParams.get('connection_id')
    const connection = await alice.get(`/v1/connections/${id}`)
    expect(connection.json).toMatchObject({ platform: 'mastodon', service_url: api.sandboxUrl })
    const second = await openAccount(api, 'mastodon')
    const again = await begin({ ...fields, instance_url: `${api.sandboxUrl}/` })
    await consent(api, alice, again.url, { account: second.handle })
    const apps = await rows('select client_secret_ciphertext as secret from app_registrations')
    expect(apps).toHaveLength(1)
    expect(apps[0]?.secret).toMatch(/^local:v1:/)
  })

  test('redirect_after wins, on our own origin only', async () => {
    const { handle } = await openAccount(api, 'x')
    const { url } = await begin({ platform: 'x', redirect_after: '/accounts?tab=x' })
    const { reply } = await consent(api, alice, url, { account: handle })
    expect(landing(reply).href).toContain('https://app.example/accounts?tab=x&connection_id=')
    for (const foreign of [
      'https://evil.example/',
      '//evil.example',
      'https://app.example@evil.example/',
    ]) {
      const refused = await alice.post('/v1/connections/authorize', {
        platform: 'x',
        redirect_after: foreign,
      })
      expect(refused.json).toMatchObject({
        code: 'validation_failed',
        errors: [{ path: 'redirect_after' }],
      })
    }
  })

  test('the same account again keeps its id, also after it was disconnected', async () => {
    const { handle } = await openAccount(api, 'x')
    const first = await consent(api, alice, (await begin()).url, { account: handle })
    const id = landing(first.reply).searchParams.get('connection_id')
    const sql = `update connections set status = 'disconnected', disconnected_at = now() where id = ?`
    await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, [id]))
    const second = await consent(api, alice, (await begin()).url, { account: handle })
    expect(landing(second.reply).searchParams.get('connection_id')).toBe(id)
    const connection = await alice.get(`/v1/connections/${id}`)
    expect(connection.json).toMatchObject({ status: 'active', revision: 2 })
    const events = await alice.get(`/v1/connections/${id}/events`)
    expect(events.json.data).toMatchObject([{ type: 'connected' }, { type: 'reconnected' }])
  })

  test('reconnecting with another account is refused and changes nothing', async () => {
    const mine = await openAccount(api, 'x')
    const other = await openAccount(api, 'x')
    const first = await consent(api, alice, (await begin()).url, { account: mine.handle })
    const id = landing(first.reply).searchParams.get('connection_id')
    const again = await alice.post(`/v1/connections/${id}/reconnect`, {})
    const url = String(again.json.authorization_url)
    const wrong = await consent(api, alice, url, { account: other.handle })
    expect(landing(wrong.reply).searchParams.get('code')).toBe('account_mismatch')
    const right = await alice.post(`/v1/connections/${id}/reconnect`, {})
    const done = await consent(api, alice, String(right.json.authorization_url), {
      account: mine.handle,
    })
    expect(landing(done.reply).searchParams.get('connection_id')).toBe(id)
  })
})

describe('a state', () => {
  const code = (reply: { headers: Headers }) => landing(reply).searchParams.get('code')

  test('that was used is refused, and the second callback changes nothing', async () => {
    const { handle } = await openAccount(api, 'x')
    const { url } = await begin()
    const { callback, reply } = await consent(api, alice, url, { account: handle })
    expect(landing(reply).searchParams.has('connection_id')).toBe(true)
    const again = await alice.get(callback, { key: '' })
    expect(code(again)).toBe('oauth_state_invalid')
  })

  test('of which two callbacks arrive at once lets one through', async () => {
    const { handle } = await openAccount(api, 'x')
    const { url } = await begin()
    const chosen = new URL(url)
    chosen.searchParams.set('sandbox_account', handle)
    chosen.searchParams.set('sandbox_decision', 'allow')
    const page = await fetch(chosen, { redirect: 'manual' })
    const callback = (page.headers.get('location') ?? '').replace(api.url, '')
    const both = await Promise.all([1, 2, 3].map(() => alice.get(callback, { key: '' })))
    expect(both.map(code).sort()).toEqual(
      [null, 'oauth_state_invalid', 'oauth_state_invalid'].sort(),
    )
  })

  test('that is forged, missing, or of another platform is refused', async () => {
    const twice = new URL((await begin()).url).searchParams.get('state')
    const forged = ['state=forged&code=x', 'code=x', '', `state=${'a'.repeat(43)}`]
    for (const query of [...forged, `state=${twice}&state=${twice}&code=x`]) {
      expect(code(await alice.get(`/oauth/callback/x?${query}`, { key: '' }))).toBe(
        'oauth_state_invalid',
      )
    }
    const state = new URL((await begin()).url).searchParams.get('state')
    const elsewhere = await alice.get(`/oauth/callback/mastodon?state=${state}&code=x`, { key: '' })
    expect(code(elsewhere)).toBe('oauth_state_invalid')
  })

  test('that has expired is refused', async () => {
    const { handle } = await openAccount(api, 'x')
    const { url, sessionId } = await begin()
    const sql = `update oauth_sessions set expires_at = now() - interval '1 second' where id = ?`
    await api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql, [sessionId]))
    const { reply } = await consent(api, alice, url, { account: handle })
    expect(code(reply)).toBe('oauth_state_invalid')
    expect((await alice.get(`/v1/oauth-sessions/${sessionId}`)).json.status).toBe('expired')
  })

  test('whose consent was denied or whose code is bad is spent, and the session says why', async () => {
    const { handle } = await openAccount(api, 'x')
    const denied = await begin()
    const no = await consent(api, alice, denied.url, { account: handle, decision: 'deny' })
    expect(code(no.reply)).toBe('oauth_denied')
    const session = await alice.get(`/v1/oauth-sessions/${denied.sessionId}`)
    expect(session.json).toMatchObject({
      status: 'failed',
      error_code: 'oauth_denied',
      accounts: [],
    })
    const bad = await begin()
    const state = new URL(bad.url).searchParams.get('state')
    const reply = await alice.get(`/oauth/callback/x?state=${state}&code=wrong`, { key: '' })
    expect(code(reply)).toBe('oauth_failed')
    expect(
      (await alice.get(`/oauth/callback/x?state=${state}&code=wrong`, { key: '' })).status,
    ).toBe(302)
  })

  test('is stored hashed, its verifier encrypted', async () => {
    const { url, sessionId } = await begin()
    const state = new URL(url).searchParams.get('state') ?? ''
    const [row] = await rows(`select * from oauth_sessions where id = '${sessionId}'`)
    expect(row?.state_hash).toBe(createHash('sha256').update(state).digest('hex'))
    expect(row?.code_verifier_ciphertext).toMatch(/^local:v1:/)
    expect(JSON.stringify(row)).not.toContain(state)
  })
})

describe('connecting by credentials', () => {
  test('Bluesky by app password; the same account again keeps its id and label', async () => {
    const { credentials } = await openAccount(api, 'bluesky')
    const { identifier, app_password } = credentials
    const body = {
      platform: 'bluesky',
      name: 'Main',
      credentials: { identifier, app_password, service_url: api.sandboxUrl },
    }
    const first = await alice.post('/v1/connections', body)
    expect(first.json).toMatchObject({ status: 'active', name: 'Main', account_handle: identifier })
    expect(first.text).not.toContain(app_password)
    const { name, ...unnamed } = body
    const again = await alice.post('/v1/connections', unnamed)
    expect(again.json).toMatchObject({ id: first.json.id, name })
  })

  test('wrong, missing and unknown credentials are told apart', async () => {
    const { credentials } = await openAccount(api, 'bluesky')
    const { identifier } = credentials
    const post = (fields: object) =>
      alice.post('/v1/connections', { platform: 'bluesky', credentials: fields })
    const wrong = { identifier, app_password: 'aaaa-bbbb-cccc-dddd', service_url: api.sandboxUrl }
    const refused = await post(wrong)
    expect([refused.status, refused.json.code]).toEqual([422, 'credentials_refused'])
    const missing = await post({ identifier, app_passwort: 'x' })
    expect(missing.json.errors).toMatchObject([
      { path: 'credentials.app_password', code: 'required' },
      { path: 'credentials.app_passwort', code: 'unknown_field' },
    ])
    const unsupported = await alice.post('/v1/connections', {
      platform: 'facebook',
      credentials: {},
    })
    expect(unsupported.json.code).toBe('platform_unsupported')
  })

  test.each([
    'http://169.254.169.254',
    'http://127.0.0.1:1',
    'https://10.0.0.1',
    'ftp://a.example',
  ])('the host %s is never contacted', async (host) => {
    const reply = await alice.post('/v1/connections', {
      platform: 'mastodon',
      credentials: { instance_url: host, access_token: 'x' },
    })
    expect([reply.status, reply.json.code]).toEqual([422, 'instance_refused'])
  })

  test('an instance has to be named, and an app password has no consent page', async () => {
    const unnamed = await alice.post('/v1/connections/authorize', { platform: 'mastodon' })
    expect(unnamed.json).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'instance_url' }],
    })
    const bluesky = await alice.post('/v1/connections/authorize', {
      platform: 'bluesky',
      method: 'app_password',
    })
    expect(bluesky.json).toMatchObject({
      code: 'platform_unsupported',
      detail: expect.stringContaining('Methods that do: oauth2.'),
    })
  })
})

describe('a connection', () => {
  test('is changed under If-Match, and its switch is not its login', async () => {
    const id = await connectBluesky(api, alice)
    const fields = { name: 'n', notes: 'm', is_active: false, sync_frequency_minutes: 15 }
    const changed = await alice.patch(`/v1/connections/${id}`, fields, {
      headers: { 'if-match': '"1"' },
    })
    expect(changed.json).toMatchObject({ ...fields, status: 'active', revision: 2 })
    const stale = await alice.patch(`/v1/connections/${id}`, fields, {
      headers: { 'if-match': '"1"' },
    })
    expect(stale.status).toBe(412)
    const often = await alice.patch(`/v1/connections/${id}`, { sync_frequency_minutes: 14 })
    expect(often.json.errors).toMatchObject([{ path: 'sync_frequency_minutes' }])
  })

  test('lists by platform, status and switch', async () => {
    const bob = makeClient(api.url, api.bob.key)
    const off = await connectBluesky(api, bob)
    await bob.patch(`/v1/connections/${off}`, { is_active: false })
    await connectBluesky(api, bob)
    const count = async (query: string) =>
      JSON.parse((await bob.get(`/v1/connections?${query}`)).text).data.length
    expect(await count('')).toBe(2)
    expect(await count('is_active=true')).toBe(1)
    expect(await count('platform=twitter')).toBe(0)
    expect(await count('status=active&limit=1')).toBe(1)
  })
})

test('no secret is in an answer, a log line or a row', async () => {
  await connectBluesky(api, alice)
  const response = await fetch(`${api.sandboxUrl}/_sandbox/secrets`)
  const secrets: string[] = JSON.parse(await response.text()).data
  expect(secrets.length).toBeGreaterThan(20)
  const answers = await Promise.all(
    ['/v1/connections?limit=100', '/v1/me', '/v1/platforms', '/metrics'].map((path) =>
      alice.get(path),
    ),
  )
  const tables = ['connections', 'connection_tokens', 'oauth_sessions', 'app_registrations']
  const kept = ['audit_log', 'idempotency_keys', 'connection_events', 'outbox']
  const stored = await Promise.all(
    [...tables, ...kept].map((table) => rows(`select * from ${table}`)),
  )
  const haystack = [...answers.map(({ text }) => text), JSON.stringify(stored), api.logs()].join(
    '\n',
  )
  expect(secrets.filter((secret) => haystack.includes(secret))).toEqual([])
  expect(haystack).not.toContain(api.alice.key)
})

async function rows(sql: string): Promise<Record<string, string>[]> {
  return api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
}

test('without addresses to go to, a page says how it ended', async () => {
  const bare = await startTestApi()
  try {
    const client = makeClient(bare.url, bare.alice.key)
    expect(await connectX(bare, client)).toMatch(/^[0-9a-f-]{36}$/)
    const failed = await client.get('/oauth/callback/x?state=%3Cscript%3E', { key: '' })
    expect([failed.status, failed.headers.get('content-type')]).toEqual([
      400,
      'text/html; charset=utf-8',
    ])
    expect(failed.text).toContain('oauth_state_invalid')
    expect(failed.text).not.toContain('<script>')
  } finally {
    await bare.close()
  }
})
