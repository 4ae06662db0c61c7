import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import { connectAccount, connectAccounts } from '../../scripts/start/connect.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { type Inspector, inspectDatabase } from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'
import { consentTo } from './support/consents.ts'
import { openAccount } from './support/sandbox-people.ts'
import { addMember, type Member } from './support/tenants.ts'
import { startVaultCounter, type VaultCounter } from './support/vault-counter.ts'

/** As an identity provider names a person. */
const EXTERNAL_ID = 'user_2aBcD3eFgH4iJkL5mNoP6qRsT7u'

describeWithVault('reels-connections: one table of encrypted connections', (vault) => {
  let stack: Stack
  let auditor: Inspector
  let counter: VaultCounter
  let maker: Member
  const connected = new Map<Platform, ConnectionAnswer[]>()

  beforeAll(async () => {
    await ensureTransitKeys(vault())
    counter = await startVaultCounter(vault().address)
    stack = await startStack({ vault: { ...vault(), address: counter.url } })
    auditor = inspectDatabase(stack.databaseUrl)
    maker = await addMember(stack, 'reels', { externalId: EXTERNAL_ID })
    for (const platform of PLATFORMS) {
      const account = { platform, handle: 'alice' }
      connected.set(platform, await connectAccounts(maker.api, stack.sandbox.url, account))
    }
  }, 240_000)

  afterAll(async () => {
    await auditor?.close()
    await stack?.stop()
    await counter?.close()
  }, 60_000)

  const all = () => [...connected.values()].flat()

  function oneOf(platform: Platform): ConnectionAnswer {
    const [first] = connected.get(platform) ?? []
    if (first === undefined) throw new Error(`${platform} is not connected`)
    return first
  }

  /** An X account of one test's own, connected. */
  async function connectX(handle: string, member = maker) {
    const person = await openAccount(stack.sandbox.url, 'x', handle)
    const account = { platform: 'x' as const, handle }
    const connection = await connectAccount(member.api, stack.sandbox.url, account)
    return { person, connection, account }
  }

  const command = (id: string, name: string) =>
    maker.api.call<ConnectionAnswer>('POST', `/v1/connections/${id}/${name}`)

  describe('`user_id` is the identity provider’s id (a string such as `user_2aBc…`), indexed', () => {
    test('`users.external_id`', async () => {
      const me = await maker.api.call<{ user: object }>('GET', '/v1/me')
      expect(me.user).toMatchObject({ id: maker.userId, external_id: EXTERNAL_ID })
      const indexes = await indexesOf('users')
      expect(indexes).toContainEqual(expect.stringMatching(/^[^(]*\(external_id\)/))
    })

    test('every connection has `user_id`', async () => {
      expect(all().length).toBeGreaterThanOrEqual(PLATFORMS.length)
      expect(all().map(({ user_id }) => user_id)).toEqual(all().map(() => maker.userId))
      const columns = await auditor.query<{ is_nullable: string }>(
        `select is_nullable from information_schema.columns
         where table_name = 'connections' and column_name = 'user_id'`,
      )
      expect(columns).toEqual([{ is_nullable: 'NO' }])
      expect(await indexesOf('connections')).toContainEqual(
        expect.stringContaining('(tenant_id, user_id)'),
      )
    })
  })

  describe('`platform` enum (youtube, tiktok, instagram, twitter…)', () => {
    test('the twelve platforms', async () => {
      expect(PLATFORMS).toHaveLength(12)
      const { data } = await maker.api.call<{ data: { platform: string }[] }>(
        'GET',
        '/v1/platforms',
      )
      expect(data.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS.toSorted())
      const others = await maker.api.send('POST', '/v1/connections/authorize', {
        platform: 'friendster',
      })
      expect(others.status).toBe(422)
    })

    test.each(PLATFORMS)('%s connects, and only it has this name', async (platform) => {
      const found = connected.get(platform) ?? []
      expect(found.length).toBeGreaterThan(0)
      for (const one of found) expect(one).toMatchObject({ platform, status: 'active' })
      const list = await maker.api.call<{ data: ConnectionAnswer[] }>(
        'GET',
        `/v1/connections?platform=${platform}&limit=100`,
      )
      const ids = found.map(({ id }) => id)
      expect(list.data.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
      expect(new Set(list.data.map((one) => one.platform))).toEqual(new Set([platform]))
    })

    test('`twitter` is accepted as an alias of `x` on input', async () => {
      const { api } = maker
      await openAccount(stack.sandbox.url, 'x', 'reels_alias')
      const consented = await consentTo(
        api,
        { platform: 'twitter' },
        { sandbox_account: 'reels_alias' },
      )
      expect(consented.session).toMatchObject({ platform: 'x', status: 'used' })
      const [account] = consented.session.accounts
      const connection = await api.getConnection(account?.connection_id ?? '')
      expect(connection).toMatchObject({ platform: 'x', account_handle: 'reels_alias' })
      const list = await api.call<{ data: ConnectionAnswer[] }>(
        'GET',
        '/v1/connections?platform=twitter&limit=100',
      )
      expect(list.data.map(({ id }) => id)).toContain(connection.id)
    })
  })

  describe('`access_token`, `refresh_token` always encrypted at rest', () => {
    test('every one is ciphertext, and a dump has none of them', async () => {
      const secrets = (await stack.sandbox.secrets()).filter((secret) => secret.length >= 8)
      const dump = await auditor.dump()
      expect(dump).toContain(oneOf('x').id)
      expect(secrets.filter((secret) => dump.includes(secret))).toEqual([])
      const rows = await auditor.query<{ connection_id: string; kind: string; c: string }>(
        'select connection_id, kind, ciphertext as c from connection_tokens',
      )
      expect(rows.filter(({ c }) => !/^vault:v\d+:/.test(c))).toEqual([])
      const withTokens = new Set(rows.map((row) => row.connection_id))
      expect(all().filter(({ id }) => !withTokens.has(id))).toEqual([])
      const kinds = rows.filter((row) => row.connection_id === oneOf('x').id)
      expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(['access', 'refresh'])
    })

    test('key never in version control: it cannot leave Vault', async () => {
      const { address, token } = vault()
      const answer = await fetch(`${address}/v1/transit/keys/clarion-tokens`, {
        headers: { 'x-vault-token': token },
      })
      const { data } = JSON.parse(await answer.text())
      expect(data).toMatchObject({ derived: true, exportable: false })
    })

    test('many encrypt/decrypt operations must scale: batch transit calls', async () => {
      counter.take()
      const { connection } = await connectX('reels_batch')
      await command(connection.id, 'refresh')
      const sealed = counter.take().filter(({ verb }) => verb === 'encrypt')
      // Both tokens of a grant travel together; the session's own secret is the third call.
      expect(sealed.filter(({ values }) => values >= 2)).toHaveLength(2)
      expect(sealed.length).toBeLessThanOrEqual(3)
      counter.take()
      const person = { platform: 'facebook' as const, handle: 'alice' }
      const pages = await connectAccounts(maker.api, stack.sandbox.url, person)
      const calls = counter.take().filter(({ verb }) => verb === 'encrypt')
      const values = calls.reduce((sum, one) => sum + one.values, 0)
      expect(pages).toHaveLength(3)
      expect(values).toBe(pages.length * 2 + 2)
      // The verifier and the whole consent, then both tokens of a Page at a time.
      expect(calls.length).toBeLessThanOrEqual(pages.length + 2)
    })
  })

  test('`platform_user_id`, `platform_username`: `platform_account_id`, `account_handle`', async () => {
    for (const { platform, platform_account_id, account_handle } of all()) {
      expect([platform, platform_account_id]).toEqual([platform, expect.stringMatching(/\S/)])
      expect([platform, account_handle]).toEqual([platform, expect.stringMatching(/\S/)])
    }
    const { connection, person } = await connectX('reels_name')
    expect(connection).toMatchObject({
      platform_account_id: person.account_id,
      account_handle: person.handle,
    })
  })

  test('`scopes` as array, `token_type`, `expires_at`', async () => {
    const { connection } = await connectX('reels_scopes')
    expect(connection.scopes).toEqual(expect.arrayContaining(['tweet.write', 'offline.access']))
    expect(connection.token_type).toMatch(/^bearer$/i)
    const lifeMs = Date.parse(connection.expires_at ?? '') - Date.parse(connection.created_at)
    expect(Math.round(lifeMs / 60_000)).toBe(120)
    for (const { platform, scopes, token_type } of all()) {
      expect([platform, Array.isArray(scopes), token_type]).toEqual([
        platform,
        true,
        expect.any(String),
      ])
    }
    const columns = await auditor.query<{ data_type: string }>(
      `select data_type from information_schema.columns
       where table_name = 'connections' and column_name = 'scopes'`,
    )
    expect(columns).toEqual([{ data_type: 'ARRAY' }])
  })

  describe('`last_validated_at` = last successful validation or use, updated by', () => {
    const validatedAt = async (id: string) =>
      Date.parse((await maker.api.getConnection(id)).last_validated_at ?? '')

    test('publish', async () => {
      const { connection } = await connectX('reels_publish')
      const before = await validatedAt(connection.id)
      const post = await maker.api.createPost({
        content: 'A post is a proof',
        publish: 'now',
        targets: [{ connection_id: connection.id }],
      })
      await maker.api.waitForPost(post.id, ({ status }) => status === 'published')
      expect(await validatedAt(connection.id)).toBeGreaterThan(before)
    })

    test.each(['refresh', 'validate'])('%s', async (name) => {
      const { connection } = await connectX(`reels_${name}`)
      const before = await validatedAt(connection.id)
      await command(connection.id, name)
      expect(await validatedAt(connection.id)).toBeGreaterThan(before)
    })

    test('and not by a validation that did not succeed', async () => {
      const { connection, person } = await connectX('reels_invalid')
      const { account_id } = person
      const before = await validatedAt(connection.id)
      await stack.sandbox.fault({
        ...{ platform: 'x', account_id, step: 'profile', fault: 'status', times: null },
        status: 503,
      })
      await command(connection.id, 'validate')
      expect(await validatedAt(connection.id)).toBe(before)
    })
  })

  describe('unique (user, platform, platform account)', () => {
    test('connecting the same account again keeps the connection', async () => {
      const { connection, account } = await connectX('reels_twice')
      const again = await connectAccount(maker.api, stack.sandbox.url, account)
      expect(again.id).toBe(connection.id)
      const list = await maker.api.call<{ data: ConnectionAnswer[] }>(
        'GET',
        '/v1/connections?platform=x&limit=100',
      )
      const same = list.data.filter(({ account_handle }) => account_handle === account.handle)
      expect(same).toHaveLength(1)
    })

    test('unique (tenant, platform, platform_account_id) where not deleted', async () => {
      const other = await addMember(stack, 'reels-other')
      const { connection, account } = await connectX('reels_shared')
      const theirs = await connectAccount(other.api, stack.sandbox.url, account)
      expect(theirs.id).not.toBe(connection.id)
      expect(theirs.platform_account_id).toBe(connection.platform_account_id)
      expect(await indexesOf('connections')).toContainEqual(
        expect.stringMatching(
          /^UNIQUE .*\(tenant_id, platform, platform_account_id\) WHERE \(?disconnected_at IS NULL/,
        ),
      )
      await maker.api.send('DELETE', `/v1/connections/${connection.id}`)
      const anew = await connectAccount(maker.api, stack.sandbox.url, account)
      expect(anew).toMatchObject({ status: 'active', account_handle: account.handle })
      expect(await other.api.getConnection(theirs.id)).toMatchObject({ status: 'active' })
    })
  })

  /** `UNIQUE (columns) WHERE …` or `(columns)` of every index. */
  async function indexesOf(table: string): Promise<string[]> {
    const rows = await auditor.query<{ indexdef: string }>(
      'select indexdef from pg_indexes where tablename = ?',
      [table],
    )
    return rows.map(({ indexdef }) =>
      indexdef.replace(/^CREATE (UNIQUE )?INDEX .* USING \w+ /, (_all, unique = '') => unique),
    )
  }
})
