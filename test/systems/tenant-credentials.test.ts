import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { PlatformAppAnswer } from '../../api/contract/schemas/platform-apps.ts'
import { connectAccount } from '../../scripts/start/connect.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { type Inspector, inspectDatabase } from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'
import { choose, consentTo } from './support/consents.ts'
import { openAccount, registerApp } from './support/sandbox-people.ts'
import { type AppWords, addOwnApp, SEVEN } from './support/tenant-apps.ts'
import { addMember, type Member } from './support/tenants.ts'

interface Begun {
  session_id: string
  authorization_url: string
}

describeWithVault('tenant-credentials: per-tenant OAuth apps and accounts', (vault) => {
  let stack: Stack
  let auditor: Inspector
  let customer: Member
  let other: Member

  beforeAll(async () => {
    await ensureTransitKeys(vault())
    stack = await startStack({ vault: vault() })
    auditor = inspectDatabase(stack.databaseUrl)
    customer = await addMember(stack, 'customer')
    other = await addMember(stack, 'other-customer')
  }, 120_000)

  afterAll(async () => {
    await auditor?.close()
    await stack?.stop()
  }, 60_000)

  const wordsOf = (platform: string): AppWords => {
    const found = SEVEN.find((words) => words.platform === platform)
    if (found === undefined) throw new Error(`${platform} is none of the seven`)
    return found
  }

  describe('`customer_id` isolates tenants everywhere', () => {
    test('another tenant sees, changes and uses nothing', async () => {
      const account = { platform: 'bluesky' as const, handle: 'alice' }
      const { id } = await connectAccount(customer.api, stack.sandbox.url, account)
      const app = await customer.api.call<PlatformAppAnswer>('POST', '/v1/platform-apps', {
        ...{ platform: 'pinterest', client_id: 'theirs', client_secret: 'nobody’s business' },
      })
      const begun = await customer.api.call<Begun>('POST', '/v1/connections/authorize', {
        platform: 'x',
      })
      const paths = [
        ...['', '/accounts', '/limits', '/events'].map((end) => `/v1/connections/${id}${end}`),
        `/v1/platform-apps/${app.id}`,
        `/v1/oauth-sessions/${begun.session_id}`,
      ]
      for (const path of paths) {
        const replies = [await customer.api.send('GET', path), await other.api.send('GET', path)]
        expect([path, ...replies.map(({ status }) => status)]).toEqual([path, 200, 404])
      }
      const commands = ['refresh', 'validate', 'reconnect', 'disconnect', 'sync']
      for (const name of commands) {
        const reply = await other.api.send('POST', `/v1/connections/${id}/${name}`, bodyOf(name))
        expect([name, reply.status]).toEqual([name, 404])
      }
      for (const path of [`/v1/connections/${id}`, `/v1/platform-apps/${app.id}`]) {
        const changed = await other.api.send('PATCH', path, { name: 'mine now' })
        const deleted = await other.api.send('DELETE', path)
        expect([path, changed.status, deleted.status]).toEqual([path, 404, 404])
      }
      expect(await other.api.listConnections()).toEqual([])
      const used = await other.api.send('POST', '/v1/posts', {
        ...{ content: 'as somebody else', publish: 'now', targets: [{ connection_id: id }] },
      })
      expect([used.status, JSON.parse(used.text).code]).toEqual([422, 'unknown_connection'])
    })

    const bodyOf = (name: string) => (name === 'reconnect' ? {} : undefined)

    test('`tenant_id` on every row, PostgreSQL row-level security', async () => {
      const tables = await auditor.query<{ name: string; nullable: string; forced: boolean }>(
        `select c.table_name as name, c.is_nullable as nullable,
           r.relrowsecurity and r.relforcerowsecurity as forced
         from information_schema.columns c
         join pg_class r on r.relname = c.table_name and r.relkind = 'r'
         where c.table_schema = 'public' and c.column_name = 'tenant_id'`,
      )
      const names = tables.map(({ name }) => name)
      const needed = 'connections connection_tokens platform_apps oauth_sessions connection_events'
      expect(names).toEqual(expect.arrayContaining(needed.split(' ')))
      expect(tables.filter((one) => !one.forced || one.nullable !== 'NO')).toEqual([])
    })

    test('a session of the application reads one tenant, and without one nothing', async () => {
      const count = 'select count(*)::int as rows from connections'
      const of = (tenantId: string) =>
        stack.db.withTenant(tenantId, (em) => em.execute<{ rows: number }[]>(count))
      const [mine] = await of(customer.tenantId)
      expect(mine?.rows).toBeGreaterThan(0)
      expect(await of(other.tenantId)).toEqual([{ rows: 0 }])
      expect(await stack.db.execute(count, [])).toEqual([{ rows: 0 }])
    })
  })

  describe('per platform app credentials', () => {
    test.each(SEVEN)(
      '$platform: `$id`/`$secret`, and its accounts really connect by this app',
      async (words) => {
        const { platform, method } = words
        const { api } = await addMember(stack, `own-${platform}`)
        const own = await addOwnApp(api, stack.sandbox.url, words)
        expect(own.app).toMatchObject({ platform, client_id: own.id, has_client_secret: true })
        const handle = `own${platform}`
        await openAccount(stack.sandbox.url, platform, handle)
        const fields = { sandbox_account: handle }
        const consented = await consentTo(api, { platform, method }, fields)
        expect(consented.authorizationUrl.searchParams.get(words.inAddress)).toBe(own.id)
        expect(consented.session).toMatchObject({ status: 'used' })
        const ids = consented.session.accounts.flatMap(({ connection_id }) => connection_id ?? [])
        expect(ids).toHaveLength(1)
        const [id = ''] = ids
        const connection = await api.getConnection(id)
        expect(connection).toMatchObject({ status: 'active', platform_app_id: own.app.id })
        // A refresh token is of use to the app alone to which it was given.
        const renews = ['rotating', 'reusable'].includes(connection.refresh_model)
        const command = renews ? 'refresh' : 'validate'
        const kept = await api.call('POST', `/v1/connections/${id}/${command}`)
        expect(kept).toMatchObject({ status: 'active', refresh_failures: 0, last_error: null })
      },
    )

    test('a wrong secret connects nothing: the installation’s own is not used instead', async () => {
      const { api } = await addMember(stack, 'wrong-secret')
      const more = { client_secret: 'not the one of this app' }
      await addOwnApp(api, stack.sandbox.url, wordsOf('x'), more)
      const consented = await consentTo(api, { platform: 'x' }, { sandbox_account: 'alice' })
      expect([consented.platformStatus, consented.session.status]).toEqual([302, 'failed'])
      expect(await api.listConnections()).toEqual([])
    })

    test('an app that knows another callback only is refused by the platform', async () => {
      const { api } = await addMember(stack, 'wrong-callback')
      const callback = 'https://another.example/oauth/callback/x'
      const { id, secret } = await registerApp(stack.sandbox.url, 'x', [callback])
      const fields = { platform: 'x', client_id: id, client_secret: secret }
      await api.call('POST', '/v1/platform-apps', fields)
      const consented = await consentTo(api, { platform: 'x' }, { sandbox_account: 'alice' })
      expect([consented.platformStatus, consented.callbackStatus]).toEqual([400, undefined])
    })

    describe('X OAuth 2 `client_id`/`client_secret` and OAuth 1.0a `api_key`/`api_secret`', () => {
      const PAIR = { api_key: 'sandbox-x-api-key', api_secret: 'sbx_secret_x_api_secret' }

      test('one app has both pairs and connects by each', async () => {
        const { api } = await addMember(stack, 'both-pairs')
        const { app } = await addOwnApp(api, stack.sandbox.url, wordsOf('x'), PAIR)
        expect(app).toMatchObject({ api_key: PAIR.api_key, has_api_secret: true })
        await openAccount(stack.sandbox.url, 'x', 'both_pairs')
        for (const method of ['oauth2', 'oauth1']) {
          const account = { platform: 'x' as const, handle: 'both_pairs', method }
          const connection = await connectAccount(api, stack.sandbox.url, account)
          expect(connection).toMatchObject({ status: 'active', method, platform_app_id: app.id })
        }
      })

      test('a wrong `api_secret` connects nothing', async () => {
        const { api } = await addMember(stack, 'wrong-pair')
        const fields = { platform: 'x', ...PAIR, api_secret: 'not the one of this key' }
        await api.call('POST', '/v1/platform-apps', fields)
        const body = { platform: 'x', method: 'oauth1' }
        const reply = await api.send('POST', '/v1/connections/authorize', body)
        expect(JSON.parse(reply.text)).toMatchObject({ code: 'oauth_failed' })
      })
    })

    test('Instagram behind Pages takes the app of Facebook', async () => {
      const { api } = await addMember(stack, 'behind-pages')
      const { app } = await addOwnApp(api, stack.sandbox.url, wordsOf('facebook'))
      const person = await openAccount(stack.sandbox.url, 'facebook', 'behindpages')
      const body = { platform: 'instagram', method: 'facebook_login', platform_app_id: app.id }
      const callback = `${api.url}/oauth/callback/instagram`
      const consented = await consentTo(api, body, { sandbox_account: person.handle })
      // The portal knows the callback of Facebook alone.
      expect(consented.platformStatus).toBe(400)
      const both = await registerApp(stack.sandbox.url, 'facebook', [callback])
      await api.call('PATCH', `/v1/platform-apps/${app.id}`, {
        ...{ app_id: both.id, app_secret: both.secret },
      })
      const connected = await consentTo(api, body, { sandbox_account: person.handle })
      const [account] = connected.session.accounts
      expect(await api.getConnection(account?.connection_id ?? '')).toMatchObject({
        ...{ platform: 'instagram', platform_app_id: app.id },
      })
    })

    test('one or more per tenant and platform, one of them the default', async () => {
      const { api } = await addMember(stack, 'two-apps')
      const first = await addOwnApp(api, stack.sandbox.url, wordsOf('reddit'))
      const second = await addOwnApp(api, stack.sandbox.url, wordsOf('reddit'))
      expect([first.app.is_default, second.app.is_default]).toEqual([true, false])
      const begin = async (more: object) => {
        const body = { platform: 'reddit', ...more }
        const begun = await api.call<Begun>('POST', '/v1/connections/authorize', body)
        return new URL(begun.authorization_url).searchParams.get('client_id')
      }
      expect(await begin({})).toBe(first.id)
      expect(await begin({ platform_app_id: second.app.id })).toBe(second.id)
      await api.call('PATCH', `/v1/platform-apps/${second.app.id}`, { is_default: true })
      expect(await begin({})).toBe(second.id)
    })

    test('secrets encrypted, write-only', async () => {
      const { api } = await addMember(stack, 'write-only')
      const pair = { api_key: 'public key', api_secret: 'sbx_secret_of_the_first_pair' }
      const { app, secret } = await addOwnApp(api, stack.sandbox.url, wordsOf('x'), pair)
      const path = `/v1/platform-apps/${app.id}`
      const replaced = 'sbx_secret_that_replaces_it'
      const answers = [
        await api.send('GET', path),
        await api.send('GET', '/v1/platform-apps'),
        await api.send('PATCH', path, { client_secret: replaced }),
        await api.send('POST', `${path}/verify`),
        await api.send('GET', '/v1/audit-log?limit=100'),
      ]
      const said = [JSON.stringify(app), ...answers.map(({ text }) => text), stack.logs()].join()
      const dump = await auditor.dump()
      expect(dump).toContain(app.id)
      for (const one of [secret, replaced, pair.api_secret]) {
        expect([said.includes(one), dump.includes(one)]).toEqual([false, false])
      }
      const [row] = await auditor.query<{ client: string; api: string }>(
        `select client_secret_ciphertext as client, api_secret_ciphertext as api
         from platform_apps where id = ?`,
        [app.id],
      )
      expect([row?.client, row?.api]).toEqual([
        expect.stringMatching(/^vault:v\d+:/),
        expect.stringMatching(/^vault:v\d+:/),
      ])
    })

    test('falls back to the installation-wide app from environment variables', async () => {
      const { api } = await addMember(stack, 'no-app')
      for (const { platform, method, inAddress } of SEVEN) {
        const bob = { sandbox_account: 'bob' }
        const consented = await consentTo(api, { platform, method }, bob)
        const address = consented.authorizationUrl.searchParams
        expect([platform, address.get(inAddress)]).toEqual([
          ...[platform, `sandbox-${platform}-client`],
        ])
        const open = consented.session.accounts.filter(({ problem }) => problem === null)
        const ids = await choose(api, consented, [open[0]?.account_id ?? ''])
        expect(await api.getConnection(ids[0] ?? '')).toMatchObject({
          ...{ platform, status: 'active', platform_app_id: null },
        })
      }
    })
  })
})
