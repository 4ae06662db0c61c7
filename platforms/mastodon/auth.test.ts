import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { DEFAULT_TIMING } from '../timing.ts'
import { MASTODON_HOSTS, makeMastodonConnector } from './connector.ts'

let server: AnswerServer
const mastodon = makeMastodonConnector(MASTODON_HOSTS, DEFAULT_TIMING)

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const account = () => makeAccess({ serviceUrl: server.url, accountId: 'host.example/42' })

describe('connecting', () => {
  const metadata = (more: object = {}): Answer => ({
    status: 200,
    body: {
      issuer: `${server.url}/`,
      scopes_supported: ['read', 'write', 'profile'],
      code_challenge_methods_supported: ['S256'],
      ...more,
    },
  })
  const app = { clientId: 'id', clientSecret: 'secret' }
  const authorize = async () => {
    const request = { app, redirectUri: 'https://c.test/cb', state: 's', codeVerifier: 'v' }
    const asked = { ...request, scopes: [], serviceUrl: server.url, isReconnect: false }
    return (await mastodon.auth.authorizationUrl?.(asked, server.call))?.url.searchParams
  }
  const exchange = () =>
    mastodon.auth.exchange?.(
      {
        app,
        redirectUri: 'https://c.test/cb',
        params: new URLSearchParams({ code: 'c', state: 's' }),
        state: 's',
        codeVerifier: 'v'.repeat(64),
        secrets: {},
        serviceUrl: server.url,
      },
      server.call,
    )
  const granted: Answer = {
    status: 200,
    body: { access_token: 't', token_type: 'Bearer', scope: 'read write', created_at: 1 },
  }

  test('since 4.3: PKCE and the scope profile', async () => {
    server.answer(metadata())
    const query = await authorize()
    expect(query?.get('code_challenge_method')).toBe('S256')
    expect(query?.get('scope')).toBe(
      'profile read:accounts read:statuses write:statuses write:media',
    )
    server.answer(metadata(), granted)
    const grant = await exchange()
    expect(grant).toEqual({
      accessToken: 't',
      tokenType: 'bearer',
      scopes: ['read', 'write'],
      serviceUrl: server.url,
    })
    const form = new URLSearchParams(server.received[1]?.body)
    expect(form.get('code_verifier')).toBe('v'.repeat(64))
    expect(form.get('client_secret')).toBe('secret')
  })

  test('before 4.3: neither', async () => {
    server.answer({ status: 404 })
    const query = await authorize()
    expect(query?.has('code_challenge')).toBe(false)
    expect(query?.get('scope')).not.toContain('profile')
    server.answer({ status: 404 }, granted)
    await exchange()
    expect(new URLSearchParams(server.received[1]?.body).has('code_verifier')).toBe(false)
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'used code',
      { status: 400, body: { error: 'invalid_grant' } },
      { code: 'authorization_failed' },
    ],
    [
      'unknown app',
      { status: 401, body: { error: 'invalid_client' } },
      { code: 'mastodon_app_unknown' },
    ],
    ['down', { status: 503 }, { kind: 'transient' }],
  ])('token endpoint: %s', async (_name, answer, expected) => {
    server.answer(metadata(), answer)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })

  test('limits of the instance, by version 1 where version 2 is missing', async () => {
    const statuses = { max_characters: 5000, characters_reserved_per_url: 25 }
    const facts = { uri: 'm.test', version: '3.5.3', configuration: { statuses } }
    server.answer(
      { status: 200, body: { id: '42', username: 'alice', display_name: '' } },
      { status: 404 },
      { status: 200, body: facts },
    )
    expect(await mastodon.auth.identify(account(), server.call)).toMatchObject({
      platformAccountId: `${new URL(server.url).host}/42`,
      handle: 'alice@m.test',
      displayName: null,
      metadata: {
        instance_version: '3.5.3',
        limits: { max_text_length: 5000, characters_per_url: 25 },
      },
    })
  })

  test.each(['', 'not a host', 'javascript:alert(1)', 'https://m.test/?x=1'])(
    'instance %j is refused',
    async (serviceUrl) => {
      const failure = failureOf(
        mastodon.auth.registerApp?.(serviceUrl, 'https://c.test', server.call),
      )
      expect(await failure).toMatchObject({ code: 'invalid_service_url' })
    },
  )
})
