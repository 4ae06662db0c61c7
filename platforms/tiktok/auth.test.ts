import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mergeHosts } from '../hosts.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { startRawServer } from '../testing/raw-server.ts'
import { makeTiktokAuthorizer, TIKTOK_HOSTS } from './auth.ts'

const app = { clientId: 'key', clientSecret: 'secret' }
const request = { app, accessToken: 'act.old', refreshToken: 'rft.old', secrets: {} }
/** https://www.rfc-editor.org/rfc/rfc7636#appendix-B, its challenge in hex. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const HEX_CHALLENGE = '13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function tiktok() {
  const base = `${server.url}/tiktok`
  return makeTiktokAuthorizer(mergeHosts(TIKTOK_HOSTS, { apiBaseUrl: base, authBaseUrl: base }))
}

/** As https://developers.tiktok.com/doc/oauth-user-access-token-management shows it. */
const tokens = {
  access_token: 'act.new',
  expires_in: 7200,
  open_id: 'afd97af1-b87b',
  refresh_expires_in: 15_552_000,
  refresh_token: 'rft.new',
  scope: 'user.info.basic,video.list',
  token_type: 'Bearer',
}

const refusal = (error: string, status = 400): Answer => ({
  status,
  body: { error, error_description: 'Words.', log_id: '2022' },
})
const sentForm = () => Object.fromEntries(new URLSearchParams(server.received[0]?.body))

describe('consent', () => {
  const ask = async (more: object) => {
    const authorize = { app, redirectUri: 'https://c.test/cb', state: 'st', codeVerifier }
    return tiktok().authorizationUrl?.(
      { ...authorize, scopes: [], isReconnect: false, ...more },
      server.call,
    )
  }

  test('client_key, commas and a challenge in hex', async () => {
    const url = (await ask({}))?.url
    expect(url?.pathname).toBe('/tiktok/v2/auth/authorize/')
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_key: 'key',
      response_type: 'code',
      scope: 'user.info.basic,user.info.profile,video.publish,video.upload,video.list',
      redirect_uri: 'https://c.test/cb',
      state: 'st',
      code_challenge: HEX_CHALLENGE,
      code_challenge_method: 'S256',
    })
  })

  test('declined scopes are offered again on reconnect', async () => {
    const query = (await ask({ isReconnect: true, scopes: ['video.list'] }))?.url.searchParams
    expect(query?.get('disable_auto_auth')).toBe('1')
    expect(query?.get('scope')).toBe('video.list')
  })

  test('consent is at www, tokens and API at open', () => {
    expect(TIKTOK_HOSTS).toMatchObject({
      authBaseUrl: 'https://www.tiktok.com',
      tokenBaseUrl: 'https://open.tiktokapis.com',
      apiBaseUrl: 'https://open.tiktokapis.com',
    })
  })
})

describe('exchange', () => {
  const exchange = (query: string) => {
    const params = new URLSearchParams(query)
    const more = { params, state: 'st', codeVerifier, secrets: {} }
    return tiktok().exchange?.({ app, redirectUri: 'https://c.test/cb', ...more }, server.call)
  }

  test('trades the decoded code and keeps both ends of life and the granted scopes', async () => {
    server.answer({ status: 200, body: tokens })
    const grant = await exchange('code=a%2A1%21x&scopes=user.info.basic&state=st')
    expect(grant).toMatchObject({
      accessToken: 'act.new',
      tokenType: 'bearer',
      refreshToken: 'rft.new',
      scopes: ['user.info.basic', 'video.list'],
    })
    const days = ((grant?.refreshExpiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect(days).toBeCloseTo(180, 1)
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/tiktok/v2/oauth/token/' })
    expect(server.received[0]?.headers).not.toHaveProperty('authorization')
    expect(sentForm()).toEqual({
      client_key: 'key',
      client_secret: 'secret',
      grant_type: 'authorization_code',
      code: 'a*1!x',
      redirect_uri: 'https://c.test/cb',
      code_verifier: codeVerifier,
    })
  })

  test('a refusal with status 200 is one', async () => {
    server.answer(refusal('invalid_grant', 200))
    const failure = await failureOf(exchange('code=c&state=st'))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'authorization_failed' })
  })

  test('cancelled by the person', async () => {
    server.answer()
    const query = 'error=access_denied&error_description=cancel&state=st'
    expect(await failureOf(exchange(query))).toMatchObject({ code: 'consent_denied' })
    expect(server.received).toEqual([])
  })
})

