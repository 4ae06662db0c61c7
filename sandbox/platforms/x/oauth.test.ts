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
} from '../../testing/x-login.ts'

const SPENT = {
  error: 'invalid_request',
  error_description: 'Value passed for the token was invalid.',
}
const UNAUTHORIZED = {
  title: 'Unauthorized',
  type: 'about:blank',
  status: 401,
  detail: 'Unauthorized',
}

describe('X authorize', () => {
  test('shows a consent page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.delete('sandbox_decision')
      query.delete('sandbox_account')
      const page = await call(`${url}/x/i/oauth2/authorize?${query}`)
      expect(page.status).toBe(200)
      expect(page.body).toContain('value="alice"')
      query.set('sandbox_account', 'bob')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/x/_consent`, { form: Object.fromEntries(query) })
      expect(sent.status).toBe(302)
      expect(sent.headers.get('location')).toMatch(/state=state-1&code=sbx_secret_x_code_/)
    }))

  test('deny sends access_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const { headers } = await call(authorizeUrl(url, { sandbox_decision: 'deny' }))
      expect(headers.get('location')).toBe(`${REDIRECT_URI}?state=state-1&error=access_denied`)
    }))

  test.each([
    ['client_id', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['response_type', 'token'],
    ['scope', 'tweet.read tweet.everything'],
    ['state', 's'.repeat(501)],
    ['code_challenge', ''],
  ])('a wrong %s gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, { [name]: value }))
      expect(status).toBe(400)
      expect(headers.get('location')).toBeNull()
    }),
  )

  test('an app with registered addresses accepts those exactly', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'x', redirect_uris: [REDIRECT_URI] }
      const app = await call(`${url}/_sandbox/apps`, { json })
      const client_id = pick(app.body, 'client_id')
      expect((await call(authorizeUrl(url, { client_id }))).status).toBe(302)
      const other = { client_id, redirect_uri: `${REDIRECT_URI}/` }
      expect((await call(authorizeUrl(url, other))).status).toBe(400)
    }))
})

describe('X token', () => {
  test('a code gives a pair that works', () =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await exchange(url, await consent(url))
      expect(status).toBe(200)
      expect(body).toMatchObject({
        token_type: 'bearer',
        expires_in: 7200,
        scope: 'tweet.read tweet.write users.read offline.access',
        access_token: expect.stringMatching(/^sbx_secret_/),
        refresh_token: expect.stringMatching(/^sbx_secret_/),
      })
      const me = await call(`${url}/x/2/users/me?user.fields=verified,subscription_type`, {
        bearer: pick(body, 'access_token'),
      })
      expect(me.body).toEqual({
        data: {
          id: expect.stringMatching(/^\d{19}$/),
          name: 'Alice Adler',
          username: 'alice',
          verified: false,
          subscription_type: 'None',
        },
      })
    }))

  test('a code is single use, lives 30 s, and is bound to address, verifier and client', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const bad = { error: 'invalid_request' }
      const code = await consent(url)
      expect((await exchange(url, code, { redirect_uri: `${REDIRECT_URI}2` })).body).toMatchObject(
        bad,
      )
      expect((await exchange(url, code, { code_verifier: 'w'.repeat(64) })).body).toMatchObject(bad)
      expect((await exchange(url, code, { code_verifier: '' })).body).toMatchObject(bad)
      expect((await exchange(url, code)).status).toBe(200)
      expect((await exchange(url, code)).body).toEqual({
        error: 'invalid_request',
        error_description: 'Value passed for the authorization code was invalid.',
      })
      const late = await consent(url)
      clock.advance(30_000)
      expect((await exchange(url, late)).status).toBe(400)
    })
  })

  test('client credentials belong in HTTP Basic', () =>
    withSandbox({}, async ({ url }) => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: CLIENT[0] }
      const missing = await call(`${url}/x/2/oauth2/token`, { form })
      expect(missing.status).toBe(401)
      expect(missing.body).toEqual({
        error: 'unauthorized_client',
        error_description: 'Missing valid authorization header',
      })
      const wrong = await call(`${url}/x/2/oauth2/token`, { form, basic: [CLIENT[0], 'guess'] })
      expect(wrong.status).toBe(401)
    }))

  test('no refresh token without offline.access', () =>
    withSandbox({}, async ({ url }) => {
      const code = await consent(url, { scope: 'tweet.read users.read' })
      const { body } = await exchange(url, code)
      expect(body).not.toHaveProperty('refresh_token')
    }))

  test('a refresh token rotates, and its reuse kills the family', () =>
    withSandbox({}, async ({ url }) => {
      const first = await login(url)
      const second = (await refresh(url, first.refresh)).body
      expect(pick(second, 'refresh_token')).not.toBe(first.refresh)
      const reuse = await refresh(url, first.refresh)
      expect(reuse.status).toBe(400)
      expect(reuse.body).toEqual(SPENT)
      expect((await refresh(url, pick(second, 'refresh_token'))).body).toEqual(SPENT)
      for (const bearer of [first.access, pick(second, 'access_token')]) {
        const me = await call(`${url}/x/2/users/me`, { bearer })
        expect(me.status).toBe(401)
        expect(me.body).toEqual(UNAUTHORIZED)
      }
    }))

  test('access ends after two hours and refresh goes on', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const tokens = await login(url)
      clock.advance(7_200_000)
      expect((await call(`${url}/x/2/users/me`, { bearer: tokens.access })).status).toBe(401)
      const { body } = await refresh(url, tokens.refresh)
      const bearer = pick(body, 'access_token')
      expect((await call(`${url}/x/2/users/me`, { bearer })).status).toBe(200)
    })
  })

  test('revoking the refresh token ends everything', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      const form = { token: tokens.refresh }
      const revoked = await call(`${url}/x/2/oauth2/revoke`, { form, basic: CLIENT })
      expect(revoked.body).toEqual({ revoked: true })
      expect((await refresh(url, tokens.refresh)).body).toEqual(SPENT)
      expect((await call(`${url}/x/2/users/me`, { bearer: tokens.access })).status).toBe(401)
    }))
})
