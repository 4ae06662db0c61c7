import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { consent, openAccount } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient, type Reply } from './support/client.ts'

const SUCCESS = 'https://app.example/connected'
const FAILURE = 'https://app.example/failed'

let api: TestApi
let alice: Client

beforeAll(async () => {
  api = await startTestApi({ successUrl: SUCCESS, errorUrl: FAILURE })
  alice = makeClient(api.url, api.alice.key)
})
afterAll(() => api.close())

const begin = (fields: object) => alice.post('/v1/connections/authorize', fields)

function landing(reply: Reply): URL {
  return new URL(reply.headers.get('location') ?? 'none:')
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
}

/** Through the consent page of X's OAuth 1.0a; answers the callback's reply. */
async function consentOauth1(handle: string, decision: 'allow' | 'deny' = 'allow') {
  const begun = await begin({ platform: 'x', method: 'oauth1' })
  expect([begun.status, begun.text]).toEqual([201, expect.any(String)])
  const url = String(begun.json.authorization_url)
  const choice = { account: handle, decision }
  return { ...(await consent(api, alice, url, choice)), sessionId: String(begun.json.session_id) }
}

describe('a method', () => {
  test('that is unknown, or fits not, is refused with those that do', async () => {
    const unknown = await begin({ platform: 'x', method: 'oauth3' })
    expect(unknown.json.errors).toMatchObject([
      { path: 'method', code: 'unknown_method', message: 'x is connected by: oauth2, oauth1.' },
    ])
    const page = await alice.post('/v1/connections', {
      platform: 'x',
      method: 'oauth2',
      credentials: {},
    })
    expect(page.json).toMatchObject({
      code: 'platform_unsupported',
      detail: expect.stringContaining('Methods that do: oauth1.'),
    })
    const elsewhere = await begin({ platform: 'x', instance_url: 'https://x.example' })
    expect(elsewhere.json.errors).toMatchObject([{ path: 'instance_url', code: 'not_taken' }])
  })

  test('is listed with its platform', async () => {
    const { json } = await alice.get('/v1/platforms/x')
    expect(json).toMatchObject({
      connect: ['oauth', 'credentials'],
      methods: [
        { method: 'oauth2', refresh_model: 'rotating', connect: ['oauth'] },
        { method: 'oauth1', refresh_model: 'none', connect: ['oauth', 'credentials'] },
      ],
    })
  })
})

