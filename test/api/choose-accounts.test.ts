import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { consent, openAccount } from './support/accounts.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient, type Reply } from './support/client.ts'

const SUCCESS = 'https://app.example/connected'
const FAILURE = 'https://app.example/failed'

interface Listed {
  account_id: string
  display_name: string
  connection_id: string | null
  problem: { code: string; message: string } | null
}

let api: TestApi
let alice: Client

beforeAll(async () => {
  api = await startTestApi({ successUrl: SUCCESS, errorUrl: FAILURE })
  alice = makeClient(api.url, api.alice.key)
})
afterAll(() => api.close())

/** A person of the sandbox consents; answers where the browser lands, and the session. */
async function consentAs(
  person: string,
  fields: object = {},
  more: Record<string, string> = {},
): Promise<{ landing: URL; sessionId: string }> {
  const begun = await alice.post('/v1/connections/authorize', { platform: 'facebook', ...fields })
  expect([begun.status, begun.text]).toEqual([201, expect.any(String)])
  const url = String(begun.json.authorization_url)
  const { reply } = await consent(api, alice, url, { account: person, more })
  const landing = new URL(reply.headers.get('location') ?? 'none:')
  return { landing, sessionId: String(begun.json.session_id) }
}

async function session(id: string, client = alice): Promise<{ reply: Reply; accounts: Listed[] }> {
  const reply = await client.get(`/v1/oauth-sessions/${id}`)
  return { reply, accounts: JSON.parse(reply.text).accounts ?? [] }
}

const choose = (id: string, account_ids: string[], ask = {}) =>
  alice.post(`/v1/oauth-sessions/${id}/connect`, { account_ids }, ask)

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return api.db.withTenant(api.alice.tenantId, (em) => em.execute(sql))
}

async function sealedGrant(id: string): Promise<unknown> {
  const [row] = await rows(`select grant_ciphertext from oauth_sessions where id = '${id}'`)
  return row?.grant_ciphertext
}

