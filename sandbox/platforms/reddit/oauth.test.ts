import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  AGENT,
  authorizeUrl,
  CLIENT,
  consent,
  exchange,
  get,
  login,
  post,
  REDIRECT_URI,
  refresh,
  SCOPES,
} from '../../testing/reddit-login.ts'

const DAY_MS = 86_400_000
const UNAUTHORIZED = { message: 'Unauthorized', error: 401 }

describe('Reddit authorize', () => {
  test('shows a consent page whose form sends the decision, with #_ behind it', () =>
    withSandbox({}, async ({ url }) => {
      const query = new URL(authorizeUrl(url)).searchParams
      query.delete('sandbox_decision')
      const page = await call(`${url}/reddit/api/v1/authorize?${query}`)
      expect(page.body).toContain('value="bob"')
      query.set('sandbox_decision', 'allow')
      const sent = await call(`${url}/reddit/_consent`, { form: Object.fromEntries(query) })
      expect(sent.headers.get('location')).toMatch(
        /\?state=state-1&code=sbx_secret_reddit_code_[\w-]+#_$/,
      )
    }))

  test('deny and wrong parameters go back to a proven address', () =>
    withSandbox({}, async ({ url }) => {
      const errorOf = async (changes: Record<string, string>) => {
        const { status, headers } = await call(authorizeUrl(url, changes))
        const target = new URL(headers.get('location') ?? '')
        expect([status, target.searchParams.get('state')]).toEqual([302, 'state-1'])
        return target.searchParams.get('error')
      }
      expect(await errorOf({ sandbox_decision: 'deny' })).toBe('access_denied')
      expect(await errorOf({ response_type: 'token' })).toBe('unsupported_response_type')
      expect(await errorOf({ scope: 'identity everything' })).toBe('invalid_scope')
      expect(await errorOf({ duration: 'forever' })).toBe('invalid_request')
    }))

  test.each([
    ['client_id', 'nobody'],
    ['redirect_uri', 'https://elsewhere.example/callback'],
    ['state', ''],
  ])('a wrong %s gets a page and no redirect', (name, value) =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(authorizeUrl(url, { [name]: value }))
      expect([status, headers.get('location')]).toEqual([400, null])
    }),
  )

  test('an app has one address, and it must match exactly', () =>
    withSandbox({}, async ({ url }) => {
      const json = { platform: 'reddit', redirect_uris: [REDIRECT_URI] }
      const client_id = pick((await call(`${url}/_sandbox/apps`, { json })).body, 'client_id')
      expect((await call(authorizeUrl(url, { client_id }))).status).toBe(302)
      const other = { client_id, redirect_uri: `${REDIRECT_URI}?a=b` }
      expect((await call(authorizeUrl(url, other))).status).toBe(400)
    }))
})