describe('X by OAuth 1.0a', () => {
  test('is recognised by its request token, and its secrets are sealed', async () => {
    const { handle, account_id } = await openAccount(api, 'x')
    const begun = await begin({ platform: 'x', method: 'oauth1' })
    const url = String(begun.json.authorization_url)
    const token = new URL(url).searchParams.get('oauth_token') ?? ''
    const [row] = await rows(`select * from oauth_sessions where id = '${begun.json.session_id}'`)
    expect(row?.secrets_ciphertext).toMatch(/^local:v1:/)
    expect(row?.key_version).toBe(1)
    expect(JSON.stringify(row)).not.toContain(token)
    const { reply } = await consent(api, alice, url, { account: handle })
    const id = landing(reply).searchParams.get('connection_id')
    const { json } = await alice.get(`/v1/connections/${id}`)
    expect(json).toMatchObject({
      ...{ method: 'oauth1', refresh_model: 'none', platform_account_id: account_id },
      ...{ status: 'active', token_type: 'oauth1', missing_scopes: [], platform_app_id: null },
      allowed_actions: expect.not.arrayContaining(['refresh']),
    })
    const kinds = await rows(`select kind from connection_tokens where connection_id = '${id}'
      order by kind`)
    expect(kinds.map(({ kind }) => kind)).toEqual([
      ...['access', 'api_key', 'api_secret', 'token_secret'],
    ])
    const [after] = await rows(`select * from oauth_sessions where id = '${begun.json.session_id}'`)
    expect([after?.secrets_ciphertext, after?.code_verifier_ciphertext]).toEqual([null, null])
  })

  test('works without a state too, and once', async () => {
    const { handle } = await openAccount(api, 'x')
    const begun = await begin({ platform: 'x', method: 'oauth1' })
    const chosen = new URL(String(begun.json.authorization_url))
    chosen.searchParams.set('sandbox_account', handle)
    chosen.searchParams.set('sandbox_decision', 'allow')
    const page = await fetch(chosen, { redirect: 'manual' })
    const back = new URL(page.headers.get('location') ?? '')
    back.searchParams.delete('state')
    const callback = `${back.pathname}${back.search}`
    const reply = await alice.get(callback, { key: '' })
    expect(landing(reply).searchParams.has('connection_id')).toBe(true)
    const again = await alice.get(callback, { key: '' })
    expect(landing(again).searchParams.get('code')).toBe('oauth_state_invalid')
  })

  test('a forged state beside a good request token is refused and spends the session', async () => {
    const { handle } = await openAccount(api, 'x')
    const begun = await begin({ platform: 'x', method: 'oauth1' })
    const chosen = new URL(String(begun.json.authorization_url))
    chosen.searchParams.set('sandbox_account', handle)
    chosen.searchParams.set('sandbox_decision', 'allow')
    const page = await fetch(chosen, { redirect: 'manual' })
    const back = new URL(page.headers.get('location') ?? '')
    back.searchParams.set('state', 'forged')
    const reply = await alice.get(`${back.pathname}${back.search}`, { key: '' })
    expect(landing(reply).searchParams.get('code')).toBe('oauth_failed')
    const session = await alice.get(`/v1/oauth-sessions/${begun.json.session_id}`)
    expect(session.json).toMatchObject({ status: 'failed', error_code: 'oauth_failed' })
  })

  test('that a person refuses comes back as denied', async () => {
    const { handle } = await openAccount(api, 'x')
    const { reply, sessionId, callback } = await consentOauth1(handle, 'deny')
    expect(callback).toContain('denied=')
    expect(landing(reply).searchParams.get('code')).toBe('oauth_denied')
    const session = await alice.get(`/v1/oauth-sessions/${sessionId}`)
    expect(session.json).toMatchObject({ status: 'failed', error_code: 'oauth_denied' })
  })

  test('takes over a connection of OAuth 2 and gives it back, with the tokens of one alone', async () => {
    const { handle } = await openAccount(api, 'x')
    const oauth2 = async () => {
      const begun = await begin({ platform: 'x' })
      const { reply } = await consent(api, alice, String(begun.json.authorization_url), {
        account: handle,
      })
      return landing(reply).searchParams.get('connection_id')
    }
    const id = await oauth2()
    const set = `update connections set warned_days = 1, refresh_expires_at = now() where id = '${id}'`
    await rows(set)
    const { reply } = await consentOauth1(handle)
    expect(landing(reply).searchParams.get('connection_id')).toBe(id)
    const kinds = () =>
      rows(`select kind from connection_tokens where connection_id = '${id}' order by kind`)
    expect(await kinds()).not.toContainEqual({ kind: 'refresh' })
    const { json } = await alice.get(`/v1/connections/${id}`)
    expect(json).toMatchObject({ method: 'oauth1', refresh_expires_at: null, expires_at: null })
    expect(json).not.toHaveProperty('warned_days')
    expect(await rows(`select warned_days from connections where id = '${id}'`)).toEqual([
      { warned_days: null },
    ])
    // Renewing it takes the way it was connected by last.
    const again = await alice.post(`/v1/connections/${id}/reconnect`, {})
    expect(String(again.json.authorization_url)).toContain('oauth_token=')
    expect(await oauth2()).toBe(id)
    expect(await kinds()).toEqual([{ kind: 'access' }, { kind: 'refresh' }])
  })

  test('by credentials; none of them is answered or kept in the clear', async () => {
    const { handle } = await openAccount(api, 'x')
    const credentials = await xCredentials(handle)
    const body = { platform: 'x', credentials }
    const reply = await alice.post('/v1/connections', body, {
      headers: { 'idempotency-key': 'x1' },
    })
    expect([reply.status, reply.json]).toMatchObject([
      201,
      { method: 'oauth1', status: 'active', account_handle: handle },
    ])
    const tables = ['connections', 'connection_tokens', 'idempotency_keys', 'audit_log']
    const stored = await Promise.all(tables.map((table) => rows(`select * from ${table}`)))
    const kept = JSON.stringify([reply.text, stored, api.logs()])
    for (const secret of Object.values(credentials)) expect(kept).not.toContain(secret)
    const wrong = { ...credentials, access_token_secret: 'sbx_secret_wrong' }
    const refused = await alice.post('/v1/connections', { platform: 'x', credentials: wrong })
    expect([refused.status, refused.json.code]).toEqual([422, 'credentials_refused'])
    expect(refused.text).not.toContain('sbx_secret')
  })
})

