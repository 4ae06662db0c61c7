import { describe, expect, test } from '@jest/globals'
import {
  assertion,
  developmentClient,
  login,
  makeKey,
  parForm,
  post,
  refresh,
  tokensOf,
  withClientDocument,
  xrpc,
} from '../../testing/bluesky-oauth.ts'
import { makeClock, pick, withSandbox } from '../../testing/http.ts'

const DAY_MS = 86_400_000
const SESSION = '/xrpc/com.atproto.server.getSession'

describe('confidential clients', () => {
  test('the document is fetched, and the client proves itself by private_key_jwt', () =>
    withSandbox({}, async ({ url }) => {
      await withClientDocument({}, async (client) => {
        const tokens = await login(client, url)
        expect((await xrpc(client, `${url}${SESSION}`, tokens.access)).status).toBe(200)
        expect((await refresh(client, url, tokens.refresh)).status).toBe(200)
      })
    }))

  test('an assertion must be signed by the key, fresh, for this server, and used once', () =>
    withSandbox({}, async ({ url }) => {
      await withClientDocument({}, async (client) => {
        const errorOf = async (form: Record<string, string>) =>
          pick(
            (await post(client, `${url}/oauth/par`, { ...parForm().form, ...form })).body,
            'error',
          )
        const made = (changes: object) => ({ ...assertion(client, url, changes) })
        expect(await errorOf({ client_assertion: 'a.b.c' })).toBe('invalid_client')
        expect(await errorOf(made({ aud: `${url}/oauth/token` }))).toBe('invalid_client')
        expect(await errorOf(made({ sub: 'nobody' }))).toBe('invalid_client')
        const old = Math.floor(Date.now() / 1000) - 61
        expect(await errorOf(made({ iat: old }))).toBe('invalid_client')
        expect(await errorOf(made({ jti: undefined }))).toBe('invalid_client')
        const forged = { ...client, auth: makeKey('key-1') }
        expect(await errorOf({ ...assertion(forged, url) })).toBe('invalid_client')
        const once = made({})
        const { form } = parForm()
        expect((await post(client, `${url}/oauth/par`, { ...form, ...once })).status).toBe(201)
        expect(await errorOf(once)).toBe('invalid_grant')
      })
    }))

  test('its session outlives two weeks and ends when three months pass without refresh', async () => {
    const clock = makeClock(new Date().toISOString())
    await withSandbox({ now: clock.now }, async ({ url }) => {
      await withClientDocument({}, async (served) => {
        const client = { ...served, nowMs: () => clock.now().getTime() }
        const first = await login(client, url)
        clock.advance(90 * DAY_MS)
        const second = tokensOf((await refresh(client, url, first.refresh)).body)
        clock.advance(92 * DAY_MS)
        const late = await refresh(client, url, second.refresh)
        expect(pick(late.body, 'error_description')).toBe('Refresh token expired')
      })
    })
  })

  test.each([
    [{ dpop_bound_access_tokens: false }, 'dpop_bound_access_tokens'],
    [{ scope: 'transition:generic' }, 'Missing "atproto" scope'],
    [{ client_id: 'http://127.0.0.1:1/other.json' }, 'client_id does not match'],
    [{ redirect_uris: ['http://elsewhere.example/cb'] }, 'Loopback redirect URIs are only allowed'],
    [{ token_endpoint_auth_method: 'client_secret_basic' }, 'Unsupported client authentication'],
    [{ jwks: undefined }, 'requires jwks or jwks_uri'],
    [{ application_type: 'native' }, 'Native clients must authenticate using "none"'],
    [{ redirect_uris: [] }, 'redirect_uris'],
  ])('a document with %j is refused', (changes, reason) =>
    withSandbox({}, async ({ url }) => {
      await withClientDocument(changes, async (client) => {
        const refused = await post(client, `${url}/oauth/par`, parForm().form)
        expect(pick(refused.body, 'error')).toBe('invalid_client_metadata')
        expect(pick(refused.body, 'error_description')).toContain(reason)
      })
    }),
  )

  test('a document that cannot be read is the client’s fault', () =>
    withSandbox({}, async ({ url }) => {
      const client = { ...developmentClient(), id: 'http://127.0.0.1:9/client-metadata.json' }
      const refused = await post(client, `${url}/oauth/par`, parForm().form)
      expect([refused.status, pick(refused.body, 'error')]).toEqual([
        400,
        'invalid_client_metadata',
      ])
    }))
})
