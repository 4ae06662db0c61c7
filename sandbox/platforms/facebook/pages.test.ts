import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isRecord } from '../../http/body.ts'
import { call, makeClock, newAccount, pick, type Reply, withSandbox } from '../../testing/http.ts'
import {
  accountRow,
  consent,
  dialogUrl,
  errorOf,
  exchange,
  get,
  longToken,
  shortToken,
} from '../../testing/meta-login.ts'

const names = ({ body }: Reply): unknown[] =>
  isRecord(body) && Array.isArray(body.data) ? body.data.map((row) => pick(row, 'name')) : []

const ids = async (url: string, handle: string): Promise<string[]> =>
  (await accountRow(url, 'facebook', handle)).credential('page_ids').split(',')

describe('Facebook Pages', () => {
  test('/me/accounts lists direct Pages with tasks, token and Instagram account', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const fields =
        'id,name,username,access_token,picture.type(large){url},tasks,instagram_business_account{id,username,name}'
      const path = `/me/accounts?limit=100&fields=${encodeURIComponent(fields)}`
      const { body } = await get(url, 'facebook', path, token)
      const [bakery, club] = await ids(url, 'alice')
      const instagram = await accountRow(url, 'instagram', 'alice')
      expect(body).toMatchObject({
        data: [
          {
            id: bakery,
            name: 'Alice Bakery',
            username: 'alicebakery',
            access_token: expect.stringMatching(/^sbx_secret_facebook_page_/),
            picture: { data: { url: expect.stringMatching(/^https:/) } },
            tasks: expect.arrayContaining(['CREATE_CONTENT']),
            instagram_business_account: {
              id: instagram.id,
              username: 'alice',
              name: 'Alice Adler',
            },
          },
          { id: club, name: 'City Cycling Club' },
        ],
        paging: { cursors: { before: expect.any(String), after: expect.any(String) } },
      })
      expect(JSON.stringify(body)).not.toMatch(/"next"|Adler Catering/)
      expect(Object(body).data[1]).not.toHaveProperty('username')
      expect(Object(body).data[1]).not.toHaveProperty('instagram_business_account')
    }))

  test('cursors lead through the list and back', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const first = await call(`${url}/facebook/v25.0/me/accounts?limit=1&access_token=${token}`)
      expect(names(first)).toEqual(['Alice Bakery'])
      const next = pick(first.body, 'paging', 'next')
      expect(next).toContain(`${url}/facebook/v25.0/me/accounts?`)
      const second = await call(next)
      expect(names(second)).toEqual(['City Cycling Club'])
      expect(JSON.stringify(second.body)).not.toContain('"next"')
      expect(names(await call(pick(second.body, 'paging', 'previous')))).toEqual(['Alice Bakery'])
      expect(errorOf(await get(url, 'facebook', '/me/accounts?after=bogus', token))).toBe('100')
      expect(errorOf(await get(url, 'facebook', '/me/accounts?limit=0', token))).toBe('100')
    }))

  test('a Page without CREATE_CONTENT is listed with the tasks there are', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook', { sandbox_account: 'bob' })
      const { body } = await get(url, 'facebook', '/me/accounts', token)
      expect(body).toMatchObject({ data: [{}, { name: 'City Cycling Club', tasks: ['ANALYZE'] }] })
      const bob = await accountRow(url, 'facebook', 'bob')
      expect(bob.credential('read_only_page_ids')).toBe(pick(body, 'data', 1, 'id'))
    }))

  test.each([
    ['alice', 'owned_pages', 'client_pages', 'Adler Catering'],
    ['carol', 'client_pages', 'owned_pages', 'Conti Concerts'],
  ])('the portfolio Page of %s is in %s only', (sandbox_account, edge, other, name) =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook', { sandbox_account })
      expect(names(await get(url, 'facebook', '/me/accounts', token))).not.toContain(name)
      const business = pick(
        (await get(url, 'facebook', '/me/businesses', token)).body,
        'data',
        0,
        'id',
      )
      const listed = await get(url, 'facebook', `/${business}/${edge}?fields=id,name`, token)
      expect(names(listed)).toEqual([name])
      const none = await get(url, 'facebook', `/${business}/${other}`, token)
      expect(none.body).toEqual({ data: [] })
      const path = `/${pick(listed.body, 'data', 0, 'id')}?fields=name,access_token`
      const page = await get(url, 'facebook', path, token)
      const bearer = pick(page.body, 'access_token')
      expect(pick((await get(url, 'facebook', '/me', bearer)).body, 'name')).toBe(name)
    }),
  )

  test('portfolios need business_management, and one’s own role in them', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await longToken(url, 'facebook')
      const business = pick(
        (await get(url, 'facebook', '/me/businesses', alice)).body,
        'data',
        0,
        'id',
      )
      const bob = await longToken(url, 'facebook', { sandbox_account: 'bob' })
      expect(errorOf(await get(url, 'facebook', `/${business}/owned_pages`, bob))).toBe('100/33')
      const carol = { sandbox_account: 'carol', scope: 'pages_show_list' }
      const refused = await get(
        url,
        'facebook',
        '/me/businesses',
        await longToken(url, 'facebook', carol),
      )
      expect([refused.status, errorOf(refused)]).toEqual([403, '200'])
    }))

  test('`tasks` is no field of a Page, and no field is invented', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const [bakery] = await ids(url, 'alice')
      const { body } = await get(url, 'facebook', `/${bakery}?fields=name,tasks`, token)
      expect(pick(body, 'error', 'message')).toBe(
        '(#100) Tried accessing nonexisting field (tasks) on node type (Page)',
      )
      expect(errorOf(await get(url, 'facebook', '/me?fields=id,toString', token))).toBe('100')
      expect(errorOf(await get(url, 'facebook', '/me?fields=picture{', token))).toBe('2500')
    }))

  test('only picked Pages are reached', () =>
    withSandbox({}, async ({ url }) => {
      const [bakery, club = '', catering] = await ids(url, 'alice')
      const token = await longToken(url, 'facebook', { sandbox_pages: club })
      expect(names(await get(url, 'facebook', '/me/accounts', token))).toEqual([
        'City Cycling Club',
      ])
      expect(errorOf(await get(url, 'facebook', `/${bakery}`, token))).toBe('100/33')
      expect(errorOf(await get(url, 'facebook', `/${catering}?fields=access_token`, token))).toBe(
        '100/33',
      )
      const none = await longToken(url, 'facebook', { sandbox_pages: '' })
      expect((await get(url, 'facebook', '/me/accounts', none)).body).toEqual({ data: [] })
    }))

  test('the form sends every ticked box; those of other people do not count', () =>
    withSandbox({}, async ({ url }) => {
      const [bakery = ''] = await ids(url, 'alice')
      const [bikes = ''] = await ids(url, 'bob')
      const form = new URL(dialogUrl(url, 'facebook')).searchParams
      for (const id of ['', bikes, bakery]) form.append('sandbox_pages', id)
      const consented = await fetch(`${url}/facebook/_consent`, {
        method: 'POST',
        body: form,
        redirect: 'manual',
      })
      const code = new URL(consented.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const { body } = await exchange(url, 'facebook', code)
      const pages = await get(url, 'facebook', '/me/accounts', pick(body, 'access_token'))
      expect(names(pages)).toEqual(['Alice Bakery'])
    }))

  test('Pages and tokens outlive a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
    const stateFile = join(folder, 'state.json')
    let token = ''
    let before: unknown
    await withSandbox({ stateFile }, async ({ url }) => {
      token = await longToken(url, 'facebook')
      before = (await get(url, 'facebook', '/me/accounts', token)).body
    })
    await withSandbox({ stateFile }, async ({ url }) => {
      expect((await get(url, 'facebook', '/me/accounts', token)).body).toEqual(before)
    })
    await rm(folder, { recursive: true })
  })

  test('a new person has one Page and an Instagram account behind it', () =>
    withSandbox({}, async (sandbox) => {
      const { row } = await newAccount(sandbox, 'facebook', 'dora-1')
      const token = await longToken(sandbox.url, 'facebook', { sandbox_account: 'dora-1' })
      const path = '/me/accounts?fields=id,instagram_business_account{id,username}'
      expect((await get(sandbox.url, 'facebook', path, token)).body).toMatchObject({
        data: [
          {
            id: pick(row, 'credentials', 'page_ids'),
            instagram_business_account: {
              id: pick(row, 'credentials', 'instagram_ids'),
              username: 'dora_1.page',
            },
          },
        ],
      })
    }))
})

