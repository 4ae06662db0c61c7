import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { s256 } from '../oauth.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { assertSignature, decodeJwt, readProof } from '../testing/dpop-proof.ts'
import { failureOf } from '../testing/drafts.ts'
import { makeDpopKey } from './dpop.ts'
import { makeBlueskyOauthAuthorizer } from './oauth.ts'

const DID = 'did:plc:alice'
const app = { clientId: 'https://clarion.test/oauth/bluesky/client-metadata.json' }
const redirectUri = 'https://clarion.test/oauth/callback/bluesky'
const codeVerifier = 'v'.repeat(64)

let server: AnswerServer
let key: string

beforeAll(async () => {
  server = await startAnswerServer()
  key = await makeDpopKey()
})
afterAll(() => server.close())

/** The answer server is PDS, authorization server and directory in one. */
const auth = () => makeBlueskyOauthAuthorizer({ apiBaseUrl: server.url, authBaseUrl: server.url })
const resource = (issuer = server.url): Answer => ({
  status: 200,
  body: { resource: server.url, authorization_servers: [issuer] },
})
const metadata = (more: object = {}): Answer => ({
  status: 200,
  body: {
    issuer: server.url,
    authorization_endpoint: `${server.url}/oauth/authorize`,
    token_endpoint: `${server.url}/oauth/token`,
    pushed_authorization_request_endpoint: `${server.url}/oauth/par`,
    revocation_endpoint: `${server.url}/oauth/revoke`,
    authorization_response_iss_parameter_supported: true,
    ...more,
  },
})
const wantsNonce: Answer = {
  status: 400,
  body: { error: 'use_dpop_nonce' },
  headers: { 'dpop-nonce': 'n-1' },
}
const granted = (more: object = {}): Answer => ({
  status: 200,
  body: {
    access_token: 'at-2',
    token_type: 'DPoP',
    expires_in: 3600,
    refresh_token: 'rt-2',
    scope: 'atproto transition:generic',
    sub: DID,
    ...more,
  },
})
const didDoc = (pds = server.url, id = DID): Answer => ({
  status: 200,
  body: {
    id,
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }],
  },
})
const form = (index: number) =>
  Object.fromEntries(new URLSearchParams(server.received[index]?.body))
const sent = (index: number) => {
  const request = server.received[index]
  if (!request) throw new Error(`there is no request ${index}`)
  return request
}
const paths = () => server.received.map(({ path }) => path)
const days = (date: Date | undefined) =>
  Math.round(((date?.getTime() ?? 0) - Date.now()) / (24 * 60 * 60_000))

describe('consent', () => {
  const request = { app, redirectUri, state: 'st', codeVerifier, scopes: [], isReconnect: false }
  const authorize = (more: object = {}) =>
    auth().authorizationUrl?.({ ...request, ...more }, server.call)
  const pushed: Answer = { status: 201, body: { request_uri: 'urn:req:1', expires_in: 299 } }

  test('from the PDS to its sign-in, the request pushed with PKCE and proof', async () => {
    server.answer(resource(), metadata(), wantsNonce, pushed)
    const redirect = await authorize({ serviceUrl: server.url })
    expect(paths()).toEqual([
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-authorization-server',
      '/oauth/par',
      '/oauth/par',
    ])
    expect(redirect?.url.href).toBe(
      `${server.url}/oauth/authorize?client_id=${encodeURIComponent(app.clientId)}&request_uri=urn%3Areq%3A1`,
    )
    expect(redirect?.secrets).toEqual({ issuer: server.url, dpop_key: expect.any(String) })
    expect(form(3)).toEqual({
      client_id: app.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'atproto transition:generic',
      state: 'st',
      code_challenge: s256(codeVerifier),
      code_challenge_method: 'S256',
    })
    const { claims } = await readProof(sent(3))
    expect(claims).toMatchObject({ htm: 'POST', htu: `${server.url}/oauth/par`, nonce: 'n-1' })
  })

  test('an entryway is its own sign-in, and every attempt has its own key', async () => {
    server.answer({ status: 404 }, metadata(), pushed)
    const first = await authorize()
    server.answer({ status: 404 }, metadata(), pushed)
    const second = await authorize()
    expect(first?.secrets?.dpop_key).not.toBe(second?.secrets?.dpop_key)
  })

  test('a client with a key proves itself by an assertion', async () => {
    server.answer({ status: 404 }, metadata(), pushed)
    const clientSecret = JSON.stringify({ ...JSON.parse(await makeDpopKey()), kid: 'k-1' })
    await authorize({ app: { ...app, clientSecret } })
    const { client_assertion = '', client_assertion_type } = form(2)
    expect(client_assertion_type).toMatch(/jwt-bearer$/)
    const { header, claims } = decodeJwt(client_assertion)
    expect(header).toMatchObject({ alg: 'ES256', kid: 'k-1' })
    expect(claims).toMatchObject({ iss: app.clientId, sub: app.clientId, aud: server.url })
    const { d: _private, ...jwk } = JSON.parse(clientSecret)
    await assertSignature(client_assertion, jwk)
  })

  test.each<[string, () => Answer[], object, string]>([
    [
      'another issuer',
      () => [resource(), metadata({ issuer: 'https://x.test' })],
      {},
      'bluesky_no_sign_in',
    ],
    ['no sign-in at all', () => [{ status: 404 }, { status: 404 }], {}, 'bluesky_no_sign_in'],
    ['no address', () => [], { serviceUrl: 'ftp://x' }, 'invalid_service_url'],
    ['a private server', () => [], { serviceUrl: 'http://10.0.0.1' }, 'host_refused'],
    [
      'a key that is none',
      () => [resource(), metadata()],
      { app: { ...app, clientSecret: 'secret' } },
      'bluesky_app_refused',
    ],
    [
      'a client that the server does not take',
      () => [
        resource(),
        metadata(),
        { status: 400, body: { error: 'invalid_client_metadata', error_description: 'why' } },
      ],
      {},
      'bluesky_app_refused',
    ],
  ])('%s', async (_name, answers, more, code) => {
    server.answer(...answers())
    const failure = await failureOf(authorize(more))
    expect(failure).toMatchObject({ kind: 'rejected', code })
    expect(String(failure)).not.toContain('secret')
  })
})

