import { describe, expect, test } from '@jest/globals'
import { builtInClient } from '../../oauth/clients.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  accountRow,
  consent,
  dialogUrl,
  errorOf,
  exchange,
  extend,
  get,
  longToken,
  redirectUri,
  shortToken,
  steer,
} from '../../testing/meta-login.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const APP_TOKEN = 'TH|sandbox-threads-client|sbx_secret_threads_client_secret'
const BAD_CODE = {
  error_type: 'OAuthException',
  code: 400,
  error_message: 'Matching code was not found or was already used',
}

const refresh = (base: string, access_token: string) => {
  const query = new URLSearchParams({ grant_type: 'th_refresh_token', access_token })
  return call(`${base}/threads/refresh_access_token?${query}`)
}

describe('Threads authorize', () => {
  test('shows a page; allow sends a code with #_ behind it', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(dialogUrl(url, 'threads')).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/threads/oauth/authorize?${query}`)
      expect(page.body).toContain('action="/threads/_consent"')
      const { headers } = await call(dialogUrl(url, 'threads'))
      expect(headers.get('location')).toMatch(/\?code=sbx_secret_.*&state=state-1#_$/)
    }))

  test('deny sends user_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const { headers } = await call(dialogUrl(url, 'threads', { sandbox_decision: 'deny' }))
      const { searchParams } = new URL(headers.get('location') ?? '')
      expect(searchParams.get('error')).toBe('access_denied')
      expect(searchParams.get('error_reason')).toBe('user_denied')
      expect(searchParams.get('state')).toBe('state-1')
    }))

  test.each([
    ['client_id', 'sandbox-facebook-client'],
    ['redirect_uri', 'http://example.com/callback'],
    ['scope', 'threads_content_publish'],
    ['scope', 'threads_basic threads_content_publish'],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(dialogUrl(url, 'threads', { [name]: value }))
      expect([status, headers.get('location')]).toEqual([400, null])
    }),
  )

  test('an app with registered addresses accepts those exactly', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'threads', redirect_uris: ['https://app.example/cb'] }
      const client_id = pick((await call(`${url}/_sandbox/apps`, { json })).body, 'client_id')
      const redirect_uri = 'https://app.example/cb'
      expect((await call(dialogUrl(url, 'threads', { client_id, redirect_uri }))).status).toBe(302)
      expect((await call(dialogUrl(url, 'threads', { client_id }))).status).toBe(400)
    }))
})

describe('Threads token', () => {
  test('a code gives a token and the id as a bare number beyond 2^53', () =>
    withSandbox({}, async ({ url }) => {
      const form = {
        ...builtInClient('threads'),
        grant_type: 'authorization_code',
        redirect_uri: redirectUri('threads'),
        code: await consent(url, 'threads'),
      }
      const body = new URLSearchParams(form)
      const response = await fetch(`${url}/threads/oauth/access_token`, { method: 'POST', body })
      const text = await response.text()
      const { id } = await accountRow(url, 'threads', 'alice')
      expect(BigInt(id) > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true)
      const token = /^\{"access_token":"(sbx_secret_threads_short_[^"]+)","user_id":(\d+)\}$/.exec(
        text,
      )
      expect(token?.[2]).toBe(id)
      const fields = 'id,username,name,threads_profile_picture_url,threads_biography,is_verified'
      const me = await get(url, 'threads', `/me?fields=${fields}`, token?.[1] ?? '')
      expect(me.body).toEqual({
        id,
        username: 'alice',
        name: 'Alice Adler',
        threads_profile_picture_url: expect.stringMatching(/^https:/),
        threads_biography: '',
        is_verified: false,
      })
    }))

  test.each([
    ['client_id', 'nobody', 'Invalid platform app'],
    ['client_secret', 'guess', 'Error validating client secret.'],
    ['code', 'made-up', BAD_CODE.error_message],
  ])('a wrong %s is refused', (name, value, error_message) =>
    withSandbox({}, async ({ url }) => {
      const code = await consent(url, 'threads')
      const refused = await exchange(url, 'threads', code, { [name]: value })
      expect([refused.status, refused.body]).toEqual([400, { ...BAD_CODE, error_message }])
      expect((await exchange(url, 'threads', code)).status).toBe(200)
    }),
  )

  test('a code works once and for an hour', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const code = await consent(url, 'threads')
      expect((await exchange(url, 'threads', code)).status).toBe(200)
      expect((await exchange(url, 'threads', code)).body).toEqual(BAD_CODE)
      const late = await consent(url, 'threads')
      clock.advance(HOUR_MS)
      expect((await exchange(url, 'threads', late)).body).toEqual(BAD_CODE)
    })
  })

  test('an expired short-lived token gives no long-lived one', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const short = await shortToken(url, 'threads')
      expect((await extend(url, 'threads', short)).body).toEqual({
        access_token: expect.stringMatching(/^sbx_secret_threads_long_/),
        token_type: 'bearer',
        expires_in: 5_183_944,
      })
      const wrong = await extend(url, 'threads', short, { grant_type: 'ig_exchange_token' })
      expect(errorOf(wrong)).toBe('100')
      clock.advance(HOUR_MS)
      expect(errorOf(await extend(url, 'threads', short))).toBe('190/463')
    })
  })

  test('refresh is refused before a day and after the end', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const short = await shortToken(url, 'threads')
      const long = pick((await extend(url, 'threads', short)).body, 'access_token')
      expect(errorOf(await refresh(url, short))).toBe('452')
      clock.advance(DAY_MS - 1)
      expect(errorOf(await refresh(url, long))).toBe('100')
      clock.advance(1)
      const fresh = pick((await refresh(url, long)).body, 'access_token')
      expect((await get(url, 'threads', '/me', long)).status).toBe(200)
      clock.advance(59.5 * DAY_MS)
      expect(errorOf(await refresh(url, long))).toBe('190/463')
      expect((await refresh(url, fresh)).status).toBe(200)
    })
  })

  test('app credentials give an app token, by GET and by POST', () =>
    withSandbox({}, async ({ url }) => {
      const form = { ...builtInClient('threads'), grant_type: 'client_credentials' }
      const path = `${url}/threads/oauth/access_token`
      const answer = { access_token: APP_TOKEN, token_type: 'bearer' }
      expect((await call(path, { form })).body).toEqual(answer)
      expect((await call(`${path}?${new URLSearchParams(form)}`)).body).toEqual(answer)
      const wrong = await call(path, { form: { ...form, client_secret: 'guess' } })
      expect(errorOf(wrong)).toBe('1')
    }))
})

describe('Threads access', () => {
  test('debug_token tells the scopes that stayed ticked', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'threads', { sandbox_scopes: 'threads_content_publish' })
      const path = `/debug_token?input_token=${token}`
      const expected = {
        data: {
          type: 'USER',
          app_id: 'sandbox-threads-client',
          is_valid: true,
          scopes: ['threads_basic', 'threads_content_publish'],
          user_id: (await accountRow(url, 'threads', 'alice')).id,
        },
      }
      for (const access_token of [APP_TOKEN, token]) {
        const { body } = await call(
          `${url}/threads/v1.0${path}&access_token=${encodeURIComponent(access_token)}`,
        )
        expect(body).toMatchObject(expected)
      }
      const none = await call(`${url}/threads/v1.0${path}&access_token=TH|nobody|x`)
      expect(errorOf(none)).toBe('190')
    }))

  test('a removed app is 190/458, an ended session 190/463', () =>
    withSandbox({}, async ({ url }) => {
      const first = await longToken(url, 'threads')
      await steer(url, 'expire', 'threads')
      expect(errorOf(await get(url, 'threads', '/me', first))).toBe('190/463')
      const second = await longToken(url, 'threads')
      await steer(url, 'revoke', 'threads')
      expect(errorOf(await get(url, 'threads', '/me', second))).toBe('190/458')
      expect(errorOf(await get(url, 'threads', '/me', 'made-up'))).toBe('190')
    }))

  test('a token reads its own profile only, in version 1.0 or none', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await longToken(url, 'threads')
      const bob = await accountRow(url, 'threads', 'bob')
      expect(errorOf(await get(url, 'threads', `/${bob.id}`, bearer))).toBe('100/33')
      expect((await call(`${url}/threads/me`, { bearer })).status).toBe(200)
      expect(errorOf(await call(`${url}/threads/v25.0/me`, { bearer }))).toBe('2500')
      expect(errorOf(await get(url, 'threads', '/me?fields=account_type', bearer))).toBe('100')
    }))

  test('faults speak Graph, and calls are listed under the account', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'threads')
      const { id } = await accountRow(url, 'threads', 'alice')
      const fault = { platform: 'threads', account_id: id, step: 'profile', times: 1 }
      await call(`${url}/_sandbox/faults`, { json: { ...fault, fault: 'status', status: 502 } })
      const hit = await get(url, 'threads', '/me', token)
      expect([hit.status, errorOf(hit)]).toEqual([502, '2'])
      const calls = await call(`${url}/_sandbox/calls?platform=threads&step=profile`)
      expect(calls.body).toMatchObject({ data: [{ account_id: id, status: 502 }] })
    }))
})
