import { describe, expect, test } from '@jest/globals'
import { call, makeClock, withSandbox } from '../../testing/http.ts'
import { accountRow, errorOf, get, longToken, shortToken } from '../../testing/meta-login.ts'

describe('Instagram through Facebook', () => {
  test('an account behind a Page is a node of its own', () =>
    withSandbox({}, async ({ url }) => {
      const { id } = await accountRow(url, 'instagram', 'alice.catering')
      const token = await longToken(url, 'facebook')
      const path = `/${id}?fields=username,name,profile_picture_url`
      expect((await get(url, 'facebook', path, token)).body).toEqual({
        username: 'alice.catering',
        name: 'Alice Adler',
        profile_picture_url: expect.stringMatching(/^https:/),
        id,
      })
      const bob = await longToken(url, 'facebook', { sandbox_account: 'bob' })
      expect(errorOf(await get(url, 'facebook', path, bob))).toBe('100/33')
    }))

  test('without instagram_basic it is left out of Pages and refused as a node', () =>
    withSandbox({}, async ({ url }) => {
      const { id } = await accountRow(url, 'instagram', 'alice')
      const token = await longToken(url, 'facebook', { scope: 'pages_show_list' })
      const path = '/me/accounts?fields=id,instagram_business_account'
      expect(JSON.stringify((await get(url, 'facebook', path, token)).body)).not.toContain(id)
      const refused = await get(url, 'facebook', `/${id}`, token)
      expect([refused.status, errorOf(refused)]).toEqual([403, '10'])
    }))

  test('a personal account is not shown behind its Page', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook', { sandbox_account: 'carol' })
      const path = '/me/accounts?fields=name,instagram_business_account{username}'
      const { body } = await get(url, 'facebook', path, token)
      expect(body).toMatchObject({
        data: [{ instagram_business_account: { username: 'carol' } }, { name: 'Conti Fans' }],
      })
      expect(JSON.stringify(body)).not.toContain('carol.private')
    }))
})

describe('Graph versions', () => {
  test('none and old ones answer, ones that do not exist are unknown paths', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await shortToken(url, 'facebook')
      for (const [version, status] of [
        ['', 200],
        ['/v19.0', 200],
        ['/v26.0', 200],
        ['/v99.0', 400],
      ]) {
        expect((await call(`${url}/facebook${version}/me`, { bearer })).status).toBe(status)
      }
    }))

  test('the app’s budget is counted in X-App-Usage and ends in code 4', () =>
    withSandbox({ now: makeClock().now }, async ({ url }) => {
      const token = await shortToken(url, 'facebook')
      for (let calls = 0; calls < 599; calls += 1) await get(url, 'facebook', '/me', token)
      const last = await get(url, 'facebook', '/me', token)
      expect(last.status).toBe(200)
      expect(JSON.parse(last.headers.get('x-app-usage') ?? '')).toMatchObject({ call_count: 100 })
      expect(errorOf(await get(url, 'facebook', '/me', token))).toBe('4')
    }))
})