describe('callback', () => {
  const exchange = (query = `code=c&state=st&iss=${encodeURIComponent(server.url)}`) =>
    auth().exchange?.(
      {
        app,
        redirectUri,
        state: 'st',
        codeVerifier,
        params: new URLSearchParams(query),
        secrets: { dpop_key: key, issuer: server.url },
      },
      server.call,
    )

  test('trades the code, and the DID document proves whose it is', async () => {
    server.answer(metadata(), wantsNonce, granted(), didDoc(), resource())
    const grant = await exchange()
    expect(grant).toMatchObject({
      accessToken: 'at-2',
      tokenType: 'dpop',
      refreshToken: 'rt-2',
      scopes: ['atproto', 'transition:generic'],
      secrets: { dpop_key: key, issuer: server.url },
      serviceUrl: server.url,
    })
    expect(days(grant?.refreshExpiresAt)).toBe(14)
    expect(form(2)).toEqual({
      grant_type: 'authorization_code',
      client_id: app.clientId,
      code: 'c',
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
    })
    expect((await readProof(sent(2))).claims.nonce).toBe('n-1')
    expect(paths().slice(3)).toEqual([`/${DID}`, '/.well-known/oauth-protected-resource'])
  })

  test.each<[string, () => Answer[]]>([
    ['a PDS with another sign-in', () => [granted(), didDoc(), resource('https://x.test')]],
    ['a document of somebody else', () => [granted(), didDoc(server.url, 'did:plc:bob')]],
    ['no PDS', () => [granted(), { status: 200, body: { id: DID } }]],
    ['a DID nobody knows', () => [granted({ sub: 'did:key:z' })]],
    ['no account', () => [granted({ sub: undefined })]],
  ])('%s proves nothing', async (_name, answers) => {
    server.answer(metadata(), ...answers())
    expect(await failureOf(exchange())).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_identity_unproven',
    })
  })

  test.each([
    ['code=c&state=st', 'authorization_invalid'],
    ['code=c&state=st&iss=https%3A%2F%2Fx.test', 'authorization_invalid'],
    ['code=c&state=other', 'authorization_invalid'],
  ])('callback %s', async (query, code) => {
    server.answer(metadata())
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code })
    expect(server.received).toHaveLength(1)
  })

  test('a declined consent', async () => {
    server.answer(metadata())
    const query = `error=access_denied&state=st&iss=${encodeURIComponent(server.url)}`
    expect(await failureOf(exchange(query))).toMatchObject({ code: 'consent_denied' })
  })

  test('a used code ends the attempt, not a connection', async () => {
    server.answer(metadata(), { status: 400, body: { error: 'invalid_grant' } })
    expect(await failureOf(exchange())).toMatchObject({
      kind: 'rejected',
      code: 'authorization_failed',
    })
  })

  test('a token that is not bound to the key is refused', async () => {
    server.answer(metadata(), granted({ token_type: 'Bearer' }), didDoc(), resource())
    expect(await failureOf(exchange())).toMatchObject({ code: 'bluesky_token_unbound' })
  })
})

