import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  authorizeUrl,
  CLIENT,
  consent,
  exchange,
  login,
  REDIRECT_URI,
  refresh,
  SCOPES,
} from '../../testing/pinterest-login.ts'

const DAY_MS = 86_400_000
const FAILED = { code: 2, message: 'Authentication failed.' }
const START = '2026-12-01T09:00:00.250Z'

const user = (url: string, bearer: string) => call(`${url}/pinterest/v5/user_account`, { bearer })

describe('Pinterest authorize', () => {
  test('shows a consent page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/pinterest/oauth/?${query}`)
      expect(page.body).toContain('value="carol"')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/pinterest/_consent`, { form: Object.fromEntries(query) })
      expect(sent.headers.get('location')).toMatch(
        /\/callback\/pinterest\?code=sbx_secret_pinterest_code_\S+&state=state-1$/,
      )
    }))

  test('deny sends access_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const { headers } = await call(authorizeUrl(url, { sandbox_decision: 'deny' }))
      const { searchParams } = new URL(headers.get('location') ?? '')
      expect(searchParams.get('error')).toBe('access_denied')
      expect(searchParams.get('state')).toBe('state-1')
      expect(searchParams.get('code')).toBeNull()
    }))

  test.each([
    ['client_id', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['response_type', 'token'],
    ['scope', 'boards:read boards:write'],
    ['scope', 'boards:everything'],
    ['scope', ''],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, { [name]: value }))
      expect([status, headers.get('location')]).toEqual([400, null])
    }),
  )

  test('an app with registered addresses accepts those exactly', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'pinterest', redirect_uris: [REDIRECT_URI] }
      const client_id = pick((await call(`${url}/_sandbox/apps`, { json })).body, 'client_id')
      expect((await call(authorizeUrl(url, { client_id }))).status).toBe(302)
      const other = { client_id, redirect_uri: `${REDIRECT_URI}/` }
      expect((await call(authorizeUrl(url, other))).status).toBe(400)
    }))
})

describe('Pinterest token', () => {
  test('a code gives 30 days of access and 60 of refresh', () => {
    const clock = makeClock(START)
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { status, body } = await exchange(url, await consent(url))
      expect(status).toBe(200)
      expect(body).toEqual({
        response_type: 'authorization_code',
        access_token: expect.stringMatching(/^sbx_secret_pina_/),
        token_type: 'bearer',
        expires_in: 2_592_000,
        scope: SCOPES.replaceAll(',', ' '),
        refresh_token: expect.stringMatching(/^sbx_secret_pinr_/),
        refresh_token_expires_in: 5_184_000,
        refresh_token_expires_at: Math.floor(Date.parse(START) / 1000) + 5_184_000,
      })
    })
  })

  test('a code is single use, lives ten minutes and is bound to its address', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const code = await consent(url)
      const wrong = await exchange(url, code, { redirect_uri: `${REDIRECT_URI}2` })
      expect([wrong.status, pick(wrong.body, 'code')]).toEqual([400, '283'])
      expect((await exchange(url, code)).status).toBe(200)
      expect((await exchange(url, code)).status).toBe(400)
      const late = await consent(url)
      clock.advance(600_000)
      expect((await exchange(url, late)).status).toBe(400)
    })
  })

  test('client credentials belong in HTTP Basic, grants in a form', () =>
    withSandbox({}, async ({ url }) => {
      const path = `${url}/pinterest/v5/oauth/token`
      const [client_id, client_secret] = CLIENT
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id, client_secret }
      const inBody = await call(path, { form })
      expect([inBody.status, inBody.body]).toEqual([401, FAILED])
      const wrong = await call(path, { form, basic: [client_id, 'guess'] })
      expect([wrong.status, wrong.body]).toEqual([401, FAILED])
      const json = await call(path, { json: form, basic: CLIENT })
      expect([json.status, pick(json.body, 'code')]).toEqual([400, '1'])
      const grant = { ...form, grant_type: 'password' }
      expect((await call(path, { form: grant, basic: CLIENT })).status).toBe(400)
    }))

  test('each refresh rotates and starts another 60 days; the spent token is dead', () => {
    const clock = makeClock(START)
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const first = await login(url)
      clock.advance(59 * DAY_MS)
      const { body } = await refresh(url, first.refresh, { continuous_refresh: 'true' })
      expect(body).toMatchObject({
        response_type: 'refresh_token',
        scope: SCOPES,
        refresh_token_expires_in: 5_184_000,
        refresh_token_expires_at: Math.floor((Date.parse(START) + 119 * DAY_MS) / 1000),
      })
      const spent = await refresh(url, first.refresh)
      expect([spent.status, pick(spent.body, 'code')]).toEqual([400, '284'])
      clock.advance(59 * DAY_MS)
      const third = await refresh(url, pick(body, 'refresh_token'))
      expect(third.status).toBe(200)
      clock.advance(60 * DAY_MS)
      expect((await refresh(url, pick(third.body, 'refresh_token'))).status).toBe(400)
      expect((await refresh(url, 'pinr_garbled')).body).toEqual(FAILED)
    })
  })

  test('a refresh may narrow the scopes and not widen them', () =>
    withSandbox({}, async ({ url }) => {
      const first = await login(url)
      const wider = { scope: 'boards:read,ads:read' }
      expect((await refresh(url, first.refresh, wider)).status).toBe(400)
      const { body } = await refresh(url, first.refresh, { scope: 'boards:read' })
      const refused = await user(url, pick(body, 'access_token'))
      expect([refused.status, pick(refused.body, 'code')]).toEqual([403, '3'])
    }))

  test('access ends after 30 days', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { access } = await login(url)
      clock.advance(30 * DAY_MS - 1)
      expect((await user(url, access)).status).toBe(200)
      clock.advance(1)
      const late = await user(url, access)
      expect([late.status, late.body]).toEqual([401, FAILED])
    })
  })

  test('the revoke endpoint is not for ordinary users', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const path = `${url}/pinterest/v5/oauth/token/revoke`
      const refused = await call(path, { form: { token: access }, basic: CLIENT })
      expect([refused.status, pick(refused.body, 'code')]).toEqual([403, '29'])
      expect((await call(path, { form: { token: access } })).body).toEqual(FAILED)
      expect((await user(url, access)).status).toBe(200)
    }))

  test('revoke, expire and faults of the control interface', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      const account_id = pick((await user(url, tokens.access)).body, 'id')
      const ref = { platform: 'pinterest', account_id }
      await call(`${url}/_sandbox/expire`, { json: ref })
      expect((await user(url, tokens.access)).status).toBe(401)
      const fault = { ...ref, step: 'token', fault: 'status', status: 503, times: 1 }
      await call(`${url}/_sandbox/faults`, { json: fault })
      expect((await refresh(url, tokens.refresh)).status).toBe(503)
      const fresh = (await refresh(url, tokens.refresh)).body
      const limit = { ...ref, step: 'profile', fault: 'rate_limit', times: 1, retry_after_s: 30 }
      await call(`${url}/_sandbox/faults`, { json: limit })
      const limited = await user(url, pick(fresh, 'access_token'))
      expect([limited.status, pick(limited.body, 'code')]).toEqual([429, '8'])
      expect(limited.headers.get('x-ratelimit-reset')).toBe('30')
      await call(`${url}/_sandbox/revoke`, { json: ref })
      expect((await user(url, pick(fresh, 'access_token'))).body).toEqual(FAILED)
      expect((await refresh(url, pick(fresh, 'refresh_token'))).status).toBe(400)
      const secrets = await call(`${url}/_sandbox/secrets`)
      const issued = [CLIENT[1], tokens.refresh, pick(fresh, 'access_token')]
      expect(Object(secrets.body).data).toEqual(expect.arrayContaining(issued))
    }))
})