describe('refresh', () => {
  const refresh = () => tiktok().refresh?.(request, server.call)

  test('gives the next pair', async () => {
    server.answer({ status: 200, body: tokens })
    expect(await refresh()).toMatchObject({ accessToken: 'act.new', refreshToken: 'rft.new' })
    expect(sentForm()).toEqual({
      client_key: 'key',
      client_secret: 'secret',
      grant_type: 'refresh_token',
      refresh_token: 'rft.old',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['dead', refusal('invalid_grant'), { kind: 'auth_revoked', code: 'tiktok_grant_ended' }],
    ['dead with status 200', refusal('invalid_grant', 200), { kind: 'auth_revoked' }],
    ['wrong app', refusal('invalid_client', 401), { kind: 'rejected', code: 'tiktok_app_refused' }],
    ['wrong app with status 200', refusal('invalid_client', 200), { kind: 'rejected' }],
    ['a malformed request', refusal('invalid_request'), { kind: 'rejected' }],
    ['too many', refusal('rate_limit_exceeded', 200), { kind: 'rate_limited' }],
    ['trouble with status 200', refusal('internal_error', 200), { kind: 'transient' }],
    ['500', { status: 500 }, { kind: 'transient' }],
    ['no JSON', { status: 200, body: '<html>' }, { kind: 'outcome_unknown' }],
    ['no tokens', { status: 200, body: {} }, { kind: 'outcome_unknown' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('a lost answer may have spent the token', async () => {
    const raw = await startRawServer((socket) => socket.once('data', () => socket.destroy()))
    const hosts = { apiBaseUrl: raw.url, authBaseUrl: raw.url }
    const failure = await failureOf(makeTiktokAuthorizer(hosts).refresh?.(request, server.call))
    await raw.close()
    expect(failure).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
  })

  test('a refusal tells neither tokens nor the secret', async () => {
    server.answer({ status: 400, body: { error: 'invalid_grant', error_description: 'rft.old' } })
    const failure = await failureOf(refresh())
    expect(inspect(failure, { depth: 9 })).not.toMatch(/rft|act\.|secret/)
  })
})

describe('revoke', () => {
  const revoke = () => tiktok().revoke?.(request, server.call)

  test('names the access token', async () => {
    server.answer({ status: 200 })
    await revoke()
    expect(server.received[0]?.path).toBe('/tiktok/v2/oauth/revoke/')
    expect(sentForm()).toEqual({ client_key: 'key', client_secret: 'secret', token: 'act.old' })
  })

  test('a dead token is fine, another refusal with status 200 is not', async () => {
    server.answer(refusal('invalid_grant', 200), refusal('invalid_client', 200))
    await expect(revoke()).resolves.toBeUndefined()
    expect(await failureOf(revoke())).toMatchObject({ code: 'tiktok_app_refused' })
  })
})

describe('verifyApp', () => {
  const verify = () => tiktok().verifyApp?.(app, server.call)

  test('a token of the app proves its credentials', async () => {
    server.answer({ status: 200, body: { access_token: 'clt.x', expires_in: 7200 } })
    await expect(verify()).resolves.toBeUndefined()
    expect(sentForm()).toMatchObject({ client_key: 'key', grant_type: 'client_credentials' })
  })

  test('an app without tokens of its own is known all the same', async () => {
    server.answer(refusal('unsupported_grant_type'))
    await expect(verify()).resolves.toBeUndefined()
  })

  test.each<[string, Answer, string]>([
    ['refused with status 200', refusal('invalid_client', 200), 'rejected'],
    ['refused', refusal('invalid_client', 401), 'rejected'],
    ['undecided', { status: 503 }, 'transient'],
  ])('%s', async (_name, answer, kind) => {
    server.answer(answer)
    expect(await failureOf(verify())).toMatchObject({ kind })
  })
})

describe('identify', () => {
  const identify = (scopes: string[], accountId = 'afd97af1-b87b') =>
    tiktok().identify(makeAccess({ scopes, accountId }), server.call)
  const fine = { code: 'ok', message: '', log_id: '1' }
  const user = (more: object): Answer => ({
    status: 200,
    body: { data: { user: { open_id: 'afd97af1-b87b', ...more } }, error: fine },
  })

  test('asks only fields of granted scopes', async () => {
    server.answer(user({ display_name: 'Ada', avatar_url: 'https://i.test/a.jpg', union_id: 'u' }))
    expect(await identify(['video.list'])).toMatchObject({
      platformAccountId: 'afd97af1-b87b',
      handle: 'Ada',
      profileImageUrl: 'https://i.test/a.jpg',
      metadata: { union_id: 'u', is_verified: null },
    })
    expect(server.received[0]?.path).toBe(
      '/tiktok/v2/user/info/?fields=open_id%2Cunion_id%2Cavatar_url%2Cdisplay_name',
    )
  })

  test('a username where the profile was granted', async () => {
    server.answer(user({ display_name: 'Ada', username: 'ada.l', is_verified: true }))
    expect(await identify(['user.info.basic', 'user.info.profile'])).toMatchObject({
      handle: 'ada.l',
      displayName: 'Ada',
      metadata: { is_verified: true },
    })
    expect(server.received[0]?.path).toMatch(/%2Cusername%2Cis_verified$/)
  })

  test('another account than the stored one', async () => {
    server.answer(user({}))
    const failure = await failureOf(identify([], 'other'))
    expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'tiktok_other_account' })
  })

  test.each<[string, number, string, Record<string, unknown>]>([
    ['a stale token', 401, 'access_token_invalid', { kind: 'auth_expired' }],
    ['a stale token with status 200', 200, 'access_token_invalid', { kind: 'auth_expired' }],
    ['a scope not granted', 401, 'scope_not_authorized', { code: 'tiktok_scope_missing' }],
    ['too many calls', 429, 'rate_limit_exceeded', { kind: 'rate_limited' }],
    ['trouble', 500, 'internal_error', { kind: 'transient' }],
    ['a wrong field', 400, 'invalid_params', { kind: 'rejected' }],
  ])('%s', async (_name, status, code, expected) => {
    server.answer({ status, body: { data: {}, error: { code, message: 'Words', log_id: '1' } } })
    expect(await failureOf(identify([]))).toMatchObject(expected)
  })
})
