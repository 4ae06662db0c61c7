import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { login, SCOPES } from '../../testing/pinterest-login.ts'

async function names(url: string, bearer: string, query = ''): Promise<string[]> {
  const { body } = await call(`${url}/pinterest/v5/boards${query}`, { bearer })
  return Object.values(Object(body).items).map((board) => pick(board, 'name'))
}

describe('Pinterest account and boards', () => {
  test('user_account tells business and pinner apart', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const path = `${url}/pinterest/v5/user_account`
      expect((await call(path, { bearer: alice.access })).body).toMatchObject({
        id: expect.stringMatching(/^\d{18}$/),
        username: 'alice',
        account_type: 'BUSINESS',
        business_name: 'Alice Adler',
        board_count: 3,
      })
      const bob = await login(url, { sandbox_account: 'bob' })
      const other = (await call(path, { bearer: bob.access })).body
      expect(other).toMatchObject({ account_type: 'PINNER', business_name: null })
    }))

  test('boards are filtered by privacy; secret ones need their scope', () =>
    withSandbox({}, async ({ url }) => {
      const plain = await login(url)
      expect(await names(url, plain.access)).toEqual(['Recipes', 'Travel', 'Team drafts'])
      expect(await names(url, plain.access, '?privacy=SECRET')).toEqual([])
      expect(await names(url, plain.access, '?privacy=PROTECTED')).toEqual(['Team drafts'])
      const full = await login(url, { scope: `${SCOPES},boards:read_secret` })
      expect(await names(url, full.access, '?privacy=PUBLIC_AND_SECRET')).toEqual([
        'Recipes',
        'Travel',
        'Surprise party',
      ])
    }))

  test('pages follow the bookmark to the end', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { sandbox_account: 'carol' })
      const path = `${url}/pinterest/v5/boards`
      const first = await call(path, { bearer: access })
      expect(Object(first.body).items).toHaveLength(25)
      const rest = `${path}?bookmark=${encodeURIComponent(pick(first.body, 'bookmark'))}`
      const second = await call(rest, { bearer: access })
      expect(Object(second.body).items).toHaveLength(8)
      expect(second.body).toMatchObject({ bookmark: null })
      expect((await call(`${path}?page_size=250`, { bearer: access })).body).toMatchObject({
        bookmark: null,
      })
      for (const query of ['page_size=251', 'page_size=0', 'bookmark=zzz', 'privacy=HIDDEN']) {
        const refused = await call(`${path}?${query}`, { bearer: access })
        expect([query, refused.status]).toEqual([query, 400])
      }
    }))

  test('a board is shown to its owner by its numeric id, with its sections', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const path = `${url}/pinterest/v5/boards`
      const list = await call(path, { bearer: alice.access })
      const id = pick(list.body, 'items', 0, 'id')
      const shown = await call(`${path}/${id}`, { bearer: alice.access })
      expect(shown.body).toEqual(Object(list.body).items[0])
      const sections = await call(`${path}/${id}/sections`, { bearer: alice.access })
      expect(sections.body).toEqual({
        items: [
          { id: expect.stringMatching(/^\d+$/), name: 'Breakfast' },
          { id: expect.stringMatching(/^\d+$/), name: 'Dinner' },
        ],
        bookmark: null,
      })
      const foreign = await call(`${path}/${id}`, { bearer: bob.access })
      expect([foreign.status, foreign.body]).toEqual([
        404,
        { code: 40, message: 'Board not found.' },
      ])
      expect((await call(`${path}/Recipes`, { bearer: alice.access })).status).toBe(400)
    }))

  test('a board can be created, a secret one with its scope only', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const create = (json: unknown) => call(`${url}/pinterest/v5/boards`, { json, bearer: access })
      const made = await create({ name: 'New', description: 'Fresh' })
      expect(made.status).toBe(201)
      expect(made.body).toMatchObject({ name: 'New', privacy: 'PUBLIC', description: 'Fresh' })
      expect(await names(url, access)).toContain('New')
      expect((await create({ name: ' ' })).status).toBe(400)
      const secret = await create({ name: 'Hush', privacy: 'SECRET' })
      expect([secret.status, pick(secret.body, 'code')]).toEqual([403, '3'])
    }))

  test('a thousand reads a minute, then 429 until the reset', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { access } = await login(url)
      const path = `${url}/pinterest/v5/user_account`
      const first = await call(path, { bearer: access })
      expect(first.headers.get('x-ratelimit-limit')).toBe('1000, 1000;w=60')
      expect(first.headers.get('x-ratelimit-remaining')).toBe('999')
      for (let count = 1; count < 1000; count++) await call(path, { bearer: access })
      clock.advance(20_000)
      const over = await call(path, { bearer: access })
      expect([over.status, pick(over.body, 'code')]).toEqual([429, '8'])
      expect(over.headers.get('x-ratelimit-reset')).toBe('40')
      clock.advance(40_000)
      expect((await call(path, { bearer: access })).status).toBe(200)
    })
  })
})
