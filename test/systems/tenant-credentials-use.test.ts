import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { connectAccount } from '../../scripts/start/connect.ts'
import { ROOT } from '../../scripts/start/settings.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { emptyDatabase } from '../support/database.ts'
import { type Inspector, inspectDatabase } from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'
import { openAccount } from './support/sandbox-people.ts'
import { SEVEN } from './support/tenant-apps.ts'
import { addMember, type Member } from './support/tenants.ts'

const run = promisify(execFile)

describeWithVault('tenant-credentials: using and managing credentials', (vault) => {
  let stack: Stack
  let auditor: Inspector
  let admin: Member

  beforeAll(async () => {
    await ensureTransitKeys(vault())
    stack = await startStack({ vault: vault() })
    auditor = inspectDatabase(stack.databaseUrl)
    admin = await addMember(stack, 'agency')
  }, 120_000)

  afterAll(async () => {
    await auditor?.close()
    await stack?.stop()
  }, 60_000)

  /** An X account of one test's own, connected by the administrator of a tenant. */
  async function connectX(handle: string, member = admin) {
    const person = await openAccount(stack.sandbox.url, 'x', handle)
    const account = { platform: 'x' as const, handle }
    const connection = await connectAccount(member.api, stack.sandbox.url, account)
    return { person, connection }
  }

  const change = (id: string, fields: object, { api } = admin) =>
    api.call<ConnectionAnswer>('PATCH', `/v1/connections/${id}`, fields)

  const isOver = ({ status }: PostAnswer) => ['published', 'failed'].includes(status)

  async function publish(connectionId: string, content: string): Promise<PostAnswer> {
    const targets = [{ connection_id: connectionId }]
    const post = await admin.api.createPost({ content, publish: 'now', targets })
    return admin.api.waitForPost(post.id, isOver)
  }

  test('`name` friendly label, `notes`', async () => {
    const { connection } = await connectX('use_label')
    expect(connection).toMatchObject({ name: null, notes: null })
    const fields = { name: 'Brand account', notes: 'Ask Mara before posting.\nNo weekends.' }
    await change(connection.id, fields)
    expect(await admin.api.getConnection(connection.id)).toMatchObject(fields)
    expect(await change(connection.id, { notes: null })).toMatchObject({ ...fields, notes: null })
  })

  describe('`is_active` (default credential)', () => {
    test('the active one of two is what a platform’s name means', async () => {
      const member = await addMember(stack, 'two-accounts')
      const { connection: first } = await connectX('use_first', member)
      const { connection: second } = await connectX('use_second', member)
      const meant = async () => {
        const body = { content: 'By platform', publish: 'draft', platforms: ['x'] }
        const { targets } = await member.api.createPost(body)
        return targets.map(({ connection_id }) => connection_id)
      }
      expect(await meant()).toEqual([first.id])
      expect(await change(first.id, { is_active: false }, member)).toMatchObject({
        ...{ is_active: false, status: 'active' },
      })
      expect(await meant()).toEqual([second.id])
      const path = '/v1/connections?is_active=true'
      const { data } = await member.api.call<{ data: ConnectionAnswer[] }>('GET', path)
      expect(data.map(({ id }) => id)).toEqual([second.id])
      await change(second.id, { is_active: false }, member)
      const body = { content: 'To nobody', publish: 'now', platforms: ['x'] }
      const none = await member.api.send('POST', '/v1/posts', body)
      expect([none.status, JSON.parse(none.text).code]).toEqual([422, 'no_default_connection'])
    })

    describe('an inactive account publishes nothing', () => {
      /** Its account is switched off while the post waits for its instant. */
      async function switchedOff(handle: string, fields: object) {
        const { connection, person } = await connectX(handle)
        const targets = [{ connection_id: connection.id }]
        const scheduled_at = new Date(Date.now() + 2_000).toISOString()
        const body = { content: 'Before it was off', publish: 'schedule', scheduled_at, targets }
        const waiting = await admin.api.createPost({ ...body, ...fields })
        await change(connection.id, { is_active: false })
        return { connection, person, waiting, targets }
      }

      const NOT_SENT = {
        status: 'failed',
        targets: [{ failure_code: 'connection_inactive', platform_post_id: null }],
      }

      test('what is asked for now is refused, and taken when it is active again', async () => {
        const { connection, person } = await connectX('use_switch')
        await change(connection.id, { is_active: false })
        const targets = [{ connection_id: connection.id }]
        const body = { content: 'Refused at once', publish: 'now', targets }
        const refused = await admin.api.send('POST', '/v1/posts', body)
        const { code } = JSON.parse(refused.text)
        expect([refused.status, code]).toEqual([422, 'inactive_connection'])
        await change(connection.id, { is_active: true })
        expect(await publish(connection.id, 'Back again')).toMatchObject({ status: 'published' })
        expect(await accepted(person.account_id)).toEqual(['Back again'])
      })

      test('what waited for an approval fails and says why', async () => {
        const colleague = await addMember(stack, 'agency', { role: 'marketing' })
        const fields = { approval_required: true }
        const { person, waiting } = await switchedOff('use_approval', fields)
        await colleague.api.call('POST', `/v1/posts/${waiting.id}/approve`, {})
        expect(await admin.api.waitForPost(waiting.id, isOver)).toMatchObject(NOT_SENT)
        expect(await accepted(person.account_id)).toEqual([])
      })

      test('what was made ready a moment before is not sent either', async () => {
        const { person, waiting } = await switchedOff('use_staged', {})
        expect(await admin.api.waitForPost(waiting.id, isOver)).toMatchObject(NOT_SENT)
        expect(await accepted(person.account_id)).toEqual([])
      })
    })

    const accepted = async (accountId: string) =>
      (await stack.sandbox.posts({ platform: 'x' }))
        .filter((post) => post.account_id === accountId)
        .map(({ text }) => text)
  })

  test('`is_authenticated` (flow finished)', async () => {
    const { connection, person } = await connectX('use_flow')
    expect(connection).toMatchObject({ is_authenticated: true })
    expect(Date.parse(connection.connected_at ?? '')).not.toBeNaN()
    await stack.sandbox.revoke('x', person.account_id)
    await admin.api.call('POST', `/v1/connections/${connection.id}/refresh`)
    expect(await admin.api.getConnection(connection.id)).toMatchObject({ is_authenticated: false })
  })

  test('`last_used_at`, `post_count`/`upload_count`, `last_post_status`', async () => {
    const { connection, person } = await connectX('use_counts')
    const now = () => admin.api.getConnection(connection.id)
    expect(connection).toMatchObject({ last_used_at: null, post_count: 0, last_post_status: null })
    await publish(connection.id, 'One')
    const once = await now()
    expect(once).toMatchObject({ post_count: 1, last_post_status: 'published' })
    expect(once.last_used_at).not.toBeNull()
    await stack.sandbox.fault({
      ...{ platform: 'x', account_id: person.account_id, step: 'publish' },
      ...{ fault: 'refuse', times: 1 },
    })
    expect(await publish(connection.id, 'Refused')).toMatchObject({ status: 'failed' })
    expect(await now()).toMatchObject({ post_count: 1, last_post_status: 'failed' })
    await publish(connection.id, 'Two')
    const twice = await now()
    expect(twice).toMatchObject({ post_count: 2, last_post_status: 'published' })
    expect(Date.parse(twice.last_used_at ?? '')).toBeGreaterThan(
      Date.parse(once.last_used_at ?? ''),
    )
  })

  test('`last_token_refresh_at`', async () => {
    const { connection } = await connectX('use_refresh')
    expect(connection.last_token_refresh_at).toBeNull()
    const path = `/v1/connections/${connection.id}/refresh`
    const once = await admin.api.call<ConnectionAnswer>('POST', path)
    const twice = await admin.api.call<ConnectionAnswer>('POST', path)
    const [first, second] = [once, twice].map((one) => Date.parse(one.last_token_refresh_at ?? ''))
    expect(first).toBeGreaterThanOrEqual(Date.parse(connection.connected_at ?? ''))
    expect(second).toBeGreaterThan(first ?? Number.NaN)
  })

  test('`created_by`, `updated_by`', async () => {
    const colleague = await addMember(stack, 'agency', { role: 'marketing' })
    const { connection } = await connectX('use_people')
    expect(connection.created_by).toBe(admin.userId)
    const changed = await change(connection.id, { name: 'Renamed' }, colleague)
    expect(changed).toMatchObject({ created_by: admin.userId, updated_by: colleague.userId })
    expect(colleague.userId).not.toBe(admin.userId)
  })

  test('indexes on tenant, active, created (descending), tenant + active', async () => {
    const rows = await auditor.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where tablename = 'connections'`,
    )
    const columns = rows.map(({ indexdef }) => /\((.*?)\)/.exec(indexdef)?.[1])
    expect(columns).toContain('tenant_id')
    expect(columns).toContain('tenant_id, is_active')
    expect(columns).toContainEqual(expect.stringMatching(/^tenant_id, created_at DESC/))
    const unindexed = await auditor.query<{ name: string }>(
      `select c.table_name as name from information_schema.columns c
       where c.table_schema = 'public' and c.column_name = 'tenant_id' and not exists (
         select from pg_index i join pg_attribute a
           on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
         where i.indrelid = c.table_name::regclass and a.attname = 'tenant_id')`,
    )
    expect(unindexed).toEqual([])
  })

  describe('numbered migrations run in order', () => {
    const script = join(ROOT, 'scripts', 'migrate.ts')

    async function migrate(url: string, ...args: string[]): Promise<string[]> {
      const env = { ...process.env, DATABASE_URL: url, NODE_OPTIONS: '' }
      const { stdout } = await run(process.execPath, [script, ...args], { env })
      return stdout.trim().split('\n')
    }

    test('`npm run migrate -- status` tells each with its number and when it ran', async () => {
      const lines = await migrate(stack.databaseUrl, 'status')
      const parts = lines.map((line) => /^(\d{4}-\d\d-\d\dT\S+) {2}(\d{3})-[a-z-]+$/.exec(line))
      expect(parts.map((part) => Number(part?.[2]))).toEqual(lines.map((_line, index) => index + 1))
      const ranAt = parts.map((part) => Date.parse(part?.[1] ?? ''))
      expect(ranAt).toEqual(ranAt.toSorted((a, b) => a - b))
    })

    test('up and down', async () => {
      const { url, drop } = await emptyDatabase()
      try {
        const up = await migrate(url)
        const names = up.map((line) => line.replace(/^ran /, ''))
        expect(names).toEqual(names.toSorted())
        const [first = ''] = names
        const down = await migrate(url, 'down', first)
        expect(down).toEqual(
          names
            .slice(1)
            .map((name) => `reverted ${name}`)
            .toReversed(),
        )
        expect(await migrate(url)).toEqual(up.slice(1))
      } finally {
        await drop()
      }
    })
  })

  test('OAuth flow per platform, one credential-management list', async () => {
    const member = await addMember(stack, 'one-list')
    const { api } = member
    for (const { platform, id, secret, method } of SEVEN) {
      const described = await api.call<{ methods: { method: string; connect: string[] }[] }>(
        'GET',
        `/v1/platforms/${platform}`,
      )
      const flows = described.methods.filter(({ connect }) => connect.includes('oauth'))
      expect([platform, flows.map((one) => one.method)]).toEqual([
        ...[platform, expect.arrayContaining([method ?? 'oauth2'])],
      ])
      await connectAccount(api, stack.sandbox.url, { platform, handle: 'alice', method })
      await api.call('POST', '/v1/platform-apps', { platform, [id]: 'public', [secret]: 'private' })
    }
    const seven = SEVEN.map(({ platform }) => platform)
    const connections = await api.listConnections()
    expect(new Set(connections.map(({ platform }) => platform))).toEqual(new Set(seven))
    const apps = await api.call<{ data: { platform: string }[] }>('GET', '/v1/platform-apps')
    expect(apps.data.map(({ platform }) => platform).toSorted()).toEqual(seven.toSorted())
  })
})
