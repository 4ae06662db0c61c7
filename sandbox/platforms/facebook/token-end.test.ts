import { describe, expect, test } from '@jest/globals'
import { call, pick, withSandbox } from '../../testing/http.ts'
import {
  accountRow,
  consent,
  errorOf,
  exchange,
  extend,
  get,
  longToken,
  shortToken,
  steer,
} from '../../testing/meta-login.ts'

describe('Facebook tokens end', () => {
  test('a removed app is 190/458, and a new consent does not revive old tokens', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const pending = await consent(url, 'facebook')
      await steer(url, 'revoke', 'facebook')
      const me = await get(url, 'facebook', '/me', token)
      expect([me.status, errorOf(me)]).toEqual([400, '190/458'])
      expect(errorOf(await extend(url, 'facebook', token))).toBe('190/458')
      expect((await exchange(url, 'facebook', pending)).status).toBe(400)
      const fresh = await shortToken(url, 'facebook')
      expect((await get(url, 'facebook', '/me', fresh)).status).toBe(200)
      expect(errorOf(await get(url, 'facebook', '/me', token))).toBe('190/458')
    }))

  test('an ended session is 190/463', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const pages = await get(url, 'facebook', '/me/accounts', token)
      await steer(url, 'expire', 'facebook')
      const pageToken = pick(pages.body, 'data', 0, 'access_token')
      expect(errorOf(await get(url, 'facebook', '/me', pageToken))).toBe('190/463')
      expect(errorOf(await get(url, 'facebook', '/me', token))).toBe('190/463')
      expect(errorOf(await extend(url, 'facebook', token))).toBe('190/463')
    }))

  test('DELETE /me/permissions takes one permission, or the app', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await longToken(url, 'facebook')
      const base = `${url}/facebook/v25.0/me/permissions`
      const one = await call(`${base}/pages_show_list`, { method: 'DELETE', bearer })
      expect(one.body).toEqual({ success: true })
      expect((await get(url, 'facebook', '/me/accounts', bearer)).body).toEqual({ data: [] })
      const again = await call(`${base}/pages_show_list`, { method: 'DELETE', bearer })
      expect(errorOf(again)).toBe('100')
      expect((await call(base, { method: 'DELETE', bearer })).body).toEqual({ success: true })
      expect(errorOf(await get(url, 'facebook', '/me', bearer))).toBe('190/458')
    }))

  test('no token and a made-up token have words of their own', () =>
    withSandbox({}, async ({ url }) => {
      expect(errorOf(await call(`${url}/facebook/v25.0/me`))).toBe('2500')
      expect(errorOf(await get(url, 'facebook', '/me', 'EAAmadeup'))).toBe('190')
    }))
})

describe('Facebook faults', () => {
  test.each([
    ['profile', { fault: 'status', status: 503 }, 503, '2'],
    ['profile', { fault: 'refuse' }, 403, '10'],
    ['profile', { fault: 'rate_limit', retry_after_s: 600 }, 400, '80001'],
    ['token', { fault: 'refuse' }, 400, '190/460'],
    ['token', { fault: 'status', status: 500 }, 500, '2'],
  ])('%s: %j is told in the words of Graph', (step, fault, status, code) =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      const { id } = await accountRow(url, 'facebook', 'alice')
      const order = { platform: 'facebook', account_id: id, step, times: 1, ...fault }
      await call(`${url}/_sandbox/faults`, { json: order })
      const send = () =>
        step === 'token' ? extend(url, 'facebook', token) : get(url, 'facebook', '/me', token)
      const hit = await send()
      expect([hit.status, errorOf(hit)]).toEqual([status, code])
      if (fault.fault === 'rate_limit') {
        const usage = JSON.parse(hit.headers.get('x-business-use-case-usage') ?? '')
        expect(usage[id][0].estimated_time_to_regain_access).toBe(10)
      }
      expect((await send()).status).toBe(200)
    }),
  )
})
