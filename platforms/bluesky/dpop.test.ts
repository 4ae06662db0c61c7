import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { readProof } from '../testing/dpop-proof.ts'
import { failureOf, makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { DEFAULT_TIMING } from '../timing.ts'
import { makeBlueskyConnector } from './connector.ts'
import { importPrivateJwk, makeDpopKey, makeDpopKeys } from './dpop.ts'
import { makeBlueskyOauthAuthorizer } from './oauth.ts'

let server: AnswerServer
let key: string

beforeAll(async () => {
  server = await startAnswerServer()
  key = await makeDpopKey()
})
afterAll(() => server.close())

const hosts = () => ({ apiBaseUrl: server.url, authBaseUrl: server.url })
const access = (secrets: Record<string, string> = { dpop_key: key }) =>
  makeAccess({ accessToken: 'at', tokenType: 'dpop', secrets, accountId: 'did:plc:alice' })
const written = { uri: 'at://did:plc:alice/app.bsky.feed.post/1', cid: 'cid' }
const wantsNonce = (nonce: string): Answer => ({
  status: 401,
  body: { error: 'use_dpop_nonce', message: 'Resource server requires nonce in DPoP proof' },
  headers: { 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
})
const proofs = () => Promise.all(server.received.map(readProof))
const ath = createHash('sha256').update('at').digest('base64url')

describe('calls of an account whose token is bound to a key', () => {
  test('publish: proof of key, token, method and address', async () => {
    server.answer({ status: 200, body: written })
    const connector = makeBlueskyConnector(hosts(), DEFAULT_TIMING)
    await connector.commit(makeDraft('hi'), access(), server.call)
    expect(server.received[0]?.headers.authorization).toBe('DPoP at')
    const [proof] = await proofs()
    const { d: _private, ...publicJwk } = JSON.parse(key)
    expect(proof?.header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256' })
    expect(proof?.header.jwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: publicJwk.x,
      y: publicJwk.y,
    })
    expect(proof?.claims).toMatchObject({
      htm: 'POST',
      htu: `${server.url}/xrpc/com.atproto.repo.putRecord`,
      ath,
    })
    expect(proof?.claims.nonce).toBeUndefined()
  })

  test('a wanted nonce is used at once, then kept, then replaced', async () => {
    const connector = makeBlueskyConnector(hosts(), DEFAULT_TIMING)
    const commit = () => connector.commit(makeDraft('hi'), access(), server.call)
    const answer = { status: 200, body: written }
    server.answer(wantsNonce('n-1'), answer)
    await commit()
    expect((await proofs()).map(({ claims }) => claims.nonce)).toEqual([undefined, 'n-1'])
    expect(new Set((await proofs()).map(({ claims }) => claims.jti)).size).toBe(2)
    expect(server.received[1]?.body).toBe(server.received[0]?.body)
    server.answer({ ...answer, headers: { 'dpop-nonce': 'n-2' } })
    await commit()
    expect((await proofs()).map(({ claims }) => claims.nonce)).toEqual(['n-1'])
    server.answer(answer)
    await commit()
    expect((await proofs()).map(({ claims }) => claims.nonce)).toEqual(['n-2'])
  })

  test('a server that wants a nonce for ever is asked twice', async () => {
    server.answer(wantsNonce('n-1'), wantsNonce('n-2'), { status: 200, body: written })
    const connector = makeBlueskyConnector(hosts(), DEFAULT_TIMING)
    const failure = await failureOf(connector.commit(makeDraft('hi'), access(), server.call))
    expect(failure).toMatchObject({ kind: 'auth_expired' })
    expect(server.received).toHaveLength(2)
  })

  test('looking, deleting and asking who it is carry proofs too', async () => {
    const connector = makeBlueskyConnector(hosts(), DEFAULT_TIMING)
    server.answer({ status: 400, body: { error: 'RecordNotFound' } })
    await connector.confirm?.(makeAttempt(makeDraft('hi')), access(), server.call)
    expect((await proofs())[0]?.claims).toMatchObject({
      htm: 'GET',
      htu: `${server.url}/xrpc/com.atproto.repo.getRecord`,
      ath,
    })
    server.answer({ status: 200, body: {} })
    await connector.remove?.({ platformPostId: written.uri }, access(), server.call)
    expect((await proofs())[0]?.claims.htu).toMatch(/deleteRecord$/)
    server.answer(
      { status: 200, body: { did: 'did:plc:alice', handle: 'alice.test' } },
      { status: 200, body: { displayName: 'Alice' } },
    )
    const auth = makeBlueskyOauthAuthorizer(hosts())
    expect(await auth.identify(access(), server.call)).toMatchObject({ displayName: 'Alice' })
    expect((await proofs()).map(({ claims }) => claims.ath)).toEqual([ath, ath])
  })

  test('an expired token', async () => {
    server.answer({
      status: 401,
      body: { error: 'invalid_token', message: 'exp' },
      headers: { 'www-authenticate': 'DPoP error="invalid_token"' },
    })
    const auth = makeBlueskyOauthAuthorizer(hosts())
    expect(await failureOf(auth.identify(access(), server.call))).toMatchObject({
      kind: 'auth_expired',
    })
  })

  test.each([[{}], [{ dpop_key: 'no json' }], [{ dpop_key: '{"kty":"RSA"}' }]])(
    'a lost key %j: told before anything is sent, and not quoted',
    async (secrets: Record<string, string>) => {
      server.answer()
      const auth = makeBlueskyOauthAuthorizer(hosts())
      const failure = await failureOf(auth.identify(access(secrets), server.call))
      expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'bluesky_key_missing' })
      expect(server.received).toHaveLength(0)
      expect(String(failure)).not.toContain('no json')
    },
  )
})

describe('keys', () => {
  test('each is new, and one handle serves a key', async () => {
    expect(await makeDpopKey()).not.toBe(key)
    const keys = makeDpopKeys()
    expect(await keys.handleOf(key)).toBe(await keys.handleOf(key))
    expect(await keys.handleOf(key)).not.toBe(await makeDpopKeys().handleOf(key))
  })

  test('a private JWK with its id, and what is none', async () => {
    const named = JSON.stringify({ ...JSON.parse(key), kid: 'k-1' })
    expect(await importPrivateJwk(named)).toMatchObject({ kid: 'k-1' })
    expect(await importPrivateJwk(key)).not.toHaveProperty('kid')
    const { d: _private, ...publicJwk } = JSON.parse(key)
    expect(await importPrivateJwk(JSON.stringify(publicJwk))).toBeUndefined()
    expect(await importPrivateJwk('a secret')).toBeUndefined()
  })
})
