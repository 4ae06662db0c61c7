import { describe, expect, test } from '@jest/globals'
import { accountIdOf, consent, login, refresh, tokensOf } from '../../testing/google-login.ts'
import { call, makeClock, newAccount, pick, type Reply, withSandbox } from '../../testing/http.ts'
import { scope } from '../google/scopes.ts'

function get(url: string, bearer: string, path: string): Promise<Reply> {
  return call(`${url}/google_business${path}`, { bearer })
}

/** The path of alice's group, `accounts/…`. */
async function groupOf(url: string, bearer: string): Promise<string> {
  return pick((await get(url, bearer, '/v1/accounts')).body, 'accounts', 1, 'name')
}

describe('Google Business identity', () => {
  test('userinfo names the same person on both APIs, by what was granted', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business')
      const full = await get(url, access, '/oauth2/v3/userinfo')
      expect(full.body).toMatchObject({
        sub: expect.stringMatching(/^1\d{20}$/),
        name: 'Alice Adler',
        given_name: 'Alice',
        family_name: 'Adler',
        email: 'alice@example.com',
      })
      const bare = await login(url, 'youtube', { scope: 'openid' })
      const other = await call(`${url}/youtube/oauth2/v3/userinfo`, { bearer: bare.access })
      expect(other.body).toEqual({ sub: pick(full.body, 'sub') })
      const none = await login(url, 'google_business', { scope: scope('business.manage') })
      expect((await get(url, none.access, '/oauth2/v3/userinfo')).status).toBe(403)
    }))

  test('openid brings an id token of the real issuer', () =>
    withSandbox({}, async ({ url }) => {
      const body = await tokensOf(url, 'google_business')
      const [, claims = ''] = pick(body, 'id_token').split('.')
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        iss: 'https://accounts.google.com',
        aud: 'sandbox-google_business-client',
        sub: expect.stringMatching(/^1\d{20}$/),
      })
    }))

  test('include_granted_scopes adds what was granted before', () =>
    withSandbox({}, async ({ url }) => {
      await tokensOf(url, 'google_business')
      const asked = { scope: scope('youtube.readonly'), include_granted_scopes: 'true' }
      const more = await tokensOf(url, 'google_business', asked)
      expect(pick(more, 'scope').split(' ')).toEqual(
        expect.arrayContaining([scope('business.manage'), scope('youtube.readonly')]),
      )
      const only = await tokensOf(url, 'google_business', { scope: asked.scope })
      expect(pick(only, 'scope')).toBe(asked.scope)
    }))
})