describe('a consent that covers several accounts', () => {
  test('lists them, connects those that are chosen, and then forgets the grant', async () => {
    const { landing, sessionId } = await consentAs('alice')
    expect(landing.origin + landing.pathname).toBe(SUCCESS)
    expect(Object.fromEntries(landing.searchParams)).toEqual({
      session_id: sessionId,
      platform: 'facebook',
    })
    const listed = await session(sessionId)
    expect(listed.reply.json).toMatchObject({ status: 'awaiting_choice', method: 'oauth2' })
    expect(listed.accounts.length).toBe(3)
    for (const { connection_id, problem } of listed.accounts) {
      expect([connection_id, problem]).toEqual([null, null])
    }
    expect(await sealedGrant(sessionId)).toMatch(/^local:v1:/)
    const [first, second, third] = listed.accounts.map(({ account_id }) => account_id)
    if (!first || !second || !third) throw new Error('three Pages')
    const chosen = await choose(sessionId, [second, first])
    expect([chosen.status, chosen.json.data]).toMatchObject([
      200,
      [
        { platform_account_id: second, status: 'active', account_kind: 'page' },
        { platform_account_id: first, status: 'active', refresh_model: 'none' },
      ],
    ])
    expect((await session(sessionId)).reply.json.status).toBe('awaiting_choice')
    const again = await choose(sessionId, [first, third])
    expect(again.json.data).toMatchObject([{ platform_account_id: first }, {}])
    expect(JSON.parse(again.text).data[0].id).toBe(JSON.parse(chosen.text).data[1].id)
    expect(await sealedGrant(sessionId)).toBeNull()
    const done = await session(sessionId)
    expect(done.reply.json.status).toBe('used')
    expect(done.accounts.every(({ connection_id }) => connection_id !== null)).toBe(true)
    // Answered still, though the grant is gone.
    expect((await choose(sessionId, [third])).status).toBe(200)
  })

  test('gives every Page its own token and none of the person’s secrets to the API’s answers', async () => {
    const found = await rows(`select c.grantor_id, c.missing_scopes, t.kind
      from connections c join connection_tokens t on t.connection_id = c.id
      where c.platform = 'facebook' order by c.id, t.kind`)
    expect(found.length).toBeGreaterThan(3)
    for (const row of found) expect(row).toMatchObject({ grantor_id: expect.any(String) })
    const secrets = await sandboxSecrets()
    const answers = await Promise.all(
      ['/v1/connections?limit=100', '/v1/audit-log?limit=100', '/v1/platform-apps'].map((path) =>
        alice.get(path),
      ),
    )
    const tables = ['oauth_sessions', 'connections', 'connection_tokens', 'audit_log', 'outbox']
    const stored = await Promise.all(tables.map((table) => rows(`select * from ${table}`)))
    const kept = JSON.stringify([answers.map(({ text }) => text), stored, api.logs()])
    expect(secrets.filter((secret) => kept.includes(secret))).toEqual([])
  })

  test('is for who began it and for admins alone', async () => {
    const { sessionId } = await consentAs('alice')
    const { tenantId } = api.alice
    const [colleague] = await rows(`select user_id from memberships where role = 'marketing'`)
    const userId = String(colleague?.user_id)
    const key = await api.makeKey({ tenantId, userId }, ['connections:read', 'connections:write'])
    expect((await session(sessionId, makeClient(api.url, key))).reply.status).toBe(404)
    const denied = await choose(sessionId, ['1'], { key })
    expect([denied.status, denied.json.code]).toEqual([404, 'not_found'])
    const mine = await api.makeKey(api.alice, ['connections:read'])
    expect((await session(sessionId, makeClient(api.url, mine))).reply.status).toBe(200)
  })

  test('names every fault of a choice, and connects nothing then', async () => {
    const { sessionId } = await consentAs('carol')
    const { accounts } = await session(sessionId)
    const [one] = accounts.map(({ account_id }) => account_id)
    const reply = await choose(sessionId, [one ?? '', 'nobody'])
    expect(reply.json).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'account_ids[1]', code: 'unknown_account' }],
    })
    const [row] = await rows(`select connection_ids from oauth_sessions where id = '${sessionId}'`)
    expect(row?.connection_ids).toEqual([])
  })

  test('chosen by two at once makes one connection of an account', async () => {
    const { sessionId } = await consentAs('carol')
    const [one] = (await session(sessionId)).accounts.map(({ account_id }) => account_id)
    const both = await Promise.all([1, 2, 3].map(() => choose(sessionId, [one ?? ''])))
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(both.map(({ text }) => JSON.parse(text).data[0].id)).size).toBe(1)
  })

  test('is over after half an hour, and its grant is erased', async () => {
    const { sessionId } = await consentAs('alice')
    const { accounts, reply } = await session(sessionId)
    const lifeMs = Date.parse(String(reply.json.expires_at)) - Date.now()
    expect(Math.round(lifeMs / 60_000)).toBe(30)
    api.setNow(Date.parse(String(reply.json.expires_at)))
    try {
      expect((await session(sessionId)).reply.json.status).toBe('expired')
      const late = await choose(sessionId, [accounts[0]?.account_id ?? ''])
      expect([late.status, late.json.code]).toEqual([409, 'oauth_session_expired'])
      expect(await sealedGrant(sessionId)).toBeNull()
    } finally {
      api.setNow(undefined)
    }
  })
})

