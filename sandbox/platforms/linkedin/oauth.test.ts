import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  authorizeUrl,
  BASIC,
  consent,
  exchange,
  get,
  login,
  MEMBER_SCOPES,
  memberId,
  post,
  REDIRECT_URI,
  refresh,
} from '../../testing/linkedin-login.ts'

const DAY_MS = 24 * 3_600_000
const DAY_S = 24 * 3600
const DEAD = {
  error: 'invalid_request',
  error_description:
    'The provided authorization grant or refresh token is invalid, expired or revoked',
}
const REVOKED = { status: 401, serviceErrorCode: 65_601, code: 'REVOKED_ACCESS_TOKEN' }
const EXPIRED = { status: 401, serviceErrorCode: 65_602, code: 'EXPIRED_ACCESS_TOKEN' }

describe('LinkedIn authorization', () => {
  test('shows a consent page whose form sends the decision', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/linkedin/oauth/v2/authorization?${query}`)
      expect(page.body).toContain('action="/linkedin/_consent"')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/linkedin/_consent`, { form: Object.fromEntries(query) })
      expect(sent.headers.get('location')).toContain('code=AQsbx_secret_linkedin_code_')
    }))

  test.each([
    ['alice', 'user_cancelled_authorize'],
    ['', 'user_cancelled_login'],
  ])('cancelling as "%s" is %s', (sandbox_account, error) =>
    withSandbox({}, async ({ url }) => {
      const back = await consent(url, { sandbox_account, sandbox_decision: 'deny' })
      expect(back).toEqual({ error, error_description: expect.any(String), state: 'state-1' })
    }),
  )

  test.each([
    ['client_id', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['redirect_uri', `${REDIRECT_URI}#part`],
  ])('a wrong %s (%s) gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, { [name]: value }))
      expect(status).toBe(400)
      expect(headers.get('location')).toBeNull()
    }),
  )

  test('an unknown scope is an error on the redirect', () =>
    withSandbox({}, async ({ url }) => {
      expect(await consent(url, { scope: 'openid everything' })).toMatchObject({
        error: 'unauthorized_scope_error',
        state: 'state-1',
      })
    }))

  test('a registered app’s address matches without its query', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'linkedin', redirect_uris: [REDIRECT_URI] }
      const app = await call(`${url}/_sandbox/apps`, { json })
      const client = { client_id: pick(app.body, 'client_id'), scope: MEMBER_SCOPES }
      const query = { ...client, redirect_uri: `${REDIRECT_URI}?tenant=1` }
      expect(await consent(url, query)).toHaveProperty('code')
      const path = { ...client, redirect_uri: `${REDIRECT_URI}/deeper` }
      expect((await call(authorizeUrl(url, path))).status).toBe(400)
    }))
})