describe('refresh', () => {
  const refreshing = (more: object = {}) => ({
    app,
    accessToken: 'at-1',
    refreshToken: 'rt-1',
    secrets: { dpop_key: key, issuer: server.url },
    accountId: DID,
    ...more,
  })
  const refresh = (more: object = {}) => auth().refresh?.(refreshing(more), server.call)

  test('gives a new pair; the end of the session stays', async () => {
    server.answer(metadata(), wantsNonce, granted())
    const grant = await refresh()
    expect(grant).toMatchObject({ accessToken: 'at-2', refreshToken: 'rt-2', tokenType: 'dpop' })
    expect(grant).not.toHaveProperty('refreshExpiresAt')
    expect(grant).not.toHaveProperty('secrets')
    expect(form(2)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'rt-1',
      client_id: app.clientId,
    })
    const { d: _private, ext: _ext, key_ops: _ops, ...jwk } = JSON.parse(key)
    const { header } = await readProof(sent(2))
    expect(header.jwk).toEqual(jwk)
  })

  test('a client with a key gets three months each time', async () => {
    server.answer(metadata(), granted())
    const grant = await refresh({ app: { ...app, clientSecret: await makeDpopKey() } })
    expect(days(grant?.refreshExpiresAt)).toBe(90)
    expect(form(1).client_assertion).toBeTruthy()
  })

  test.each<[string, Answer[], Record<string, unknown>]>([
    [
      'a spent token',
      [{ status: 400, body: { error: 'invalid_grant', error_description: 'replayed' } }],
      { kind: 'auth_revoked', code: 'bluesky_grant_ended' },
    ],
    [
      'an unknown client',
      [{ status: 400, body: { error: 'invalid_client' } }],
      { kind: 'rejected', code: 'bluesky_app_refused' },
    ],
    ['a nonce for ever', [wantsNonce, wantsNonce], { kind: 'transient' }],
    ['500', [{ status: 500 }], { kind: 'transient' }],
    ['200 without a token', [{ status: 200, body: {} }], { kind: 'outcome_unknown' }],
    ['another account', [granted({ sub: 'did:plc:bob' })], { kind: 'auth_revoked' }],
  ])('%s', async (_name, answers, expected) => {
    server.answer(metadata(), ...answers)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('when the server cannot be asked who it is, the token is not spent', async () => {
    server.answer({ status: 503 })
    expect(await failureOf(refresh())).toMatchObject({ kind: 'transient' })
    expect(server.received).toHaveLength(1)
  })

  test.each([
    ['a refresh token', { refreshToken: undefined }, 'auth_revoked'],
    ['its issuer', { secrets: {} }, 'auth_revoked'],
    // The operator's to mend, and no proof against the account.
    ['an app', { app: undefined }, 'rejected'],
  ] as const)('without %s nothing is asked', async (_what, missing, kind) => {
    server.answer()
    expect(await failureOf(refresh(missing))).toMatchObject({ kind })
    expect(server.received).toHaveLength(0)
  })

  test('an answer that is lost after the nonce came may have spent the token', async () => {
    const queue: ('metadata' | 'nonce' | 'lost')[] = ['metadata', 'nonce', 'lost']
    const dropping = createServer((request, response) => {
      const step = queue.shift()
      if (step === 'lost') return request.socket.destroy()
      const { body, headers, status } = step === 'nonce' ? wantsNonce : metadata(names)
      response.writeHead(status, headers).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => dropping.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${Object(dropping.address()).port}`
    const names = { issuer: url, token_endpoint: `${url}/oauth/token` }
    const lost = makeBlueskyOauthAuthorizer({ apiBaseUrl: url, authBaseUrl: url })
    const request = refreshing({ secrets: { dpop_key: key, issuer: url } })
    expect(await failureOf(lost.refresh?.(request, server.call))).toMatchObject({
      kind: 'outcome_unknown',
      code: 'answer_lost',
    })
    expect(queue).toEqual([])
    await new Promise((resolve) => dropping.close(resolve))
  })

  test('revoke names the refresh token and proves the key', async () => {
    server.answer(metadata(), { status: 200, body: {} })
    await auth().revoke?.(refreshing(), server.call)
    expect(paths()[1]).toBe('/oauth/revoke')
    expect(form(1)).toEqual({ token: 'rt-1', client_id: app.clientId })
    expect((await readProof(sent(1))).claims).toMatchObject({
      htm: 'POST',
      htu: `${server.url}/oauth/revoke`,
    })
  })
})
