import { describe, expect, test } from '@jest/globals'
import {
  consent,
  developmentClient,
  exchange,
  login,
  makeKey,
  post,
  REDIRECT_URI,
  refresh,
  SCOPE,
  tokensOf,
  xrpc,
} from '../../testing/bluesky-oauth.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const DAY_MS = 86_400_000
const SESSION = '/xrpc/com.atproto.server.getSession'

function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

describe('tokens', () => {
  test('a code gives a DPoP-bound pair for the DID', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const tokens = await login(client, url)
      expect(tokens.body).toEqual({
        access_token: expect.any(String),
        token_type: 'DPoP',
        refresh_token: expect.stringMatching(/^sbx_secret_/),
        scope: SCOPE,
        expires_in: 3600,
        sub: expect.stringMatching(/^did:plc:/),
      })
      const claims = claimsOf(tokens.access)
      expect(claims).toMatchObject({ iss: url, sub: tokens.did, client_id: client.id })
      expect(Object(claims).cnf.jkt).toMatch(/^[\w-]{43}$/)
      const session = await xrpc(client, `${url}${SESSION}`, tokens.access)
      expect(session.body).toMatchObject({ did: tokens.did, handle: 'alice.bsky.social' })
      expect(session.body).not.toHaveProperty('email')
      const secrets = await call(`${url}/_sandbox/secrets`)
      const issued = [tokens.access, tokens.refresh]
      expect(Object(secrets.body).data).toEqual(expect.arrayContaining(issued))
    }))

  test('a code is bound to address, verifier and key, and lost with the first failure', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const failing = async (changes: Record<string, string>, as = client) => {
        const { back, verifier } = await consent(client, url)
        const grant = { code: back.get('code') ?? '', verifier }
        const refused = await exchange(as, url, grant, changes)
        expect(refused.body).toMatchObject({ error: 'invalid_grant' })
        expect((await exchange(client, url, grant)).body).toMatchObject({
          error_description: 'Invalid code',
        })
        return pick(refused.body, 'error_description')
      }
      expect(await failing({ code_verifier: 'w'.repeat(64) })).toBe('Invalid code_verifier')
      expect(await failing({ redirect_uri: `${REDIRECT_URI}2` })).toMatch(/^The redirect_uri/)
      const thief = { ...client, dpop: makeKey() }
      expect(await failing({}, thief)).toBe('DPoP proof does not match the expected JKT')
    }))

  test('a replayed code ends the session it gave', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { back, verifier } = await consent(client, url)
      const grant = { code: back.get('code') ?? '', verifier }
      const tokens = tokensOf((await exchange(client, url, grant)).body)
      expect((await exchange(client, url, grant)).status).toBe(400)
      expect((await xrpc(client, `${url}${SESSION}`, tokens.access)).status).toBe(401)
      expect((await refresh(client, url, tokens.refresh)).status).toBe(400)
    }))

  test('a refresh rotates, ends the old access token, and a replay loses the session', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const first = await login(client, url)
      const second = tokensOf((await refresh(client, url, first.refresh)).body)
      expect(second.did).toBe(first.did)
      const old = await xrpc(client, `${url}${SESSION}`, first.access)
      expect([old.status, pick(old.body, 'error')]).toEqual([401, 'invalid_token'])
      expect((await xrpc(client, `${url}${SESSION}`, second.access)).status).toBe(200)
      const replay = await refresh(client, url, first.refresh)
      expect([replay.status, replay.body]).toEqual([
        400,
        { error: 'invalid_grant', error_description: 'Refresh token replayed' },
      ])
      expect((await xrpc(client, `${url}${SESSION}`, second.access)).status).toBe(401)
      expect((await refresh(client, url, second.refresh)).body).toMatchObject({
        error_description: 'Invalid refresh token',
      })
    }))

  test('access lives an hour, a public session two weeks however often it is refreshed', () => {
    const clock = makeClock(new Date().toISOString())
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const client = developmentClient(() => clock.now().getTime())
      const first = await login(client, url)
      clock.advance(3_600_000)
      // The first call only learns the nonce of the new hour.
      await xrpc(client, `${url}${SESSION}`, first.access)
      const ended = await xrpc(client, `${url}${SESSION}`, first.access)
      expect([ended.status, ended.body]).toEqual([
        401,
        { error: 'invalid_token', message: 'Token expired' },
      ])
      clock.advance(12 * DAY_MS)
      const second = tokensOf((await refresh(client, url, first.refresh)).body)
      clock.advance(2 * DAY_MS)
      expect((await refresh(client, url, second.refresh)).body).toMatchObject({
        error: 'invalid_grant',
        error_description: 'Session expired',
      })
    })
  })

  test('revoke ends the session; without a proof it only says so', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const tokens = await login(client, url)
      const form = { client_id: client.id, token: tokens.refresh }
      const bare = await call(`${url}/oauth/revoke`, { form })
      expect([bare.status, bare.body]).toEqual([200, {}])
      expect((await xrpc(client, `${url}${SESSION}`, tokens.access)).status).toBe(200)
      const done = await post(client, `${url}/oauth/revoke`, { token: tokens.refresh })
      expect([done.status, done.body]).toEqual([200, {}])
      expect((await xrpc(client, `${url}${SESSION}`, tokens.access)).status).toBe(401)
      expect((await refresh(client, url, tokens.refresh)).status).toBe(400)
    }))

  test('revoke, expire and faults of the control interface', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const tokens = await login(client, url)
      const ref = { platform: 'bluesky', account_id: tokens.did }
      await call(`${url}/_sandbox/expire`, { json: ref })
      const ended = await xrpc(client, `${url}${SESSION}`, tokens.access)
      expect(ended.body).toEqual({ error: 'invalid_token', message: 'Token expired' })
      const fault = { ...ref, step: 'token', fault: 'status', status: 503, times: 1 }
      await call(`${url}/_sandbox/faults`, { json: fault })
      const broken = await refresh(client, url, tokens.refresh)
      expect([broken.status, broken.body]).toEqual([
        503,
        { error: 'server_error', error_description: 'Server error' },
      ])
      const fresh = tokensOf((await refresh(client, url, tokens.refresh)).body)
      await call(`${url}/_sandbox/revoke`, { json: ref })
      expect((await xrpc(client, `${url}${SESSION}`, fresh.access)).status).toBe(401)
      expect((await refresh(client, url, fresh.refresh)).body).toMatchObject({
        error: 'invalid_grant',
      })
    }))
})
