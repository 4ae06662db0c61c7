import { describe, expect, test } from '@jest/globals'
import {
  accountIdOf,
  authorizeUrl,
  CHALLENGE,
  consent,
  exchange,
  login,
  postToken,
  redirectUri,
  refresh,
  tokensOf,
  VERIFIER,
} from '../../testing/google-login.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { scope } from '../google/scopes.ts'

const DAY_MS = 24 * 3_600_000
const DEAD = { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }
const ME = '/youtube/youtube/v3/channels?part=snippet&mine=true'

describe('Google authorize', () => {
  test('shows a consent page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url, 'youtube')).searchParams
      query.delete('sandbox_decision')
      query.delete('sandbox_account')
      const page = await call(`${url}/youtube/o/oauth2/v2/auth?${query}`)
      expect(page.body).toContain('action="/youtube/_consent"')
      query.set('sandbox_account', 'bob')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/youtube/_consent`, { form: Object.fromEntries(query) })
      expect(sent.status).toBe(302)
      expect(sent.headers.get('location')).toContain('sbx_secret_google_code_')
    }))

  test('deny sends access_denied with the state', () =>
    withSandbox({}, async ({ url }) => {
      const denied = await consent(url, 'youtube', { sandbox_decision: 'deny' })
      expect(denied).toEqual({ state: 'state-1', error: 'access_denied' })
    }))

  test.each([
    ['client_id', 'nobody', 401],
    ['redirect_uri', 'https://elsewhere.example/callback', 400],
    ['response_type', 'token', 400],
    ['scope', 'https://www.googleapis.com/auth/everything', 400],
    ['scope', '', 400],
    ['access_type', 'forever', 400],
    ['code_challenge', 'short', 400],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value, expected) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, 'youtube', { [name]: value }))
      expect(status).toBe(expected)
      expect(headers.get('location')).toBeNull()
    }),
  )

  test('a registered app accepts its own addresses only', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'youtube', redirect_uris: [redirectUri('youtube')] }
      const app = await call(`${url}/_sandbox/apps`, { json })
      const client_id = pick(app.body, 'client_id')
      expect((await call(authorizeUrl(url, 'youtube', { client_id }))).status).toBe(302)
      const other = { client_id, redirect_uri: `${redirectUri('youtube')}/` }
      expect((await call(authorizeUrl(url, 'youtube', other))).status).toBe(400)
    }))

  test('what the person unticks is missing from the redirect and from the token', () =>
    withSandbox({}, async ({ url }) => {
      const sandbox_scopes = 'youtube.upload'
      const back = await consent(url, 'youtube', { sandbox_scopes })
      expect(back.scope).toBe(scope('youtube.upload'))
      const { body } = await exchange(url, 'youtube', back.code ?? '')
      expect(body).toMatchObject({ scope: scope('youtube.upload') })
      const me = await call(`${url}${ME}`, { bearer: pick(body, 'access_token') })
      expect(me.status).toBe(403)
      expect(me.body).toMatchObject({
        error: {
          status: 'PERMISSION_DENIED',
          errors: [{ reason: 'insufficientPermissions' }],
          details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
        },
      })
    }))
})

describe('Google token', () => {
  test('a code gives a pair once, and a used code is an invalid grant', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url, 'youtube')
      const first = await exchange(url, 'youtube', code)
      expect(first.body).toMatchObject({
        token_type: 'Bearer',
        expires_in: 3599,
        access_token: expect.stringContaining('sbx_secret_google_access_'),
        refresh_token: expect.stringContaining('sbx_secret_google_refresh_'),
      })
      const again = await exchange(url, 'youtube', code)
      expect([again.status, again.body]).toEqual([
        400,
        { error: 'invalid_grant', error_description: 'Bad Request' },
      ])
    }))

  test('a refresh token comes with the first offline consent or a prompted one only', () =>
    withSandbox({}, async ({ url }) => {
      const online = await tokensOf(url, 'youtube', { access_type: 'online' })
      expect(online).not.toHaveProperty('refresh_token')
      expect(await tokensOf(url, 'youtube')).toHaveProperty('refresh_token')
      expect(await tokensOf(url, 'youtube')).not.toHaveProperty('refresh_token')
      const prompted = await tokensOf(url, 'youtube', { prompt: 'consent' })
      expect(prompted).toHaveProperty('refresh_token')
      const other = await tokensOf(url, 'youtube', { sandbox_account: 'bob' })
      expect(other).toHaveProperty('refresh_token')
    }))

  test('a refresh answers without a refresh token, and the old one goes on', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const pair = await login(url, 'youtube')
      clock.advance(3_600_000)
      const late = await call(`${url}${ME}`, { bearer: pair.access })
      expect(late.status).toBe(401)
      expect(late.body).toMatchObject({
        error: { status: 'UNAUTHENTICATED', errors: [{ reason: 'authError' }] },
      })
      for (let turn = 0; turn < 2; turn++) {
        const { body } = await refresh(url, 'youtube', pair.refresh)
        expect(body).not.toHaveProperty('refresh_token')
        const me = await call(`${url}${ME}`, { bearer: pick(body, 'access_token') })
        expect(me.status).toBe(200)
      }
    })
  })

  test('a refresh token lives while it is used, and dies of six unused months', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const pair = await login(url, 'youtube')
      for (let turn = 0; turn < 3; turn++) {
        clock.advance(170 * DAY_MS)
        expect((await refresh(url, 'youtube', pair.refresh)).status).toBe(200)
      }
      clock.advance(184 * DAY_MS)
      const dead = await refresh(url, 'youtube', pair.refresh)
      expect([dead.status, dead.body]).toEqual([400, DEAD])
    })
  })

  test('the 101st refresh token of person and client ends the oldest', () =>
    withSandbox({}, async ({ url }) => {
      const first = await login(url, 'youtube')
      const second = await login(url, 'youtube')
      const bob = await login(url, 'youtube', { sandbox_account: 'bob' })
      for (let count = 2; count < 100; count++) await login(url, 'youtube')
      expect((await refresh(url, 'youtube', first.refresh)).status).toBe(200)
      await login(url, 'youtube')
      expect((await refresh(url, 'youtube', first.refresh)).body).toEqual(DEAD)
      expect((await refresh(url, 'youtube', second.refresh)).status).toBe(200)
      expect((await refresh(url, 'youtube', bob.refresh)).status).toBe(200)
    }))

  test('PKCE that was begun must be finished', () =>
    withSandbox({}, async ({ url }) => {
      const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }
      const { code = '' } = await consent(url, 'youtube', pkce)
      const missing = await exchange(url, 'youtube', code)
      expect(missing.body).toMatchObject({ error_description: 'Missing code verifier.' })
      const wrong = await exchange(url, 'youtube', code, { code_verifier: 'w'.repeat(64) })
      expect(wrong.body).toMatchObject({ error: 'invalid_grant' })
      const right = await exchange(url, 'youtube', code, { code_verifier: VERIFIER })
      expect(right.status).toBe(200)
    }))

  test('client credentials belong in the body', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url, 'youtube')
      const secret = await exchange(url, 'youtube', code, { client_secret: 'guess' })
      expect([secret.status, secret.body]).toEqual([
        401,
        { error: 'invalid_client', error_description: 'Unauthorized' },
      ])
      const unknown = await exchange(url, 'youtube', code, { client_id: 'nobody' })
      expect([unknown.status, pick(unknown.body, 'error')]).toEqual([401, 'invalid_client'])
      const form = { grant_type: 'refresh_token', refresh_token: 'x' }
      const basic: [string, string] = ['sandbox-youtube-client', 'sbx_secret_youtube_client_secret']
      expect((await call(`${url}/youtube/token`, { form, basic })).status).toBe(400)
      const json = await call(`${url}/youtube/token`, { json: form })
      expect(json.body).toMatchObject({ error: 'invalid_request' })
    }))

  test('another client cannot use the refresh token', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url, 'youtube')
      const stolen = await refresh(url, 'google_business', pair.refresh)
      expect([stolen.status, pick(stolen.body, 'error')]).toEqual([401, 'unauthorized_client'])
    }))

  test('a code is bound to its address and lives ten minutes', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { code = '' } = await consent(url, 'youtube')
      const other = { redirect_uri: `${redirectUri('youtube')}2` }
      expect((await exchange(url, 'youtube', code, other)).body).toMatchObject({
        error: 'redirect_uri_mismatch',
      })
      clock.advance(600_000)
      expect((await exchange(url, 'youtube', code)).body).toMatchObject({ error: 'invalid_grant' })
    })
  })

  test('an unknown grant type is named', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await postToken(url, 'youtube', { grant_type: 'password' })
      expect(body).toEqual({
        error: 'unsupported_grant_type',
        error_description: 'Invalid grant_type: password',
      })
    }))
})

describe('Google revoke', () => {
  test.each(['access', 'refresh'] as const)('the %s token ends the whole grant', (which) =>
    withSandbox({}, async ({ url }) => {
      const old = await login(url, 'youtube')
      const pair = await login(url, 'youtube')
      const bob = await login(url, 'youtube', { sandbox_account: 'bob' })
      const form = { token: pair[which] }
      expect((await call(`${url}/youtube/revoke`, { form })).status).toBe(200)
      expect((await refresh(url, 'youtube', pair.refresh)).body).toEqual(DEAD)
      expect((await refresh(url, 'youtube', old.refresh)).body).toEqual(DEAD)
      expect((await call(`${url}${ME}`, { bearer: old.access })).status).toBe(401)
      expect((await refresh(url, 'youtube', bob.refresh)).status).toBe(200)
      const again = await call(`${url}/youtube/revoke`, { form })
      expect([again.status, pick(again.body, 'error')]).toEqual([400, 'invalid_token'])
      expect(await tokensOf(url, 'youtube')).toHaveProperty('refresh_token')
    }),
  )

  test('a person’s revocation on YouTube leaves Google Business alone', () =>
    withSandbox({}, async ({ url }) => {
      const video = await login(url, 'youtube')
      const business = await login(url, 'google_business')
      const account_id = await accountIdOf(url, 'youtube', 'alice')
      await call(`${url}/_sandbox/revoke`, { json: { platform: 'youtube', account_id } })
      expect((await refresh(url, 'youtube', video.refresh)).body).toEqual(DEAD)
      expect((await refresh(url, 'google_business', business.refresh)).status).toBe(200)
    }))

  test('expire ends access and leaves refresh', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url, 'youtube')
      const account_id = await accountIdOf(url, 'youtube', 'alice')
      await call(`${url}/_sandbox/expire`, { json: { platform: 'youtube', account_id } })
      expect((await call(`${url}${ME}`, { bearer: pair.access })).status).toBe(401)
      const { body } = await refresh(url, 'youtube', pair.refresh)
      const me = await call(`${url}${ME}`, { bearer: pick(body, 'access_token') })
      expect(me.status).toBe(200)
    }))
})
