import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { s256 } from '../oauth.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { DEFAULT_TIMING } from '../timing.ts'
import { makeXConnector } from './connector.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function x() {
  return makeXConnector({ apiBaseUrl: server.url, authBaseUrl: 'https://x.com' }, DEFAULT_TIMING)
}

describe('tokens', () => {
  const app = { clientId: 'client', clientSecret: 's-e_c~r%t' }
  const request = { app, accessToken: 'old', refreshToken: 'spent', secrets: {} }
  const refresh = () => x().auth.refresh?.(request, server.call)
  const granted = (more: object) => ({
    status: 200,
    body: { token_type: 'bearer', access_token: 'new', expires_in: 7200, scope: 'a b', ...more },
  })

  test('HTTP Basic keeps - and _ as they are, and the form holds no client id', async () => {
    server.answer(granted({ refresh_token: 'next' }))
    expect(await refresh()).toMatchObject({ refreshToken: 'next', scopes: ['a', 'b'] })
    const [sent] = server.received
    const basic = Buffer.from('client:s-e_c~r%25t').toString('base64')
    expect(sent?.headers.authorization).toBe(`Basic ${basic}`)
    expect(sent?.headers['user-agent']).toBe('clarion-test')
    expect(Object.fromEntries(new URLSearchParams(sent?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'spent',
    })
  })

  test.each([[''], [null]])('an empty refresh token %j is none', async (empty) => {
    server.answer(granted({ refresh_token: empty }))
    const grant = await refresh()
    expect(grant?.accessToken).toBe('new')
    expect(grant).not.toHaveProperty('refreshToken')
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'spent',
      {
        status: 400,
        body: {
          error: 'invalid_request',
          error_description: 'Value passed for the token was invalid.',
        },
      },
      { kind: 'auth_revoked', code: 'x_grant_ended' },
    ],
    ['invalid_grant', { status: 400, body: { error: 'invalid_grant' } }, { kind: 'auth_revoked' }],
    [
      'another invalid_request',
      {
        status: 400,
        body: {
          error: 'invalid_request',
          error_description: 'Missing required parameter [client_id].',
        },
      },
      { kind: 'rejected', code: 'x_app_refused' },
    ],
    [
      'wrong app',
      { status: 401, body: { error: 'unauthorized_client' } },
      { kind: 'rejected', code: 'x_app_refused' },
    ],
    [
      '401 with a challenge',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
      { kind: 'rejected' },
    ],
    ['a 400 that is no JSON', { status: 400, body: '<html>' }, { kind: 'rejected' }],
    ['429', { status: 429 }, { kind: 'rate_limited' }],
    ['500', { status: 500 }, { kind: 'transient' }],
    ['200 without a token', { status: 200, body: {} }, { kind: 'outcome_unknown' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('a picture in full size and Premium limits', async () => {
    const user = {
      id: '7',
      username: 'alice',
      name: 'Alice',
      profile_image_url: 'https://pbs.twimg.com/profile_images/1/a_normal.jpg',
      subscription_type: 'PremiumPlus',
    }
    server.answer({ status: 200, body: { data: user } })
    expect(await x().auth.identify(makeAccess(), server.call)).toMatchObject({
      platformAccountId: '7',
      profileImageUrl: 'https://pbs.twimg.com/profile_images/1/a_400x400.jpg',
      metadata: { limits: { max_text_length: 25_000 } },
    })
  })

  test('where a person grants access', async () => {
    const codeVerifier = 'v'.repeat(64)
    const asked = { app, redirectUri: 'https://c.test/cb', state: 'st', codeVerifier, scopes: [] }
    const request = { ...asked, isReconnect: false }
    const redirect = await x().auth.authorizationUrl?.(request, server.call)
    const query = redirect?.url.searchParams
    expect(redirect?.url.origin).toBe('https://x.com')
    expect(query?.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['offline.access', 'media.write']),
    )
    expect(query?.get('code_challenge_method')).toBe('S256')
    expect(query?.get('code_challenge')).toBe(s256(codeVerifier))
  })
})
