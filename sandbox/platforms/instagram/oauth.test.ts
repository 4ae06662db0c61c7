import { describe, expect, test } from '@jest/globals'
import { builtInClient } from '../../oauth/clients.ts'
import { call, makeClock, newAccount, pick, withSandbox } from '../../testing/http.ts'
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
const BAD_CODE = {
  error_type: 'OAuthException',
  code: 400,
  error_message: 'Matching code was not found or was already used',
}

const refresh = (base: string, access_token: string) => {
  const query = new URLSearchParams({ grant_type: 'ig_refresh_token', access_token })
  return call(`${base}/instagram/refresh_access_token?${query}`)
}

describe('Instagram Login dialog', () => {
  test('shows a page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(dialogUrl(url, 'instagram')).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/instagram/oauth/authorize?${query}`)
      expect(page.status).toBe(200)
      expect(page.body).toContain('value="instagram_business_basic" checked disabled')
      query.set('sandbox_decision', 'allow')
      const form = Object.fromEntries(query)
      const sent = await call(`${url}/instagram/_consent`, { form })
      expect(sent.headers.get('location')).toMatch(/\?code=sbx_secret_.*&state=state-1#_$/)
    }))

  test('deny sends user_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const { headers } = await call(dialogUrl(url, 'instagram', { sandbox_decision: 'deny' }))
      const { searchParams } = new URL(headers.get('location') ?? '')
      expect(Object.fromEntries(searchParams)).toEqual({
        error: 'access_denied',
        error_reason: 'user_denied',
        error_description: 'The user denied your request',
        state: 'state-1',
      })
    }))

  test.each([
    ['client_id', 'sandbox-facebook-client'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['response_type', ''],
    ['scope', 'instagram_basic'],
    ['scope', 'instagram_business_content_publish'],
    ['sandbox_account', 'nobody'],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(dialogUrl(url, 'instagram', { [name]: value }))
      expect([status, headers.get('location')]).toEqual([400, null])
    }),
  )

  test('unticked scopes are missing from the answer; the basic one stays', () =>
    withSandbox({}, async ({ url }) => {
      const code = await consent(url, 'instagram', { sandbox_scopes: '' })
      const { body } = await exchange(url, 'instagram', code)
      expect(body).toMatchObject({ permissions: ['instagram_business_basic'] })
    }))
})

describe('Instagram Login token', () => {
  test('a code gives a flat answer whose user_id is a bare number, and not the id of paths', () =>
    withSandbox({}, async ({ url }) => {
      const code = await consent(url, 'instagram')
      const response = await fetch(`${url}/instagram/oauth/access_token`, {
        method: 'POST',
        body: multipart({ code }),
      })
      const text = await response.text()
      expect(text).toMatch(
        /^\{"access_token":"sbx_secret_instagram_short_[^"]+","user_id":26\d{15},"permissions":\["instagram_business_basic","instagram_business_content_publish"\]\}$/,
      )
      const token = pick(JSON.parse(text), 'access_token')
      const fields = 'user_id,username,name,profile_picture_url,account_type'
      const { body } = await get(url, 'instagram', `/me?fields=${fields}`, token)
      const { id } = await accountRow(url, 'instagram', 'alice')
      expect(body).toEqual({
        user_id: id,
        username: 'alice',
        name: 'Alice Adler',
        profile_picture_url: expect.stringMatching(/^https:/),
        account_type: 'BUSINESS',
        id: /"user_id":(\d+)/.exec(text)?.[1],
      })
    }))

  test.each([
    ['client_id', 'nobody', 'Invalid platform app'],
    ['client_secret', 'guess', 'Error validating client secret.'],
    ['code', 'made-up', BAD_CODE.error_message],
    ['grant_type', 'refresh_token', 'Invalid grant_type'],
    [
      'redirect_uri',
      'http://127.0.0.1:1/other',
      expect.stringMatching(/redirect_uri is identical/),
    ],
    ['redirect_uri', '', 'Missing required field redirect_uri'],
  ])('a wrong %s (%s) is refused', (name, value, error_message) =>
    withSandbox({}, async ({ url }) => {
      const code = await consent(url, 'instagram')
      const refused = await exchange(url, 'instagram', code, { [name]: value })
      expect(refused.status).toBe(400)
      expect(refused.body).toEqual({ ...BAD_CODE, error_message })
      expect((await exchange(url, 'instagram', code)).status).toBe(200)
    }),
  )

  test('a code works once, for an hour, and without the #_ behind it', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const code = await consent(url, 'instagram')
      expect((await exchange(url, 'instagram', `${code}#_`)).body).toEqual(BAD_CODE)
      expect((await exchange(url, 'instagram', code)).status).toBe(200)
      expect((await exchange(url, 'instagram', code)).body).toEqual(BAD_CODE)
      const late = await consent(url, 'instagram')
      clock.advance(HOUR_MS)
      expect((await exchange(url, 'instagram', late)).body).toEqual(BAD_CODE)
    })
  })

  test('parameters count in the body only', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URLSearchParams({
        ...builtInClient('instagram'),
        grant_type: 'authorization_code',
        redirect_uri: redirectUri('instagram'),
        code: await consent(url, 'instagram'),
      })
      const sent = await call(`${url}/instagram/oauth/access_token?${query}`, { method: 'POST' })
      expect(pick(sent.body, 'error_message')).toBe('Missing required field client_id')
    }))

  test('a short-lived token dies after an hour; a long-lived one lives 60 days', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const short = await shortToken(url, 'instagram')
      const { body } = await extend(url, 'instagram', short)
      expect(body).toEqual({
        access_token: expect.stringMatching(/^sbx_secret_instagram_long_/),
        token_type: 'bearer',
        expires_in: 5_183_944,
      })
      const long = pick(body, 'access_token')
      expect(errorOf(await extend(url, 'instagram', long))).toBe('452')
      const guess = await extend(url, 'instagram', short, { client_secret: 'guess' })
      expect(errorOf(guess)).toBe('1')
      clock.advance(HOUR_MS)
      expect(errorOf(await get(url, 'instagram', '/me', short))).toBe('190/463')
      expect(errorOf(await extend(url, 'instagram', short))).toBe('190/463')
      clock.advance(5_183_944_000 - HOUR_MS - 1)
      expect((await get(url, 'instagram', '/me', long)).status).toBe(200)
      clock.advance(1)
      expect(errorOf(await get(url, 'instagram', '/me', long))).toBe('190/463')
    })
  })

  test('refresh wants a long-lived token, at least a day old and unexpired', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const short = await shortToken(url, 'instagram')
      const long = pick((await extend(url, 'instagram', short)).body, 'access_token')
      expect(errorOf(await refresh(url, short))).toBe('452')
      clock.advance(DAY_MS - 1)
      expect(errorOf(await refresh(url, long))).toBe('100')
      clock.advance(1)
      const atExchange = await extend(url, 'instagram', short, { grant_type: 'ig_refresh_token' })
      expect(errorOf(atExchange)).toBe('100')
      const { status, body } = await refresh(url, long)
      expect([status, pick(body, 'expires_in')]).toEqual([200, '5183944'])
      clock.advance(59.5 * DAY_MS)
      expect(errorOf(await refresh(url, long))).toBe('190/463')
      const fresh = pick(body, 'access_token')
      expect((await get(url, 'instagram', '/me', fresh)).status).toBe(200)
    })
  })
})

