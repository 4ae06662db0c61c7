import { describe, expect, test } from '@jest/globals'
import { bare, login, procedure } from '../../testing/bluesky-login.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const CREATE = 'com.atproto.server.createSession'
const REFRESH = 'com.atproto.server.refreshSession'
const HOUR_MS = 3_600_000

function claims(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

describe('sessions', () => {
  test('createSession gives real JWTs with the lifetimes of the PDS', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const access = claims(session.access)
      const refresh = claims(session.refresh)
      expect(access).toMatchObject({ scope: 'com.atproto.appPass', sub: session.did })
      expect(Number(access.exp) - Number(access.iat)).toBe(7200)
      expect(refresh).toMatchObject({ scope: 'com.atproto.refresh', jti: expect.any(String) })
      expect(Number(refresh.exp) - Number(refresh.iat)).toBe(90 * 86_400)
      expect(session.did).toMatch(/^did:plc:[a-z2-7]{24}$/)
      const mine = await call(`${sandbox.url}/bluesky/xrpc/com.atproto.server.getSession`, {
        bearer: session.access,
      })
      expect(mine.body).toMatchObject({
        did: session.did,
        handle: 'alice.bsky.social',
        active: true,
      })
      expect(pick(mine.body, 'didDoc', 'service', 0, 'serviceEndpoint')).toBe(sandbox.url)
    }))

  test('wrong password, missing field, missing and garbled tokens have their own errors', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const wrong = await procedure(url, CREATE, { identifier: 'alice.bsky.social', password: 'a' })
      expect([wrong.status, wrong.body]).toEqual([
        401,
        { error: 'AuthenticationRequired', message: 'Invalid identifier or password' },
      ])
      const missing = await procedure(url, CREATE, { identifier: 'alice.bsky.social' })
      expect([missing.status, missing.body]).toEqual([
        400,
        { error: 'InvalidRequest', message: 'Input must have the property "password"' },
      ])
      const profile = `${url}/xrpc/app.bsky.actor.getProfile?actor=alice.bsky.social`
      expect((await call(profile)).body).toMatchObject({ error: 'AuthMissing' })
      expect((await call(profile, { bearer: 'abc' })).body).toMatchObject({
        error: 'InvalidToken',
        message: 'Malformed token',
      })
      const session = await login(sandbox)
      const forged = `${session.access.slice(0, -3)}AAA`
      expect((await call(profile, { bearer: forged })).body).toMatchObject({
        message: 'Token could not be verified',
      })
      expect((await call(profile, { bearer: session.refresh })).body).toMatchObject({
        error: 'InvalidToken',
        message: 'Bad token scope',
      })
      expect((await bare(url, REFRESH, session.access)).body).toMatchObject({
        message: 'Bad token scope',
      })
    }))

  test('an access token ends after 120 minutes with 400 ExpiredToken', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async (sandbox) => {
      const session = await login(sandbox)
      const path = `${sandbox.url}/xrpc/com.atproto.server.getSession`
      clock.advance(2 * HOUR_MS)
      const late = await call(path, { bearer: session.access })
      expect([late.status, late.body]).toEqual([
        400,
        { error: 'ExpiredToken', message: 'Token has expired' },
      ])
    })
  })

  test('refresh again within two hours gives the same successor, after them it is revoked', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async (sandbox) => {
      const session = await login(sandbox)
      const first = await bare(sandbox.url, REFRESH, session.refresh)
      const jti = claims(pick(first.body, 'refreshJwt')).jti
      expect(jti).not.toBe(claims(session.refresh).jti)
      clock.advance(2 * HOUR_MS - 1)
      const again = await bare(sandbox.url, REFRESH, session.refresh)
      expect(claims(pick(again.body, 'refreshJwt')).jti).toBe(jti)
      clock.advance(1)
      const late = await bare(sandbox.url, REFRESH, session.refresh)
      expect([late.status, late.body]).toEqual([
        400,
        { error: 'ExpiredToken', message: 'Token has been revoked' },
      ])
      expect((await bare(sandbox.url, REFRESH, pick(first.body, 'refreshJwt'))).status).toBe(200)
    })
  })

  test('deleteSession ends the refresh token', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const gone = await bare(sandbox.url, 'com.atproto.server.deleteSession', session.refresh)
      expect(gone.status).toBe(200)
      expect((await bare(sandbox.url, REFRESH, session.refresh)).status).toBe(400)
    }))

  test('a deleted app password ends refresh and login, and access lives to its end', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const ref = { platform: 'bluesky', account_id: session.did }
      await call(`${sandbox.url}/_sandbox/revoke`, { json: ref })
      expect((await bare(sandbox.url, REFRESH, session.refresh)).status).toBe(400)
      const input = { identifier: session.did, password: session.password }
      expect((await procedure(sandbox.url, CREATE, input)).status).toBe(401)
      const path = `${sandbox.url}/xrpc/com.atproto.server.getSession`
      expect((await call(path, { bearer: session.access })).status).toBe(200)
      expect((await login(sandbox)).password).not.toBe(session.password)
    }))

  test('expire ends access now and leaves refresh', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const ref = { platform: 'bluesky', account_id: session.did }
      await call(`${sandbox.url}/_sandbox/expire`, { json: ref })
      const path = `${sandbox.url}/xrpc/com.atproto.server.getSession`
      expect((await call(path, { bearer: session.access })).body).toMatchObject({
        error: 'ExpiredToken',
      })
      const fresh = await bare(sandbox.url, REFRESH, session.refresh)
      const bearer = pick(fresh.body, 'accessJwt')
      expect((await call(path, { bearer })).status).toBe(200)
    }))

  test('the thirty-first login in five minutes is refused, a right one too', () =>
    withSandbox({}, async (sandbox) => {
      for (let count = 0; count < 30; count++) await login(sandbox)
      const input = { identifier: 'alice.bsky.social', password: 'x' }
      const over = await procedure(sandbox.url, CREATE, input)
      expect([over.status, over.body]).toEqual([
        429,
        { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
      ])
      expect(over.headers.get('ratelimit-policy')).toBe('30;w=300')
      expect(over.headers.get('ratelimit-remaining')).toBe('0')
    }))
})

describe('identity', () => {
  test('resolveHandle, getProfile and describeServer', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox, 'bob.bsky.social')
      const resolve = `${url}/xrpc/com.atproto.identity.resolveHandle?handle=`
      expect((await call(`${resolve}bob.bsky.social`)).body).toEqual({ did: session.did })
      expect((await call(`${resolve}nobody.bsky.social`)).body).toEqual({
        error: 'InvalidRequest',
        message: 'Unable to resolve handle',
      })
      const actor = `${url}/xrpc/app.bsky.actor.getProfile?actor=${session.did}`
      expect((await call(actor, { bearer: session.access })).body).toMatchObject({
        did: session.did,
        handle: 'bob.bsky.social',
        displayName: 'Bob Bauer',
      })
      const server = await call(`${url}/xrpc/com.atproto.server.describeServer`)
      expect(server.body).toHaveProperty('availableUserDomains')
    }))

  test('unknown methods and wrong verbs', () =>
    withSandbox({}, async ({ url }) => {
      const unknown = await call(`${url}/xrpc/com.atproto.nothing`)
      expect([unknown.status, unknown.body]).toEqual([
        501,
        { error: 'MethodNotImplemented', message: 'Method Not Implemented' },
      ])
      expect((await call(`${url}/xrpc/${CREATE}`)).status).toBe(405)
    }))
})
