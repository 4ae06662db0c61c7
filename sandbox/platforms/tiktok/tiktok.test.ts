import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  authorizeUrl,
  consent,
  exchange,
  HEX_CHALLENGE,
  login,
  post,
  REDIRECT_URI,
  refresh,
  userInfo,
  VERIFIER,
} from '../../testing/tiktok-login.ts'

const DAY_MS = 24 * 3_600_000
const DEAD = {
  error: 'invalid_grant',
  error_description: 'Refresh token is invalid or expired.',
  log_id: expect.any(String),
}
const STALE = { error: { code: 'access_token_invalid' } }

describe('TikTok authorize', () => {
  test('shows a consent page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/tiktok/v2/auth/authorize/?${query}`)
      expect(page.body).toContain('action="/tiktok/_consent"')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/tiktok/_consent`, { form: Object.fromEntries(query) })
      expect(sent.headers.get('location')).toContain('sbx_secret_tiktok_code_')
    }))

  test('deny sends an error and its description', () =>
    withSandbox({}, async ({ url }) => {
      expect(await consent(url, { sandbox_decision: 'deny' })).toEqual({
        error: 'access_denied',
        error_description: expect.any(String),
        state: 'state-1',
      })
    }))

  test.each([
    ['client_key', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['redirect_uri', `${REDIRECT_URI}?next=1`],
    ['response_type', 'token'],
    ['scope', 'user.info.basic video.publish'],
    ['state', ''],
    ['code_challenge', 'without-method'],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, { [name]: value }))
      expect(status).toBe(400)
      expect(headers.get('location')).toBeNull()
    }),
  )

  test('the id of the app is called client_key', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.set('client_id', query.get('client_key') ?? '')
      query.delete('client_key')
      expect((await call(`${url}/tiktok/v2/auth/authorize/?${query}`)).status).toBe(400)
    }))

  test('the granted part comes on the redirect and in the token answer', () =>
    withSandbox({}, async ({ url }) => {
      const back = await consent(url, { sandbox_scopes: 'video.publish' })
      expect(back.scopes).toBe('user.info.basic,video.publish')
      const { body } = await exchange(url, back.code ?? '')
      expect(pick(body, 'scope')).toBe('user.info.basic,video.publish')
    }))
})

describe('TikTok token', () => {
  test('the answer is flat: two hours, 180 days', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url)
      const { status, body } = await exchange(url, code)
      expect(status).toBe(200)
      expect(body).toEqual({
        access_token: expect.stringMatching(/^act\.sbx_secret_/),
        expires_in: 7200,
        open_id: expect.stringMatching(/^-000[\w-]+$/),
        refresh_expires_in: 15_552_000,
        refresh_token: expect.stringMatching(/^rft\.sbx_secret_/),
        scope: 'user.info.basic,user.info.profile,user.info.stats,video.publish',
        token_type: 'Bearer',
      })
    }))

  test('a code works once, decoded, for its address, for ten minutes', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { code = '' } = await consent(url)
      const encoded = code.replace('!', '%21')
      expect(encoded).not.toBe(code)
      expect((await exchange(url, encoded)).body).toMatchObject({ error: 'invalid_grant' })
      const moved = await exchange(url, code, { redirect_uri: `${REDIRECT_URI}2` })
      expect([moved.status, pick(moved.body, 'error')]).toEqual([400, 'invalid_request'])
      expect((await exchange(url, code)).body).toHaveProperty('access_token')
      const used = await exchange(url, code)
      expect([used.status, pick(used.body, 'error')]).toEqual([200, 'invalid_grant'])
      const late = await consent(url)
      clock.advance(600_000)
      expect((await exchange(url, late.code ?? '')).body).toMatchObject({
        error_description: 'Authorization code is expired.',
      })
    })
  })

  test('a challenge is the hex digest; base64url fails at the exchange', () =>
    withSandbox({}, async ({ url }) => {
      const base64url = Buffer.from(HEX_CHALLENGE, 'hex').toString('base64url')
      for (const [code_challenge, works] of [
        [HEX_CHALLENGE, true],
        [base64url, false],
      ] as const) {
        const { code = '' } = await consent(url, { code_challenge, code_challenge_method: 'S256' })
        const missing = await exchange(url, code)
        expect(pick(missing.body, 'error_description')).toBe(
          'Code verifier or code challenge is invalid.',
        )
        const { body } = await exchange(url, code, { code_verifier: VERIFIER })
        expect(Object.keys(Object(body)).includes('access_token')).toBe(works)
      }
    }))

  test('a refresh rotates: the old token dies at once, in HTTP 200', () =>
    withSandbox({}, async ({ url }) => {
      const first = await login(url)
      const second = await refresh(url, first.refresh)
      expect(second.body).toMatchObject({ expires_in: 7200, refresh_expires_in: 15_552_000 })
      const reuse = await refresh(url, first.refresh)
      expect([reuse.status, reuse.body]).toEqual([200, DEAD])
      const third = await refresh(url, pick(second.body, 'refresh_token'))
      expect((await userInfo(url, pick(third.body, 'access_token'), 'open_id')).status).toBe(200)
    }))

  test('access ends after two hours, refresh after 180 days', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const pair = await login(url)
      clock.advance(7_200_000)
      const late = await userInfo(url, pair.access, 'open_id')
      expect(late.status).toBe(401)
      expect(late.body).toMatchObject(STALE)
      const next = pick((await refresh(url, pair.refresh)).body, 'refresh_token')
      clock.advance(180 * DAY_MS)
      expect((await refresh(url, next)).body).toEqual(DEAD)
    })
  })

  test('an answer that is lost has rotated all the same', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const fault = { platform: 'tiktok', step: 'token', fault: 'drop_after_accept', times: 1 }
      await call(`${url}/_sandbox/faults`, { json: fault })
      await expect(refresh(url, pair.refresh)).rejects.toThrow()
      expect((await refresh(url, pair.refresh)).body).toEqual(DEAD)
    }))

  test('key and secret belong in a form', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url)
      const wrong = await exchange(url, code, { client_secret: 'guess' })
      expect([wrong.status, pick(wrong.body, 'error')]).toEqual([401, 'invalid_client'])
      const json = { grant_type: 'authorization_code', code }
      const sent = await call(`${url}/tiktok/v2/oauth/token/`, { json })
      expect(sent.body).toMatchObject({ error: 'invalid_request' })
      const noSlash = await post(url, '/v2/oauth/token', {})
      expect(noSlash.status).toBe(404)
    }))

  test('revoke ends the grant of the app; so does the person', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const revoked = await post(url, '/v2/oauth/revoke/', { token: pair.access })
      expect([revoked.status, revoked.body]).toEqual([200, ''])
      expect((await refresh(url, pair.refresh)).body).toEqual(DEAD)
      expect((await userInfo(url, pair.access, 'open_id')).body).toMatchObject(STALE)
      const json = { platform: 'tiktok', account_id: bob.openId }
      await call(`${url}/_sandbox/revoke`, { json })
      expect((await refresh(url, bob.refresh)).body).toEqual(DEAD)
    }))

  test('the list of secrets finds code and tokens wherever they are written', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url)
      const pair = await login(url)
      const { body } = await call(`${url}/_sandbox/secrets`)
      const secrets = Object.values(Object(body).data).map(String)
      for (const text of [code, pair.access, pair.refresh]) {
        expect(secrets.some((secret) => text.includes(secret))).toBe(true)
      }
    }))

  test('expire ends access and leaves refresh', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const json = { platform: 'tiktok', account_id: pair.openId }
      expect((await call(`${url}/_sandbox/expire`, { json })).status).toBe(204)
      expect((await userInfo(url, pair.access, 'open_id')).body).toMatchObject(STALE)
      expect((await refresh(url, pair.refresh)).body).toHaveProperty('access_token')
    }))
})

describe('TikTok user info', () => {
  test('shows the fields that are asked for', () =>
    withSandbox({}, async ({ url }) => {
      const { access, openId } = await login(url)
      const { body } = await userInfo(url, access, 'open_id,username,display_name,video_count')
      expect(body).toEqual({
        data: {
          user: { open_id: openId, username: 'alice', display_name: 'Alice Adler', video_count: 0 },
        },
        error: { code: 'ok', message: '', log_id: expect.any(String) },
      })
    }))

  test('another app sees another open_id and the same union_id', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'tiktok', redirect_uris: [REDIRECT_URI] }
      const app = await call(`${url}/_sandbox/apps`, { json })
      const client_key = pick(app.body, 'client_key')
      const { code = '' } = await consent(url, { client_key })
      const client_secret = pick(app.body, 'client_secret')
      const { body } = await exchange(url, code, { client_key, client_secret })
      const own = await login(url)
      expect(pick(body, 'open_id')).not.toBe(own.openId)
      const unions = await Promise.all(
        [own.access, pick(body, 'access_token')].map((bearer) => userInfo(url, bearer, 'union_id')),
      )
      expect(unions[0]?.body).toMatchObject({
        data: { user: { union_id: pick(unions[1]?.body, 'data', 'user', 'union_id') } },
      })
    }))

  test('a field without its scope, an unknown one and none are refused', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { sandbox_scopes: 'video.publish' })
      const missing = await userInfo(url, access, 'open_id,username')
      expect([missing.status, pick(missing.body, 'error', 'code')]).toEqual([
        401,
        'scope_not_authorized',
      ])
      for (const fields of ['open_id,email', '']) {
        const wrong = await userInfo(url, access, fields)
        expect([wrong.status, pick(wrong.body, 'error', 'code')]).toEqual([400, 'invalid_params'])
      }
    }))

  test.each([
    [{ step: 'token', fault: 'refuse' }, 200, DEAD],
    [{ step: 'token', fault: 'status', status: 400 }, 400, { error: 'invalid_grant' }],
    [{ step: 'token', fault: 'status', status: 500 }, 500, { error: 'server_error' }],
    [{ step: 'profile', fault: 'status', status: 500 }, 500, { error: { code: 'internal_error' } }],
    [{ step: 'profile', fault: 'rate_limit' }, 429, { error: { code: 'rate_limit_exceeded' } }],
  ])('fault %j answers in TikTok’s words', (fault, status, body) =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const json = { platform: 'tiktok', account_id: pair.openId, times: 1, ...fault }
      await call(`${url}/_sandbox/faults`, { json })
      const ask = () =>
        fault.step === 'token' ? refresh(url, pair.refresh) : userInfo(url, pair.access, 'open_id')
      const hit = await ask()
      expect(hit.status).toBe(status)
      expect(hit.body).toMatchObject(body)
      expect((await ask()).body).not.toMatchObject(body)
    }),
  )
})
