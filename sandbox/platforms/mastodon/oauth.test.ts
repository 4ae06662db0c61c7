import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import {
  authorizeUrl,
  consent,
  exchange,
  publish,
  REDIRECT_URI,
  register,
  SCOPES,
} from '../../testing/mastodon-login.ts'

const VERIFIER = 'v'.repeat(50)
const PKCE = {
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
}

describe('registration', () => {
  test('gives a client', () =>
    withSandbox({}, async ({ url }) => {
      const form = { client_name: 'Clarion', redirect_uris: REDIRECT_URI, scopes: SCOPES }
      const { status, body } = await call(`${url}/api/v1/apps`, { form })
      expect(status).toBe(200)
      expect(body).toMatchObject({
        name: 'Clarion',
        client_secret: expect.stringMatching(/^sbx_secret_/),
        client_secret_expires_at: 0,
        redirect_uris: [REDIRECT_URI],
      })
    }))

  test.each([
    ['no name', { redirect_uris: REDIRECT_URI }],
    ['no address', { client_name: 'a' }],
    ['a relative address', { client_name: 'a', redirect_uris: '/callback' }],
    ['an unknown scope', { client_name: 'a', redirect_uris: REDIRECT_URI, scopes: 'write:all' }],
  ])('refuses %s with 422', (_name, json) =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await call(`${url}/api/v1/apps`, { json })
      expect(status).toBe(422)
      expect(pick(body, 'error')).toMatch(/^Validation failed: /)
    }),
  )

  test('the metadata document names the endpoints of this origin', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await call(`${url}/.well-known/oauth-authorization-server`)
      expect(body).toMatchObject({
        token_endpoint: `${url}/oauth/token`,
        code_challenge_methods_supported: ['S256'],
      })
    }))
})

describe('authorization', () => {
  test('code, token, profile', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const { status, body } = await exchange(url, client, await consent(url, client))
      expect(status).toBe(200)
      expect(body).toEqual({
        access_token: expect.stringMatching(/^sbx_secret_/),
        token_type: 'Bearer',
        scope: SCOPES,
        created_at: expect.any(Number),
      })
      const bearer = pick(body, 'access_token')
      const me = await call(`${url}/api/v1/accounts/verify_credentials`, { bearer })
      expect(me.body).toMatchObject({ username: 'alice', acct: 'alice', url: `${url}/@alice` })
    }))

  test('deny redirects with access_denied', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const { headers } = await call(authorizeUrl(url, client, { sandbox_decision: 'deny' }))
      const target = new URL(headers.get('location') ?? '').searchParams
      expect(target.get('error')).toBe('access_denied')
      expect(target.get('state')).toBe('state-1')
    }))

  test.each([
    ['client_id', 'nobody', 401],
    ['redirect_uri', `${REDIRECT_URI}/`, 400],
    ['scope', 'write', 400],
    ['response_type', 'token', 400],
    ['code_challenge', 'short', 400],
  ])('a wrong %s gets a page', (name, value, status) =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const reply = await call(authorizeUrl(url, client, { [name]: value }))
      expect(reply.status).toBe(status)
    }),
  )

  test('a code is single use, bound to its address, and lives ten minutes', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const client = await register(url)
      const code = await consent(url, client)
      const elsewhere = await exchange(url, client, code, { redirect_uri: `${REDIRECT_URI}/` })
      expect([elsewhere.status, pick(elsewhere.body, 'error')]).toEqual([400, 'invalid_grant'])
      expect((await exchange(url, client, code)).status).toBe(200)
      expect((await exchange(url, client, code)).body).toMatchObject({ error: 'invalid_grant' })
      const late = await consent(url, client)
      clock.advance(10 * 60_000)
      expect((await exchange(url, client, late)).body).toMatchObject({ error: 'invalid_grant' })
    })
  })

  test('PKCE is verified when it was begun', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const code = await consent(url, client, PKCE)
      expect((await exchange(url, client, code)).body).toMatchObject({ error: 'invalid_grant' })
      expect((await exchange(url, client, code, { code_verifier: VERIFIER })).status).toBe(200)
    }))

  test('a wrong client is 401, in the body or in Basic', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const code = await consent(url, client)
      const wrong = await exchange(url, client, code, { client_secret: 'guess' })
      expect([wrong.status, pick(wrong.body, 'error')]).toEqual([401, 'invalid_client'])
      const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
      const basic = await call(`${url}/oauth/token`, { form, basic: [client.id, client.secret] })
      expect(basic.status).toBe(200)
    }))

  test('the same grant again gives the same token, until it is revoked', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const grant = async () =>
        pick((await exchange(url, client, await consent(url, client))).body, 'access_token')
      const token = await grant()
      expect(await grant()).toBe(token)
      const form = { client_id: client.id, client_secret: client.secret, token }
      expect((await call(`${url}/oauth/revoke`, { form })).body).toEqual({})
      const dead = await call(`${url}/api/v1/accounts/verify_credentials`, { bearer: token })
      expect([dead.status, dead.body]).toEqual([401, { error: 'The access token was revoked' }])
      expect(await grant()).not.toBe(token)
      const foreign = await call(`${url}/oauth/revoke`, { form: { ...form, token: 'nothing' } })
      expect(foreign.status).toBe(403)
    }))

  test('scopes are enforced; a token of the app has no user', () =>
    withSandbox({}, async ({ url }) => {
      const client = await register(url)
      const code = await consent(url, client, { scope: 'read:statuses' })
      const bearer = pick((await exchange(url, client, code)).body, 'access_token')
      const refused = await publish(url, bearer, { status: 'a' })
      expect([refused.status, refused.body]).toEqual([
        403,
        { error: 'This action is outside the authorized scopes' },
      ])
      const form = {
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: client.secret,
        scope: 'write:statuses',
      }
      const app = await call(`${url}/oauth/token`, { form })
      expect((await publish(url, pick(app.body, 'access_token'), { status: 'a' })).status).toBe(422)
    }))
})
