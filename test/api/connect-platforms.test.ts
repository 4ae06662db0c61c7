import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import { consent, openAccount } from './support/accounts.ts'
import { sandboxApp, startTestApi, type TestApi } from './support/api.ts'
import { type Client, makeClient } from './support/client.ts'

let api: TestApi
let alice: Client

beforeAll(async () => {
  const federated: readonly Platform[] = ['mastodon', 'bluesky']
  const named = PLATFORMS.filter((platform) => !federated.includes(platform))
  const apps = Object.fromEntries(named.map((platform) => [platform, sandboxApp(platform)]))
  const oauth1 = { clientId: 'sandbox-x-api-key', clientSecret: 'sbx_secret_x_api_secret' }
  api = await startTestApi({
    apps: { ...apps, x_oauth1: oauth1 },
    successUrl: 'https://app.example/ok',
    errorUrl: 'https://app.example/no',
  })
  alice = makeClient(api.url, api.alice.key)
})
afterAll(() => api.close())

/** From the consent page to the connections that it leads to, all of its accounts chosen. */
async function connect(platform: Platform, method: string): Promise<string[]> {
  // People log in at Facebook to reach the Instagram accounts of their Pages.
  const login = method === 'facebook_login' ? 'facebook' : platform
  const { handle } = await openAccount(api, login)
  const isFederated = platform === 'mastodon' || platform === 'bluesky'
  const instance = isFederated ? { instance_url: api.sandboxUrl } : {}
  const begun = await alice.post('/v1/connections/authorize', { platform, method, ...instance })
  expect([begun.status, begun.text]).toEqual([201, expect.any(String)])
  const url = String(begun.json.authorization_url)
  const { reply } = await consent(api, alice, url, { account: handle })
  const landing = new URL(reply.headers.get('location') ?? 'none:')
  expect(landing.href).toContain('https://app.example/ok')
  const connectionId = landing.searchParams.get('connection_id')
  if (connectionId !== null) return [connectionId]
  return chooseAll(landing.searchParams.get('session_id') ?? '')
}

async function chooseAll(sessionId: string): Promise<string[]> {
  const { text } = await alice.get(`/v1/oauth-sessions/${sessionId}`)
  const accounts: { account_id: string; problem: unknown }[] = JSON.parse(text).accounts
  const account_ids = accounts
    .filter(({ problem }) => problem === null)
    .map(({ account_id }) => account_id)
  const chosen = await alice.post(`/v1/oauth-sessions/${sessionId}/connect`, { account_ids })
  expect([chosen.status, chosen.text]).toEqual([200, expect.any(String)])
  const data: { id: string }[] = JSON.parse(chosen.text).data
  return data.map(({ id }) => id)
}

describe('every platform', () => {
  test.each([
    ['x', 'oauth2', 'rotating'],
    ['x', 'oauth1', 'none'],
    ['mastodon', 'oauth2', 'none'],
    ['bluesky', 'oauth2', 'rotating'],
    ['facebook', 'oauth2', 'none'],
    ['instagram', 'facebook_login', 'extension'],
    ['instagram', 'instagram_login', 'extension'],
    ['threads', 'oauth2', 'extension'],
    ['linkedin', 'oauth2', 'reusable'],
    ['tiktok', 'oauth2', 'rotating'],
    ['youtube', 'oauth2', 'reusable'],
    ['google_business', 'oauth2', 'reusable'],
    ['pinterest', 'oauth2', 'rotating'],
    ['reddit', 'oauth2', 'reusable'],
  ] as const)('%s is connected by %s', async (platform, method, refreshModel) => {
    const ids = await connect(platform, method)
    expect(ids.length).toBeGreaterThan(0)
    for (const id of ids) {
      const { json } = await alice.get(`/v1/connections/${id}`)
      expect(json).toMatchObject({
        ...{ platform, method, refresh_model: refreshModel, status: 'active' },
        ...{ missing_scopes: [], is_authenticated: true, account_handle: expect.any(String) },
      })
      // What expires is planned to be renewed, unless nothing can renew it.
      const isPlanned = json.next_refresh_at !== null
      expect([platform, isPlanned]).toEqual([
        platform,
        refreshModel !== 'none' && json.expires_at !== null,
      ])
    }
  })

  test('no secret of any of them is in an answer, a log line or a row', async () => {
    const response = await fetch(`${api.sandboxUrl}/_sandbox/secrets`)
    const secrets: string[] = JSON.parse(await response.text()).data
    expect(secrets.length).toBeGreaterThan(30)
    const paths = ['/v1/connections?limit=100', '/v1/audit-log?limit=100', '/v1/platforms']
    const answers = await Promise.all(paths.map((path) => alice.get(path)))
    const tables = ['connections', 'connection_tokens', 'oauth_sessions', 'app_registrations']
    const kept = ['audit_log', 'connection_events', 'outbox', 'connection_destinations']
    const stored = await Promise.all(
      [...tables, ...kept].map((table) =>
        api.db.withTenant(api.alice.tenantId, (em) => em.execute(`select * from ${table}`)),
      ),
    )
    const haystack = JSON.stringify([answers.map(({ text }) => text), stored, api.logs()])
    expect(secrets.filter((secret) => haystack.includes(secret))).toEqual([])
  })
})