describe('LinkedIn’s way of saying no', () => {
  test.each(['user_cancelled_login', 'user_cancelled_authorize', 'access_denied'])(
    '%s is denied',
    async (error) => {
      const begun = await begin({ platform: 'x' })
      const state = new URL(String(begun.json.authorization_url)).searchParams.get('state')
      const reply = await alice.get(`/oauth/callback/x?error=${error}&state=${state}`, { key: '' })
      expect(landing(reply).searchParams.get('code')).toBe('oauth_denied')
    },
  )
})

describe('what Bluesky’s servers read', () => {
  test('tells of a public client, at the address that is its id', async () => {
    const publicUrl = 'https://clarion.example'
    const open = await startTestApi({ publicUrl })
    try {
      const client = makeClient(open.url, open.alice.key)
      const { json } = await client.get('/oauth/bluesky/client-metadata.json', { key: '' })
      expect(json).toMatchObject({
        client_id: `${publicUrl}/oauth/bluesky/client-metadata.json`,
        redirect_uris: [`${open.url}/oauth/callback/bluesky`],
        ...{ dpop_bound_access_tokens: true, token_endpoint_auth_method: 'none' },
      })
      const keys = await client.get('/oauth/bluesky/jwks.json', { key: '' })
      expect([keys.status, keys.json.code]).toEqual([404, 'not_found'])
    } finally {
      await open.close()
    }
  })

  test('has the public half of a configured key, and no more of it', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k1' }
    const clientId = 'https://clarion.example/oauth/bluesky/client-metadata.json'
    const apps = { bluesky: { clientId, clientSecret: JSON.stringify(jwk) } }
    const closed = await startTestApi({ publicUrl: 'https://clarion.example', apps })
    try {
      const client = makeClient(closed.url, closed.alice.key)
      const { json, text } = await client.get('/oauth/bluesky/jwks.json', { key: '' })
      const { x, y } = jwk
      expect(json).toEqual({
        keys: [{ kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid: 'k1' }],
      })
      expect(text).not.toContain(String(jwk.d))
      const metadata = await client.get('/oauth/bluesky/client-metadata.json', { key: '' })
      expect(metadata.json).toMatchObject({
        client_id: clientId,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'https://clarion.example/oauth/bluesky/jwks.json',
      })
    } finally {
      await closed.close()
    }
  })
})

/** What a person would copy from X's portal: the sandbox's app and a token of the account. */
async function xCredentials(handle: string): Promise<Record<string, string>> {
  const { reply } = await consentOauth1(handle)
  const id = landing(reply).searchParams.get('connection_id')
  const kinds = ['access', 'token_secret', 'api_key', 'api_secret']
  const found = await rows(`select kind, ciphertext from connection_tokens
    where connection_id = '${id}'`)
  const context = (field: string) => ({
    ...{ tenantId: api.alice.tenantId, connectionId: String(id), field },
  })
  const items = kinds.map((kind) => ({
    ciphertext: String(found.find((row) => row.kind === kind)?.ciphertext),
    context: context(kind),
  }))
  const [access = '', token = '', key = '', secret = ''] = await api.cipher.decrypt(items)
  return { access_token: access, access_token_secret: token, api_key: key, api_secret: secret }
}