describe('Google Business accounts and locations', () => {
  test('alice has two accounts, a page at a time', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business')
      const first = await get(url, access, '/v1/accounts?pageSize=1')
      const token = pick(first.body, 'nextPageToken')
      const second = await get(url, access, `/v1/accounts?pageSize=1&pageToken=${token}`)
      expect([first.body, second.body]).toMatchObject([
        { accounts: [{ type: 'PERSONAL', accountName: 'Alice Adler' }] },
        { accounts: [{ type: 'LOCATION_GROUP', accountName: 'Adler Cafés' }] },
      ])
      expect(second.body).not.toHaveProperty('nextPageToken')
      expect((await get(url, access, '/v1/accounts?pageToken=guess')).status).toBe(400)
    }))

  test('locations need a read mask and show what it names', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business')
      const group = await groupOf(url, access)
      const bare = await get(url, access, `/v1/${group}/locations`)
      expect(bare.status).toBe(400)
      expect(bare.body).toMatchObject({
        error: {
          status: 'INVALID_ARGUMENT',
          details: [{ fieldViolations: [{ field: 'read_mask' }] }],
        },
      })
      const wrong = await get(url, access, `/v1/${group}/locations?readMask=name,logo`)
      expect(wrong.status).toBe(400)
      const mask = 'name,title,metadata.hasVoiceOfMerchant,metadata.placeId'
      const { body } = await get(url, access, `/v1/${group}/locations?readMask=${mask}`)
      expect(body).toEqual({
        locations: [true, true, false].map((has) => ({
          name: expect.stringMatching(/^locations\/\d{20}$/),
          title: expect.stringContaining('Adler Café'),
          metadata: {
            placeId: expect.any(String),
            ...(has ? { hasVoiceOfMerchant: true } : {}),
          },
        })),
      })
    }))

  test('a chain of 103 locations takes two pages of the largest size', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      await newAccount(sandbox, 'google_business', 'chain-one')
      const { access } = await login(url, 'google_business', { sandbox_account: 'chain-one' })
      const name = pick((await get(url, access, '/v1/accounts')).body, 'accounts', 0, 'name')
      const path = `/v1/${name}/locations?readMask=name&pageSize=500`
      const first = await get(url, access, path)
      expect(first.body).toMatchObject({ locations: { length: 100 } })
      const rest = await get(url, access, `${path}&pageToken=${pick(first.body, 'nextPageToken')}`)
      expect(rest.body).toMatchObject({ locations: { length: 3 } })
      expect(rest.body).not.toHaveProperty('nextPageToken')
    }))

  test('a person without locations gets none, one of another account is forbidden', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url, 'google_business')
      const group = await groupOf(url, alice.access)
      const carol = await login(url, 'google_business', { sandbox_account: 'carol' })
      const own = pick((await get(url, carol.access, '/v1/accounts')).body, 'accounts', 0, 'name')
      const none = await get(url, carol.access, `/v1/${own}/locations?readMask=name`)
      expect([none.status, none.body]).toEqual([200, {}])
      const other = await get(url, carol.access, `/v1/${group}/locations?readMask=name`)
      expect(other.body).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } })
      const absent = await get(url, carol.access, '/v1/accounts/1/locations?readMask=name')
      expect(absent.body).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
    }))

  test('one location lacks the voice of its merchant', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business')
      const group = await groupOf(url, access)
      const { body } = await get(url, access, `/v1/${group}/locations?readMask=name`)
      const states = []
      for (const index of [0, 2]) {
        const name = pick(body, 'locations', index, 'name')
        states.push((await get(url, access, `/v1/${name}/VoiceOfMerchantState`)).body)
      }
      expect(states).toEqual([
        { hasVoiceOfMerchant: true, hasBusinessAuthority: true },
        { hasBusinessAuthority: true, verify: {} },
      ])
    }))

  test('v4 needs both ids: without the account it is an HTML 404', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business')
      const group = await groupOf(url, access)
      const { body } = await get(url, access, `/v1/${group}/locations?readMask=name`)
      const location = pick(body, 'locations', 0, 'name')
      const media = await get(url, access, `/v4/${group}/${location}/media`)
      expect(media.body).toMatchObject({
        mediaItems: [{ locationAssociation: { category: 'PROFILE' } }],
        totalMediaItemCount: 1,
      })
      const half = await get(url, access, `/v4/${location}/media`)
      expect([half.status, half.headers.get('content-type')]).toEqual([
        404,
        'text/html; charset=utf-8',
      ])
      const moved = await get(url, access, `/v4/accounts/1/${location}/media`)
      expect(moved.body).toMatchObject({ error: { status: 'NOT_FOUND' } })
    }))

  test('the scope is needed, and its lack is told from a lack of rights', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'google_business', { sandbox_scopes: '' })
      const { status, body } = await get(url, access, '/v1/accounts')
      expect(status).toBe(403)
      expect(body).toMatchObject({
        error: { details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }] },
      })
      const nothing = { scope: scope('business.manage'), sandbox_scopes: '' }
      expect(await consent(url, 'google_business', nothing)).toMatchObject({
        error: 'access_denied',
      })
    }))

  test('the project may ask 300 times a minute', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url, state }) => {
      const { access } = await login(url, 'google_business')
      const budget = { limit: 300, windowMs: 60_000 }
      const key = 'google_business sandbox-google_business-client'
      state.rateLimits.take(key, budget, clock.now().getTime(), 300)
      const full = await get(url, access, '/v1/accounts')
      expect(full.body).toMatchObject({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })
      clock.advance(60_000)
      expect((await get(url, access, '/v1/accounts')).status).toBe(200)
    })
  })

  test('revoked and expired tokens answer as the platform does', () =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url, 'google_business')
      const account_id = await accountIdOf(url, 'google_business', 'alice')
      const json = { platform: 'google_business', account_id }
      await call(`${url}/_sandbox/expire`, { json })
      const stale = await get(url, pair.access, '/v1/accounts')
      expect(stale.status).toBe(401)
      expect(pick(stale.body, 'error', 'status')).toBe('UNAUTHENTICATED')
      expect(stale.body).not.toHaveProperty('error.errors')
      expect((await refresh(url, 'google_business', pair.refresh)).status).toBe(200)
      await call(`${url}/_sandbox/revoke`, { json })
      expect(await refresh(url, 'google_business', pair.refresh)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      })
    }))

  test('a fault on profile hits the account it names, in words without the older list', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url, 'google_business')
      const bob = await login(url, 'google_business', { sandbox_account: 'bob' })
      const account_id = await accountIdOf(url, 'google_business', 'alice')
      const fault = { step: 'profile', fault: 'rate_limit', times: null }
      const json = { platform: 'google_business', account_id, ...fault }
      await call(`${url}/_sandbox/faults`, { json })
      const hit = await get(url, alice.access, '/v1/accounts')
      expect(hit.body).toEqual({
        error: { code: 429, message: expect.any(String), status: 'RESOURCE_EXHAUSTED' },
      })
      expect((await get(url, bob.access, '/v1/accounts')).status).toBe(200)
    }))
})