describe('Instagram Login accounts', () => {
  test.each([
    ['bob', 'MEDIA_CREATOR'],
    ['carol', 'BUSINESS'],
    ['carol.private', 'PERSONAL'],
  ])('%s is a %s account', (sandbox_account, type) =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'instagram', { sandbox_account })
      const { body } = await get(url, 'instagram', '/me?fields=username,account_type', token)
      expect(body).toMatchObject({ username: sandbox_account, account_type: type })
    }),
  )

  test('a token reads its own account by id, and no other', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { id: other } = await newAccount(sandbox, 'instagram', 'dora')
      const { id } = await accountRow(url, 'instagram', 'alice')
      const token = await longToken(url, 'instagram')
      const own = await get(url, 'instagram', `/${id}?fields=username`, token)
      expect(pick(own.body, 'username')).toBe('alice')
      expect(errorOf(await get(url, 'instagram', `/${other}`, token))).toBe('100/33')
      expect(errorOf(await get(url, 'instagram', '/me?fields=tasks', token))).toBe('100')
      expect(JSON.parse(own.headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
        [id]: [{ type: 'instagram', estimated_time_to_regain_access: 0 }],
      })
    }))

  test('a token of Facebook is none here', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'facebook')
      expect(errorOf(await get(url, 'instagram', '/me', token))).toBe('190')
    }))

  test('a removed app is 190/458, an ended session 190/463', () =>
    withSandbox({}, async ({ url }) => {
      const first = await longToken(url, 'instagram')
      await steer(url, 'expire', 'instagram')
      expect(errorOf(await get(url, 'instagram', '/me', first))).toBe('190/463')
      const second = await longToken(url, 'instagram')
      await steer(url, 'revoke', 'instagram')
      expect(errorOf(await get(url, 'instagram', '/me', second))).toBe('190/458')
      expect(errorOf(await refresh(url, second))).toBe('190/458')
    }))

  test('tokens cannot be inspected, nor the app removed, by API', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await longToken(url, 'instagram')
      const path = `/debug_token?input_token=${bearer}`
      const inspected = await get(url, 'instagram', path, bearer)
      expect([inspected.status, errorOf(inspected)]).toEqual([500, '2'])
      const base = `${url}/instagram/v25.0/me/permissions`
      expect(errorOf(await call(base, { method: 'DELETE', bearer }))).toBe('100/33')
      expect((await get(url, 'instagram', '/me', bearer)).status).toBe(200)
    }))
})

describe('Instagram faults', () => {
  test('a refused code speaks OAuth, a refused token Graph', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'instagram')
      const code = await consent(url, 'instagram')
      const fault = { platform: 'instagram', step: 'token', fault: 'refuse', times: 2 }
      await call(`${url}/_sandbox/faults`, { json: fault })
      expect((await exchange(url, 'instagram', code)).body).toEqual(BAD_CODE)
      expect(errorOf(await refresh(url, token))).toBe('190/460')
    }))

  test('a rate limit is 80002 under HTTP 400, with minutes', () =>
    withSandbox({}, async ({ url }) => {
      const token = await longToken(url, 'instagram')
      const { id } = await accountRow(url, 'instagram', 'alice')
      const fault = { platform: 'instagram', account_id: id, step: 'profile', fault: 'rate_limit' }
      await call(`${url}/_sandbox/faults`, { json: { ...fault, times: 1, retry_after_s: 90 } })
      const hit = await get(url, 'instagram', '/me', token)
      expect([hit.status, errorOf(hit)]).toEqual([400, '80002'])
      const usage = JSON.parse(hit.headers.get('x-business-use-case-usage') ?? '')
      expect(usage[id][0].estimated_time_to_regain_access).toBe(2)
    }))
})

function multipart(more: Record<string, string>): FormData {
  const form = new FormData()
  const fields = {
    ...builtInClient('instagram'),
    grant_type: 'authorization_code',
    redirect_uri: redirectUri('instagram'),
    ...more,
  }
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}