describe('Facebook page tokens', () => {
  const pageToken = async (url: string, user: string) =>
    pick((await get(url, 'facebook', '/me/accounts', user)).body, 'data', 0, 'access_token')

  test('one from a long-lived token never expires, one from a short-lived token dies with it', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const long = await longToken(url, 'facebook')
      const lasting = await pageToken(url, long)
      expect(await pageToken(url, long)).toBe(lasting)
      const brief = await pageToken(url, await shortToken(url, 'facebook'))
      const { headers } = await get(url, 'facebook', '/me', lasting)
      expect(JSON.parse(headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
        [(await ids(url, 'alice'))[0] ?? '']: [{ type: 'pages', call_count: 0 }],
      })
      clock.advance(5_400_000)
      expect(errorOf(await get(url, 'facebook', '/me', brief))).toBe('190/463')
      clock.advance(400 * 86_400_000)
      expect(errorOf(await get(url, 'facebook', '/me', long))).toBe('190/463')
      expect((await get(url, 'facebook', '/me', lasting)).status).toBe(200)
    })
  })

  test('one whose Page was unpicked may not impersonate it: 190 without a subcode', () =>
    withSandbox({}, async ({ url }) => {
      const token = await pageToken(url, await longToken(url, 'facebook'))
      const [, club = ''] = await ids(url, 'alice')
      await consent(url, 'facebook', { sandbox_pages: club })
      const refused = await get(url, 'facebook', '/me', token)
      expect(errorOf(refused)).toBe('190')
      expect(pick(refused.body, 'error', 'message')).toMatch(/before impersonating a user's page/)
    }))

  test('a page token is no person', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await pageToken(url, await longToken(url, 'facebook'))
      expect(errorOf(await get(url, 'facebook', '/me/accounts', bearer))).toBe('100')
      const base = `${url}/facebook/v25.0/me/permissions`
      expect(errorOf(await call(base, { method: 'DELETE', bearer }))).toBe('100/33')
      const [, club] = await ids(url, 'alice')
      expect(errorOf(await get(url, 'facebook', `/${club}`, bearer))).toBe('100/33')
    }))
})