describe('LinkedIn token', () => {
  test('an approved app gets a refresh token for a year', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url)
      const { body } = await exchange(url, code)
      expect(body).toMatchObject({
        access_token: expect.stringContaining('sbx_secret_linkedin_access_'),
        expires_in: 60 * DAY_S,
        refresh_token: expect.stringContaining('sbx_secret_linkedin_refresh_'),
        refresh_token_expires_in: 365 * DAY_S,
        scope: 'email,openid,profile,r_basicprofile,rw_organization_admin,w_member_social',
        token_type: 'Bearer',
      })
      const length = pick(body, 'access_token').length
      expect(length).toBeGreaterThan(480)
      const [, claims = ''] = pick(body, 'id_token').split('.')
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        iss: 'https://www.linkedin.com/oauth',
        sub: await memberId(url, pick(body, 'access_token')),
      })
    }))

  test('an app without approval gets neither refresh token nor organization scopes', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url, { client_id: BASIC.client_id })
      const { body } = await exchange(url, code, BASIC)
      expect(body).toMatchObject({ scope: 'email,openid,profile,w_member_social' })
      expect(body).not.toHaveProperty('refresh_token')
    }))

  test('a code works once, for its address, for thirty minutes', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { code = '' } = await consent(url)
      expect((await exchange(url, code)).status).toBe(200)
      const used = await exchange(url, code)
      expect([used.status, used.body]).toEqual([
        401,
        {
          error: 'invalid_request',
          error_description: 'Unable to retrieve access token: authorization code not found',
        },
      ])
      const other = await consent(url)
      const moved = await exchange(url, other.code ?? '', { redirect_uri: `${REDIRECT_URI}2` })
      expect([moved.status, pick(moved.body, 'error')]).toEqual([400, 'invalid_redirect_uri'])
      const late = await consent(url)
      clock.advance(30 * 60_000)
      const expired = await exchange(url, late.code ?? '')
      expect([expired.status, pick(expired.body, 'error')]).toEqual([400, 'invalid_redirect_uri'])
    })
  })

  test('the client belongs in the form', () =>
    withSandbox({}, async ({ url }) => {
      const { code = '' } = await consent(url)
      const wrong = await exchange(url, code, { client_secret: 'guess' })
      expect([wrong.status, pick(wrong.body, 'error_description')]).toEqual([
        401,
        'Client authentication failed',
      ])
      const unknown = await exchange(url, code, { client_id: 'nobody' })
      expect([unknown.status, pick(unknown.body, 'error')]).toEqual([401, 'invalid_client_id'])
      const json = { grant_type: 'authorization_code', code }
      const sent = await call(`${url}/linkedin/oauth/v2/accessToken`, { json })
      expect([sent.status, pick(sent.body, 'error_description')]).toEqual([
        400,
        'A required parameter "grant_type" is missing',
      ])
    }))

  test('a refresh gives the same token with what is left of its year', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const pair = await login(url)
      clock.advance(60 * DAY_MS)
      const stale = await get(url, pair.access, '/v2/userinfo')
      expect([stale.status, stale.body]).toEqual([401, expect.objectContaining(EXPIRED)])
      expect((await refresh(url, pair.refresh)).body).toMatchObject({
        refresh_token: pair.refresh,
        refresh_token_expires_in: 305 * DAY_S,
        expires_in: 60 * DAY_S,
      })
      clock.advance(300 * DAY_MS)
      const last = await refresh(url, pair.refresh)
      expect(last.body).toMatchObject({
        refresh_token_expires_in: 5 * DAY_S,
        expires_in: 5 * DAY_S,
      })
      const bearer = pick(last.body, 'access_token')
      expect((await get(url, bearer, '/v2/userinfo')).status).toBe(200)
      clock.advance(5 * DAY_MS)
      expect((await get(url, bearer, '/v2/userinfo')).body).toMatchObject(EXPIRED)
      const dead = await refresh(url, pair.refresh)
      expect([dead.status, dead.body]).toEqual([400, DEAD])
    })
  })

  test('another set of scopes ends the member’s earlier tokens of the app', () =>
    withSandbox({}, async ({ url }) => {
      const basic = await consent(url, { client_id: BASIC.client_id, scope: MEMBER_SCOPES })
      const other = await exchange(url, basic.code ?? '', BASIC)
      const first = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const same = await login(url)
      expect((await get(url, first.access, '/v2/userinfo')).status).toBe(200)
      await login(url, { scope: MEMBER_SCOPES })
      for (const { access, refresh: token } of [first, same]) {
        expect((await get(url, access, '/v2/userinfo')).body).toMatchObject(REVOKED)
        expect((await refresh(url, token)).body).toEqual(DEAD)
      }
      const untouched = [bob.access, pick(other.body, 'access_token')]
      for (const bearer of untouched) {
        expect((await get(url, bearer, '/v2/userinfo')).status).toBe(200)
      }
    }))
})

describe('LinkedIn revocation', () => {
  test('introspection tells active, expired and revoked apart', () =>
    withSandbox({ now: makeClock().now }, async ({ url }) => {
      const alice = await login(url, { scope: 'openid profile' })
      const bob = await login(url, { sandbox_account: 'bob' })
      const ask = async (token: string) => (await post(url, 'introspectToken', { token })).body
      const at = Math.floor(Date.parse('2026-12-01T09:00:00Z') / 1000)
      expect(await ask(alice.access)).toEqual({
        active: true,
        client_id: 'sandbox-linkedin-client',
        authorized_at: at,
        created_at: at,
        status: 'active',
        expires_at: at + 60 * DAY_S,
        scope: 'openid,profile',
        auth_type: '3L',
      })
      const of = (account_id: string) => ({ json: { platform: 'linkedin', account_id } })
      await call(`${url}/_sandbox/expire`, of(await memberId(url, alice.access)))
      expect(await ask(alice.access)).toMatchObject({ active: false, status: 'expired' })
      expect(await ask(alice.refresh)).toMatchObject({ active: true })
      await call(`${url}/_sandbox/revoke`, of(await memberId(url, bob.access)))
      expect(await ask(bob.access)).toMatchObject({ active: false, status: 'revoked' })
      expect(await ask('guess')).toEqual({ active: false })
    }))

  test('revoke and expire answer with their own codes', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const json = { platform: 'linkedin', account_id: await memberId(url, pair.access) }
      await call(`${url}/_sandbox/expire`, { json })
      expect((await get(url, pair.access, '/v2/userinfo')).body).toMatchObject(EXPIRED)
      const next = pick((await refresh(url, pair.refresh)).body, 'access_token')
      await call(`${url}/_sandbox/revoke`, { json })
      expect((await get(url, next, '/v2/userinfo')).body).toMatchObject(REVOKED)
      expect((await refresh(url, pair.refresh)).body).toEqual(DEAD)
    }))

  test('the app gives back an access token, or everything by the refresh token', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const other = await login(url)
      expect((await post(url, 'revoke', { token: pair.access })).status).toBe(200)
      expect((await get(url, pair.access, '/v2/userinfo')).body).toMatchObject(REVOKED)
      expect((await get(url, other.access, '/v2/userinfo')).status).toBe(200)
      await post(url, 'revoke', { token: pair.refresh })
      expect((await get(url, other.access, '/v2/userinfo')).body).toMatchObject(REVOKED)
      expect((await refresh(url, other.refresh)).body).toEqual(DEAD)
    }))
})