describe('Reddit token', () => {
  test('duration=permanent gives a refresh token, temporary none', () =>
    withSandbox({}, async ({ url }) => {
      const granted = {
        access_token: expect.stringMatching(/^sbx_secret_/),
        token_type: 'bearer',
        expires_in: 86_400,
        scope: SCOPES,
      }
      const permanent = await exchange(url, await consent(url))
      expect([permanent.status, permanent.body]).toEqual([
        200,
        { ...granted, refresh_token: expect.stringMatching(/^sbx_secret_/) },
      ])
      const code = await consent(url, { duration: 'temporary', scope: 'identity,read' })
      expect((await exchange(url, code)).body).toEqual({ ...granted, scope: 'identity read' })
    }))

  test('a refused code is HTTP 200 with invalid_grant', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const refused = { error: 'invalid_grant' }
      const code = await consent(url)
      expect((await exchange(url, code)).body).toHaveProperty('access_token')
      const again = await exchange(url, code)
      expect([again.status, again.body]).toEqual([200, refused])
      const astray = await exchange(url, await consent(url), `${REDIRECT_URI}/`)
      expect([astray.status, astray.body]).toEqual([200, refused])
      const late = await consent(url)
      clock.advance(600_000)
      expect((await exchange(url, late)).body).toEqual(refused)
      const grant = await post(url, 'access_token', { grant_type: 'password' })
      expect([grant.status, grant.body]).toEqual([200, { error: 'unsupported_grant_type' }])
    })
  })

  test('client credentials belong in HTTP Basic', () =>
    withSandbox({}, async ({ url }) => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x' }
      const wrong = await post(url, 'access_token', form, [CLIENT[0], 'guess'])
      expect([wrong.status, wrong.body]).toEqual([401, UNAUTHORIZED])
      expect(wrong.headers.get('www-authenticate')).toBe('Basic realm="reddit"')
      const [client_id, client_secret] = CLIENT
      const path = `${url}/reddit/api/v1/access_token`
      const inBody = await call(path, {
        form: { ...form, client_id, client_secret },
        headers: AGENT,
      })
      expect(inBody.status).toBe(401)
    }))

  test.each([['node'], ['undici/7'], ['python-requests/2.32'], ['']])(
    'an agent such as "%s" is turned away before anything else',
    (agent) =>
      withSandbox({}, async ({ url }) => {
        const headers = { 'user-agent': agent }
        const form = { grant_type: 'refresh_token', refresh_token: 'x' }
        const token = await call(`${url}/reddit/api/v1/access_token`, {
          form,
          basic: CLIENT,
          headers,
        })
        expect([token.status, token.body]).toEqual([
          429,
          { message: 'Too Many Requests', error: 429 },
        ])
        expect((await call(`${url}/reddit/api/v1/me`, { headers })).status).toBe(429)
      }),
  )

  test('access ends after a day; the refresh token stays, and is not repeated', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const tokens = await login(url)
      clock.advance(DAY_MS - 1)
      expect((await get(url, '/api/v1/me', tokens.access)).status).toBe(200)
      clock.advance(1)
      const late = await get(url, '/api/v1/me', tokens.access)
      expect([late.status, late.body]).toEqual([401, UNAUTHORIZED])
      expect(late.headers.get('www-authenticate')).toContain('error="invalid_token"')
      clock.advance(900 * DAY_MS)
      for (let count = 0; count < 2; count++) {
        const { body } = await refresh(url, tokens.refresh)
        expect(body).not.toHaveProperty('refresh_token')
        expect((await get(url, '/api/v1/me', pick(body, 'access_token'))).status).toBe(200)
      }
    })
  })

  test('unknown and foreign refresh tokens are invalid_request, revoked ones a bad request', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      const unknown = await refresh(url, 'nothing')
      expect([unknown.status, unknown.body]).toEqual([400, { error: 'invalid_request' }])
      const json = { platform: 'reddit', redirect_uris: [REDIRECT_URI] }
      const { body } = await call(`${url}/_sandbox/apps`, { json })
      const other: [string, string] = [pick(body, 'client_id'), pick(body, 'client_secret')]
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh }
      const foreign = await post(url, 'access_token', form, other)
      expect([foreign.status, foreign.body]).toEqual([400, { error: 'invalid_request' }])
      const theirs = await post(url, 'revoke_token', { token: tokens.refresh }, other)
      expect([theirs.status, theirs.body]).toEqual([400, { error: 'unauthorized_client' }])
      await post(url, 'revoke_token', { token: tokens.refresh })
      const dead = await refresh(url, tokens.refresh)
      expect([dead.status, dead.body]).toEqual([400, { message: 'Bad Request', error: 400 }])
    }))

  test('revoke_token is 204 for anything; a refresh token takes its access with it', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      expect((await post(url, 'revoke_token', { token: 'nothing' })).status).toBe(204)
      const hinted = { token: tokens.access, token_type_hint: 'access_token' }
      expect((await post(url, 'revoke_token', hinted)).status).toBe(204)
      expect((await get(url, '/api/v1/me', tokens.access)).status).toBe(401)
      const fresh = pick((await refresh(url, tokens.refresh)).body, 'access_token')
      await post(url, 'revoke_token', { token: tokens.refresh, token_type_hint: 'refresh_token' })
      expect((await get(url, '/api/v1/me', fresh)).status).toBe(401)
    }))

  test('revoke, expire and faults of the control interface', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      const account_id = pick((await get(url, '/api/v1/me', tokens.access)).body, 'id')
      const ref = { platform: 'reddit', account_id }
      await call(`${url}/_sandbox/expire`, { json: ref })
      expect((await get(url, '/api/v1/me', tokens.access)).status).toBe(401)
      const fault = { ...ref, times: 1, retry_after_s: 30 }
      const set = (more: object) => call(`${url}/_sandbox/faults`, { json: { ...fault, ...more } })
      await set({ step: 'token', fault: 'refuse' })
      expect((await refresh(url, tokens.refresh)).body).toMatchObject({ error: 400 })
      const access = pick((await refresh(url, tokens.refresh)).body, 'access_token')
      await set({ step: 'profile', fault: 'rate_limit' })
      const limited = await get(url, '/api/v1/me', access)
      expect([limited.status, limited.headers.get('x-ratelimit-reset')]).toEqual([429, '30'])
      await call(`${url}/_sandbox/revoke`, { json: ref })
      expect((await get(url, '/api/v1/me', access)).status).toBe(401)
      expect((await refresh(url, tokens.refresh)).status).toBe(400)
      const secrets = await call(`${url}/_sandbox/secrets`)
      const issued = [CLIENT[1], access, tokens.refresh]
      expect(Object(secrets.body).data).toEqual(expect.arrayContaining(issued))
    }))
})