describe('a consent with one account that can be connected', () => {
  test('connects it at once and tells what is wrong with the others', async () => {
    const { landing, sessionId } = await consentAs('bob')
    const connectionId = landing.searchParams.get('connection_id')
    const { reply, accounts } = await session(sessionId)
    expect(reply.json.status).toBe('used')
    expect(accounts.map(({ connection_id, problem }) => [connection_id, problem?.code])).toEqual([
      [connectionId, undefined],
      [null, 'facebook_role_insufficient'],
    ])
    const other = accounts[1]?.account_id ?? ''
    const refused = await choose(sessionId, [other])
    expect(refused.json.errors).toMatchObject([
      { path: 'account_ids[0]', code: 'facebook_role_insufficient' },
    ])
  })

  test('renews the account that was asked for out of several', async () => {
    const { sessionId } = await consentAs('alice')
    const [one, two] = (await session(sessionId)).accounts
    const chosen = await choose(sessionId, [two?.account_id ?? ''])
    const id = String(JSON.parse(chosen.text).data[0].id)
    const warned = `update connections set warned_days = 7, status = 'expired' where id = ?`
    await api.db.withTenant(api.alice.tenantId, (em) => em.execute(warned, [id]))
    const { landing } = await consentAs('alice', { reconnect_connection_id: id })
    expect(landing.searchParams.get('connection_id')).toBe(id)
    const [row] = await rows(`select status, warned_days from connections where id = '${id}'`)
    expect(row).toEqual({ status: 'active', warned_days: null })
    // Without the right Page it is another account, and no other is connected instead.
    const more = { sandbox_pages: one?.account_id ?? '' }
    const wrong = await consentAs('alice', { reconnect_connection_id: id }, more)
    expect(Object.fromEntries(wrong.landing.searchParams)).toMatchObject({
      code: 'account_mismatch',
      session_id: wrong.sessionId,
    })
  })
})

describe('a consent that covers nothing to connect', () => {
  test('ends with a code, and the session has the words', async () => {
    const { landing, sessionId } = await consentAs(
      'bob',
      {},
      { sandbox_pages: await analystPage() },
    )
    expect(landing.origin + landing.pathname).toBe(FAILURE)
    expect(Object.fromEntries(landing.searchParams)).toMatchObject({
      code: 'no_connectable_account',
      reason: 'facebook_role_insufficient',
      session_id: sessionId,
    })
    expect(landing.search).not.toContain('admins')
    const { reply, accounts } = await session(sessionId)
    expect(reply.json).toMatchObject({ status: 'failed', error_code: 'no_connectable_account' })
    expect(accounts[0]?.problem?.message).toContain('admins')
    expect(await sealedGrant(sessionId)).toBeNull()
    const refused = await choose(sessionId, [accounts[0]?.account_id ?? ''])
    expect([refused.json.code, refused.json.current_status]).toEqual([
      'illegal_transition',
      'failed',
    ])
  })

  test('also when no Page was ticked at all', async () => {
    const { handle } = await openAccount(api, 'facebook')
    const { landing } = await consentAs(handle, {}, { sandbox_pages: '' })
    expect(landing.searchParams.get('code')).toBe('no_connectable_account')
  })
})

describe('a consent without a permission that is needed', () => {
  const scopes = 'pages_show_list,pages_read_engagement'

  test('connects nothing, and the session says which one is missing', async () => {
    const { landing, sessionId } = await consentAs('carol', {}, { sandbox_scopes: scopes })
    expect(landing.origin + landing.pathname).toBe(FAILURE)
    expect(Object.fromEntries(landing.searchParams)).toMatchObject({
      ...{ code: 'oauth_scope_missing', reason: 'missing_scopes', session_id: sessionId },
    })
    const { reply, accounts } = await session(sessionId)
    expect(reply.json).toMatchObject({ status: 'failed', error_code: 'oauth_scope_missing' })
    expect(accounts.length).toBeGreaterThan(1)
    expect(accounts[0]?.problem?.message).toContain('pages_manage_posts')
    expect(await sealedGrant(sessionId)).toBeNull()
  })

  test('connects what was asked for, when that was less', async () => {
    const asked = { scopes: scopes.split(',') }
    const { landing, sessionId } = await consentAs('carol', asked)
    expect(landing.searchParams.get('session_id')).toBe(sessionId)
    const { accounts } = await session(sessionId)
    const chosen = await choose(sessionId, [accounts[0]?.account_id ?? ''])
    expect(chosen.status).toBe(200)
    expect(chosen.json).toMatchObject({
      data: [{ status: 'active', missing_scopes: ['pages_manage_posts'] }],
    })
  })
})

/** The Page on which Bob may only look at figures. */
async function analystPage(): Promise<string> {
  const { sessionId } = await consentAs('bob')
  const { accounts } = await session(sessionId)
  return accounts.find(({ problem }) => problem !== null)?.account_id ?? ''
}

async function sandboxSecrets(): Promise<string[]> {
  const response = await fetch(`${api.sandboxUrl}/_sandbox/secrets`)
  return JSON.parse(await response.text()).data
}
