import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { connectAccount, connectAccounts } from '../../scripts/start/connect.ts'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { type Inspector, inspectDatabase } from '../support/evidence.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { describeWithVault } from '../support/vault.ts'
import { type Consented, choose, consentTo } from './support/consents.ts'
import { findAccount, openAccount } from './support/sandbox-people.ts'

const DAY_MS = 86_400_000
const LINKEDIN_SCOPES = [
  ...['openid', 'profile', 'w_member_social'],
  ...['w_organization_social', 'r_organization_social', 'rw_organization_admin'],
]

describeWithVault('tenant-credentials: account fields', (vault) => {
  let stack: Stack
  let auditor: Inspector

  beforeAll(async () => {
    await ensureTransitKeys(vault())
    stack = await startStack({ vault: vault() })
    auditor = inspectDatabase(stack.databaseUrl)
  }, 120_000)

  afterAll(async () => {
    await auditor?.close()
    await stack?.stop()
  }, 60_000)

  const person = (platform: Parameters<typeof findAccount>[1], handle: string) =>
    findAccount(stack.sandbox.url, platform, handle)

  const daysLeft = (end: string | null) => Math.round((Date.parse(end ?? '') - Date.now()) / DAY_MS)

  /** Kinds and ends of the tokens that are stored; the ciphertexts are of no use to a reader. */
  async function tokensOf({ id }: ConnectionAnswer) {
    const rows = await auditor.query<{ kind: string; ends: string | null }>(
      `select kind, expires_at::text as ends from connection_tokens
       where connection_id = ? order by kind`,
      [id],
    )
    return rows.map(({ kind, ends }) => ({
      kind,
      expires_at: ends === null ? null : new Date(ends).toISOString(),
    }))
  }

  const named = ({ session }: Consented, name: string) =>
    session.accounts.find((one) => one.display_name === name || one.account_handle === name)

  test('YouTube `channel_id`, `channel_name`', async () => {
    const alice = await person('youtube', 'alice')
    const connection = await stack.connect('youtube')
    expect(connection).toMatchObject({
      platform_account_id: alice.account_id,
      display_name: alice.display_name,
      account_kind: 'channel',
    })
    expect(connection.platform_account_id).toMatch(/^UC/)
    expect((await tokensOf(connection)).map(({ kind }) => kind)).toEqual(['access', 'refresh'])
  })

  describe('Instagram user id, username, `facebook_page_id`', () => {
    test('of the account behind a linked Page', async () => {
      const { credentials } = await person('facebook', 'alice')
      const body = { platform: 'instagram', method: 'facebook_login' }
      const consented = await consentTo(stack.api, body, { sandbox_account: 'alice' })
      const account = named(consented, 'alice')
      const [id = ''] = await choose(stack.api, consented, [account?.account_id ?? ''])
      const connection = await stack.api.getConnection(id)
      const pages = [credentials.page_ids, credentials.portfolio_page_ids].join()
      expect(pages.split(',')).toContain(connection.parent_account_id)
      expect(credentials.instagram_ids?.split(',')).toContain(connection.platform_account_id)
      expect(connection).toMatchObject({
        account_handle: 'alice',
        account_kind: 'business',
        metadata: { facebook_page_id: connection.parent_account_id },
      })
      expect(daysLeft(connection.expires_at)).toBe(60)
    })

    test('Business or Creator accounts only: a personal one is refused with words', async () => {
      await openAccount(stack.sandbox.url, 'instagram', 'systems.private')
      const body = { platform: 'instagram', method: 'instagram_login' }
      const fields = { sandbox_account: 'systems.private' }
      const { session } = await consentTo(stack.api, body, fields)
      expect(session).toMatchObject({ status: 'failed', error_code: 'no_connectable_account' })
      expect(session.accounts).toMatchObject([
        {
          account_handle: 'systems.private',
          connection_id: null,
          problem: {
            code: 'instagram_personal_account',
            message: expect.stringMatching(/business or creator account/),
          },
        },
      ])
      const creator = await connectAccount(stack.api, stack.sandbox.url, {
        ...{ platform: 'instagram', handle: 'bob', method: 'instagram_login' },
      })
      expect(creator).toMatchObject({ account_kind: 'creator', status: 'active' })
    })

    test('a linked Page required: without one the consent says what to mend', async () => {
      const body = { platform: 'instagram', method: 'facebook_login' }
      const consented = await consentTo(stack.api, body, { sandbox_account: 'carol' })
      expect(named(consented, 'Conti Fans')).toMatchObject({
        connection_id: null,
        problem: {
          code: 'instagram_account_not_linked',
          message: expect.stringMatching(/Link it in the Page’s settings/),
        },
      })
    })
  })

  test('TikTok `open_id`, username, refresh token that itself expires', async () => {
    const alice = await person('tiktok', 'alice')
    const connection = await stack.connect('tiktok')
    expect(connection).toMatchObject({
      platform_account_id: alice.account_id,
      account_handle: 'alice',
      display_name: alice.display_name,
    })
    expect(daysLeft(connection.refresh_expires_at)).toBe(180)
    expect(Date.parse(connection.expires_at ?? '')).toBeLessThan(Date.now() + DAY_MS)
    expect(await tokensOf(connection)).toEqual([
      { kind: 'access', expires_at: connection.expires_at },
      { kind: 'refresh', expires_at: connection.refresh_expires_at },
    ])
  })

  test.each(['oauth2', 'oauth1'])('X `user_id`, `username` by %s', async (method) => {
    const bob = await person('x', 'bob')
    const account = { platform: 'x' as const, handle: 'bob', method }
    const connection = await connectAccount(stack.api, stack.sandbox.url, account)
    expect(connection).toMatchObject({
      ...{ method, platform_account_id: bob.account_id, account_handle: 'bob' },
    })
    expect(connection.platform_account_id).toMatch(/^\d+$/)
    const kinds = (await tokensOf(connection)).map(({ kind }) => kind)
    expect(kinds).toEqual(
      method === 'oauth2'
        ? ['access', 'refresh']
        : ['access', 'api_key', 'api_secret', 'token_secret'],
    )
  })

  describe('LinkedIn `person_id`, `profile_id`, `organization_id`', () => {
    const consent = (handle: string, more: Record<string, string> = {}) =>
      consentTo(
        stack.api,
        { platform: 'linkedin', scopes: LINKEDIN_SCOPES },
        { sandbox_account: handle, ...more },
      )

    test('the person', async () => {
      const bob = await person('linkedin', 'bob')
      const connection = await stack.connect('linkedin', 'bob')
      expect(connection).toMatchObject({
        platform_account_id: `urn:li:person:${bob.account_id}`,
        account_kind: 'personal',
        display_name: bob.display_name,
      })
    })

    test('person and organization from one consent', async () => {
      const consented = await consent('alice')
      const [member, coffee] = [named(consented, 'Alice Adler'), named(consented, 'Adler Coffee')]
      const wanted = [member, coffee].map((one) => one?.account_id ?? '')
      const ids = await choose(stack.api, consented, wanted)
      const made = await Promise.all(ids.map((id) => stack.api.getConnection(id)))
      expect(made).toMatchObject([
        { account_kind: 'personal', status: 'active', platform_account_id: wanted[0] },
        { account_kind: 'organization', status: 'active', account_handle: 'adler-coffee' },
      ])
      expect(wanted[1]).toMatch(/^urn:li:organization:\d+$/)
    })

    test('posting as an organization needs its admin role', async () => {
      const consented = await consent('carol')
      const open = consented.session.accounts.filter(({ problem }) => problem === null)
      const organizations = open.filter(({ account_kind }) => account_kind === 'organization')
      // Her request for a role in Adler Coffee has not been granted.
      expect(organizations.map(({ display_name }) => display_name)).toEqual(['Conti Studio'])
      const without = await consent('carol', {
        sandbox_scopes: 'openid,profile,w_member_social,rw_organization_admin',
      })
      expect(named(without, 'Conti Studio')?.problem).toMatchObject({
        code: 'linkedin_scope_missing',
        message: expect.stringMatching(/posting on Pages/),
      })
    })
  })

  describe('Facebook `user_id`, `page_id`, page access token', () => {
    test('several pages from one consent, each with its own token', async () => {
      const carol = await person('facebook', 'carol')
      const account = { platform: 'facebook' as const, handle: 'carol' }
      const pages = await connectAccounts(stack.api, stack.sandbox.url, account)
      const known = [carol.credentials.page_ids, carol.credentials.portfolio_page_ids].join()
      expect(pages).toHaveLength(3)
      for (const page of pages) {
        expect(known.split(',')).toContain(page.platform_account_id)
        expect(page).toMatchObject({ account_kind: 'page', status: 'active', expires_at: null })
        const kinds = (await tokensOf(page)).map(({ kind }) => kind)
        expect(kinds).toEqual(['access', 'user_access'])
      }
      const ids = pages.map(({ id }) => id)
      const grantors = await auditor.query<{ grantor_id: string }>(
        'select distinct grantor_id from connections where id in (?)',
        [ids],
      )
      expect(grantors).toEqual([{ grantor_id: carol.account_id }])
    })

    test('`user_id` of who consented is told by the connection', async () => {
      const bob = await person('facebook', 'bob')
      const [page] = await connectAccounts(stack.api, stack.sandbox.url, {
        ...{ platform: 'facebook', handle: 'bob' },
      })
      expect(JSON.stringify(page)).toContain(bob.account_id)
    })

    test('60-day long-lived tokens: a page’s has no end, the person’s says when it ends', async () => {
      const person = await openAccount(stack.sandbox.url, 'facebook', 'sixtydays')
      const page = await connectAccount(stack.api, stack.sandbox.url, {
        ...{ platform: 'facebook', handle: person.handle },
      })
      const ends = new Map((await tokensOf(page)).map((one) => [one.kind, one.expires_at]))
      expect(ends.get('access')).toBeNull()
      expect(daysLeft(ends.get('user_access') ?? null)).toBe(60)
    })

    test('personal profile: closed to apps since, and Clarion says so', async () => {
      const info = await stack.api.call<object>('GET', '/v1/platforms/facebook')
      expect(JSON.stringify(info)).toMatch(/profile/)
    })
  })

  describe('Reddit `username`, `user_id`, `default_subreddit` with per-subreddit posting rules', () => {
    interface Place {
      id: string
      can_post: boolean
      reason: string | null
      is_default: boolean
      detail: Record<string, unknown>
    }
    let connection: ConnectionAnswer

    const places = async () => {
      const path = `/v1/connections/${connection.id}/accounts?limit=100`
      const { data } = await stack.api.call<{ data: Place[] }>('GET', path)
      return new Map(data.map((one) => [one.id, one]))
    }

    beforeAll(async () => {
      connection = await stack.connect('reddit', 'alice')
      await stack.api.call('POST', `/v1/connections/${connection.id}/sync`)
    })

    test('`username`, `user_id`', async () => {
      const alice = await person('reddit', 'alice')
      expect(connection).toMatchObject({
        platform_account_id: alice.account_id,
        account_handle: 'alice',
      })
    })

    test('`default_subreddit` is chosen from the places the account reaches', async () => {
      expect([...(await places()).keys()]).toEqual(
        expect.arrayContaining(['u_alice', 'clarion_sandbox']),
      )
      const settings = { default_subreddit: 'clarion_sandbox' }
      const path = `/v1/connections/${connection.id}`
      expect(await stack.api.call('PATCH', path, { settings })).toMatchObject({ settings })
      const marked = [...(await places()).values()].filter(({ is_default }) => is_default)
      expect(marked.map(({ id }) => id)).toEqual(['clarion_sandbox'])
    })

    test('who may post, and what kind', async () => {
      const found = await places()
      expect(found.get('links_only')?.detail).toMatchObject({ submission_type: 'link' })
      expect(found.get('text_only')?.detail).toMatchObject({ submission_type: 'self' })
      for (const id of ['members_only_posts', 'you_are_banned']) {
        expect(found.get(id)).toMatchObject({ can_post: false, reason: expect.any(String) })
      }
    })

    test('rules of its moderators: flair, length and words of the title', async () => {
      const found = await places()
      expect(JSON.stringify(found.get('flair_first')?.detail)).toMatch(/is_flair_required":true/)
      expect(JSON.stringify(found.get('text_only')?.detail)).toMatch(/title_text_min_length":10/)
    })
  })
})
