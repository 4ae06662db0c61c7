import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import { connectAccounts, type SandboxAccount } from '../../scripts/start/connect.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import type { ApiClient, Reply } from '../support/api-client.ts'
import { sandboxCredentials } from '../support/api-client.ts'
import {
  type Histories,
  type Inspector,
  inspectDatabase,
  inspectTemporal,
} from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'

/** Ways of connecting besides each platform's usual one. */
const OTHER_WAYS: readonly SandboxAccount[] = [
  { platform: 'instagram', handle: 'alice', method: 'instagram_login' },
  { platform: 'x', handle: 'bob', method: 'oauth1' },
  { platform: 'bluesky', handle: 'bob', method: 'oauth2' },
]

describeWithVault('every token, code and secret that the sandbox ever gave', (vault) => {
  let stack: Stack
  let database: Inspector
  let temporal: Histories
  let secrets: string[]
  const connections: ConnectionAnswer[] = []
  const answers: string[] = []

  /** Keeps every answer, of errors too. */
  function recorded(api: ApiClient): ApiClient {
    const keep = <T extends Reply>(reply: T): T => {
      answers.push(reply.text, JSON.stringify([...reply.headers]))
      return reply
    }
    return {
      ...api,
      send: async (...args) => keep(await api.send(...args)),
      call: async <T>(...args: Parameters<ApiClient['call']>) => {
        const answer = await api.call<T>(...args)
        answers.push(JSON.stringify(answer))
        return answer
      },
    }
  }

  beforeAll(async () => {
    await ensureTransitKeys(vault())
    stack = await startStack({ vault: vault() })
    database = inspectDatabase(stack.databaseUrl)
    temporal = await inspectTemporal(stack.temporal)
    const api = recorded(stack.api)
    const usual = PLATFORMS.map((platform): SandboxAccount => ({ platform, handle: 'alice' }))
    for (const account of [...usual, ...OTHER_WAYS]) {
      connections.push(...(await connectAccounts(api, stack.sandbox.url, account)))
    }
    await useThem(api)
    await makeTrouble(api)
    const issued = await stack.sandbox.secrets()
    // X's request token is the public half of a pair (RFC 5849 §2.1): it stands in the address of
    // the consent page. Its secret half is among those searched for.
    secrets = issued.filter(
      (secret) => secret.length >= 8 && !/_x_request_(?!secret_)/.test(secret),
    )
  }, 240_000)

  afterAll(async () => {
    await temporal?.close()
    await database?.close()
    await stack?.stop()
  }, 60_000)

  /** Renews, validates, syncs, lists, publishes, reconnects and disconnects. */
  async function useThem(api: ApiClient): Promise<void> {
    for (const { id } of connections) {
      for (const command of ['refresh', 'validate', 'sync']) {
        await api.send('POST', `/v1/connections/${id}/${command}`)
      }
      for (const list of ['accounts', 'limits', 'events']) {
        await api.send('GET', `/v1/connections/${id}/${list}`)
      }
    }
    const targets = connections
      .filter(({ platform }) => ['x', 'bluesky', 'mastodon'].includes(platform))
      .map(({ id }) => ({ connection_id: id }))
    const post = await api.createPost({ content: 'No secret in it', publish: 'now', targets })
    await stack.api.waitForPost(post.id, ({ status }) => status === 'published')
    const [first] = connections
    await api.send('POST', `/v1/connections/${first?.id}/disconnect`)
  }

  /** Refusals quote what they were given, where nobody thought of it. */
  async function makeTrouble(api: ApiClient): Promise<void> {
    const { app_password = '' } = await sandboxCredentials(stack.sandbox.url, 'bluesky', 'alice')
    const wrong = { identifier: 'nobody.example', app_password, service_url: stack.sandbox.url }
    await api.send('POST', '/v1/connections', { platform: 'bluesky', credentials: wrong })
    await api.send('POST', '/v1/connections', { platform: 'bluesky', credentials: app_password })
    const app = { platform: 'linkedin', name: 'own', client_id: 'sandbox-linkedin-client' }
    const secret = 'sbx_secret_linkedin_client_secret'
    await api.send('POST', '/v1/platform-apps', { ...app, client_secret: secret })
    await api.send('POST', '/v1/platform-apps', { ...app, client_secret: { is: secret } })
    await api.send('GET', '/v1/platform-apps')
    await api.send('GET', '/v1/audit-log')
    for (const platform of ['x', 'youtube', 'tiktok'] satisfies Platform[]) {
      await stack.sandbox.fault({ platform, step: 'token', fault: 'refuse', times: 2 })
      await stack.sandbox.fault({ platform, step: 'profile', fault: 'status', times: 1 })
      const known = connections.find((one) => one.platform === platform && one.status === 'active')
      await api.send('POST', `/v1/connections/${known?.id}/refresh`)
      await connectAccounts(api, stack.sandbox.url, { platform, handle: 'bob' }).catch(
        (error: unknown) => answers.push(String(error)),
      )
    }
  }

  const leaksIn = (text: string) => secrets.filter((secret) => text.includes(secret))

  test('are many, of every platform, and would be found', () => {
    expect(connections.length).toBeGreaterThanOrEqual(PLATFORMS.length + OTHER_WAYS.length)
    expect(new Set(connections.map(({ platform }) => platform)).size).toBe(PLATFORMS.length)
    expect(connections.map(({ status }) => status)).toEqual(connections.map(() => 'active'))
    expect(secrets.length).toBeGreaterThan(60)
    expect(leaksIn(`token=${secrets[0]};`)).not.toEqual([])
    const marked = secrets.filter((secret) => secret.includes('sbx_secret_'))
    expect(marked.length / secrets.length).toBeGreaterThan(0.8)
    expect(secrets.filter((secret) => secret.includes('x_request_secret'))).toHaveLength(1)
  })

  test('are in no row of the database, where every one of them is ciphertext', async () => {
    const dump = await database.dump()
    expect(leaksIn(dump)).toEqual([])
    const rows = await database.query<{ ciphertext: string }>(
      'select ciphertext from connection_tokens',
    )
    expect(rows.length).toBeGreaterThan(connections.length)
    expect(rows.filter(({ ciphertext }) => !/^vault:v\d+:/.test(ciphertext))).toEqual([])
  })

  test('are in no history, exported whole', async () => {
    const ids = await temporal.ids()
    expect(ids.length).toBeGreaterThan(connections.length)
    for (const id of ids) {
      const text = await temporal.text(id)
      if (id.startsWith('connection:')) expect(text).toContain(stack.tenantId)
      expect([id, leaksIn(text)]).toEqual([id, []])
    }
  })

  test('are in no log, at debug level', () => {
    const logs = stack.logs()
    expect(logs).toContain('"level"')
    expect(leaksIn(logs)).toEqual([])
  })

  test('are in no answer and no error body', () => {
    expect(answers.length).toBeGreaterThan(100)
    expect(leaksIn(answers.join('\n'))).toEqual([])
  })
})
