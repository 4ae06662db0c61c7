import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Answer,
  type AnswerServer,
  type Received,
  startAnswerServer,
} from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { DEFAULT_TIMING } from '../timing.ts'
import { makeXConnector } from './connector.ts'
import { makeXOauth1Authorizer } from './oauth1.ts'
import { sign, signatureBase } from './oauth1-signature.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const APP = { clientId: 'api-key', clientSecret: 'api-secret' }
const SECRETS = { api_key: 'api-key', api_secret: 'api-secret', token_secret: 'token-secret' }
const ACCESS = { accessToken: 'token', tokenType: 'oauth1', secrets: SECRETS }
const access = makeAccess(ACCESS)
const hosts = () => ({ apiBaseUrl: server.url, authBaseUrl: 'https://x.com' })
const auth = () => makeXOauth1Authorizer(hosts())
const connector = () => makeXConnector(hosts(), DEFAULT_TIMING)

/** The protocol parameters of a request, after its signature was found good. */
function verified(sent: Received | undefined, apiSecret: string, tokenSecret = '') {
  const header = sent?.headers.authorization ?? ''
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, name = '', value = '']): [string, string] => [name, decodeURIComponent(value)],
  )
  const { oauth_signature, ...protocol } = Object.fromEntries(pairs)
  const url = new URL(sent?.path ?? '', server.url)
  const form = new URLSearchParams(
    sent?.headers['content-type'] === 'application/x-www-form-urlencoded' ? sent.body : '',
  )
  const base = signatureBase(
    { method: sent?.method ?? '', url, form },
    pairs.filter(([name]) => name !== 'oauth_signature'),
  )
  expect(oauth_signature).toBe(sign(base, { apiKey: '', apiSecret, tokenSecret }))
  return protocol
}

const code = (number: number): Answer => ({
  status: 401,
  body: { errors: [{ code: number, message: 'words of X' }] },
})

describe('the redirect flow', () => {
  const redirectUri = 'https://c.test/oauth/callback/x'
  const request = { app: APP, redirectUri, state: 'st', codeVerifier: 'v', scopes: [] }
  const authorize = () => auth().authorizationUrl?.({ ...request, isReconnect: false }, server.call)
  const temporary = (more = 'oauth_callback_confirmed=true'): Answer => ({
    status: 200,
    body: `oauth_token=req&oauth_token_secret=req-secret&${more}`,
  })
  const secrets = { request_token: 'req', request_secret: 'req-secret' }
  const exchange = (query: string) => {
    const params = new URLSearchParams(query)
    return auth().exchange?.({ ...request, params, secrets }, server.call)
  }

  test('asks for a request token with a signed callback and sends the person to X', async () => {
    server.answer(temporary())
    const redirect = await authorize()
    expect(redirect).toMatchObject({ secrets, stateKey: 'req' })
    expect(redirect?.url.href).toBe(`${server.url}/oauth/authorize?oauth_token=req`)
    const [sent] = server.received
    expect(sent).toMatchObject({ method: 'POST', path: '/oauth/request_token', body: '' })
    expect(verified(sent, 'api-secret')).toMatchObject({
      oauth_consumer_key: 'api-key',
      oauth_callback: `${redirectUri}?state=st`,
    })
  })

  test('a callback that X did not confirm is not followed', async () => {
    server.answer(temporary('oauth_callback_confirmed=false'))
    expect(await failureOf(authorize())).toMatchObject({ code: 'unreadable_answer' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['wrong keys', code(32), { kind: 'rejected', code: 'x_app_refused' }],
    [
      'an address that is not registered',
      { status: 403, body: { errors: [{ code: 415, message: 'Callback URL not approved' }] } },
      { kind: 'rejected', code: 'x_callback_refused' },
    ],
    ['trouble of X', { status: 503 }, { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(authorize())).toMatchObject(expected)
  })

  test('trades the verifier for a token, signed with the request token', async () => {
    const body = 'oauth_token=token&oauth_token_secret=token-secret&user_id=7&screen_name=alice'
    server.answer({ status: 200, body })
    expect(await exchange('state=st&oauth_token=req&oauth_verifier=ver')).toEqual({
      ...ACCESS,
      scopes: [],
    })
    expect(verified(server.received[0], 'api-secret', 'req-secret')).toMatchObject({
      oauth_token: 'req',
      oauth_verifier: 'ver',
    })
  })

  test.each([
    ['state=st&denied=req', 'consent_denied'],
    ['state=other&oauth_token=req&oauth_verifier=ver', 'authorization_invalid'],
    ['state=st&oauth_token=other&oauth_verifier=ver', 'authorization_invalid'],
    ['state=st&oauth_token=req', 'authorization_invalid'],
  ])('callback %s', async (query, expected) => {
    server.answer()
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code: expected })
    expect(server.received).toHaveLength(0)
  })

  test('a verifier that X no longer knows is a refused attempt, no revocation', async () => {
    server.answer({ status: 401, body: 'Invalid request token.' })
    const failure = await failureOf(exchange('oauth_token=req&oauth_verifier=ver'))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'authorization_failed' })
  })
})

describe('keys typed in', () => {
  const typed = {
    api_key: ' api-key',
    api_secret: 'api-secret ',
    access_token: 'token',
    access_token_secret: 'token-secret',
  }

  test('become a grant without end', async () => {
    const grant = await auth().withCredentials?.(typed, server.call)
    expect(grant).toEqual({ ...ACCESS, scopes: [] })
  })

  test.each(Object.keys(typed))('without %s', async (name) => {
    const failure = await failureOf(
      auth().withCredentials?.({ ...typed, [name]: ' ' }, server.call),
    )
    expect(failure).toMatchObject({ kind: 'rejected', code: 'credentials_incomplete' })
  })

  test('the app alone: a refused callback proves the keys, a refused signature does not', async () => {
    server.answer({ status: 403, body: {} })
    await auth().verifyApp?.(APP, server.call)
    expect(verified(server.received[0], 'api-secret')).toMatchObject({ oauth_callback: 'oob' })
    server.answer(code(32))
    expect(await failureOf(auth().verifyApp?.(APP, server.call))).toMatchObject({
      code: 'x_app_refused',
    })
  })
})

describe('every call is signed', () => {
  const signed = () => verified(server.received[0], 'api-secret', 'token-secret')

  test('who it is: the query belongs to the signature', async () => {
    server.answer({ status: 200, body: { data: { id: '7', username: 'alice' } } })
    expect(await auth().identify(ACCESS, server.call)).toMatchObject({ platformAccountId: '7' })
    expect(signed()).toMatchObject({ oauth_token: 'token', oauth_consumer_key: 'api-key' })
    expect(server.received[0]?.path).toContain('user.fields=')
  })

  test('publish: a JSON body does not', async () => {
    server.answer({ status: 201, body: { data: { id: '9', text: 'hi' } } })
    const draft = makeDraft('hi')
    const post = await connector().commit(draft, access, server.call)
    expect(post).toMatchObject({ platformPostId: '9' })
    signed()
    expect(server.received[0]?.body).toBe('{"text":"hi"}')
  })

  test('looking for a lost post', async () => {
    server.answer({ status: 200, body: { meta: { result_count: 0 } } })
    await connector().confirm?.(makeAttempt(makeDraft('hi')), access, server.call)
    signed()
    expect(server.received[0]?.path).toContain('start_time=')
  })

  test('delete', async () => {
    server.answer({ status: 200, body: { data: { deleted: true } } })
    await connector().remove?.({ platformPostId: '9' }, access, server.call)
    expect(server.received[0]).toMatchObject({ method: 'DELETE', path: '/2/tweets/9' })
    signed()
  })

  test('revoke; a token that is gone already is fine', async () => {
    for (const answer of [{ status: 200, body: {} }, code(89)]) {
      server.answer(answer)
      await auth().revoke?.(ACCESS, server.call)
      expect(server.received[0]?.path).toBe('/1.1/oauth/invalidate_token.json')
      signed()
    }
  })
})

describe('refusals', () => {
  const identify = () => failureOf(auth().identify(ACCESS, server.call))
  const unauthorized = { title: 'Unauthorized', status: 401, detail: 'Unauthorized' }

  test.each<[string, Answer, Record<string, unknown>]>([
    ['a revoked token', code(89), { kind: 'auth_revoked', code: 'x_keys_refused' }],
    ['a plain 401', { status: 401, body: unauthorized }, { kind: 'auth_revoked' }],
    ['a late timestamp', code(135), { kind: 'transient', code: 'x_clock_off' }],
    [
      'a plain 401 of a server whose clock is another',
      {
        status: 401,
        body: unauthorized,
        headers: { date: 'Sat, 01 Jan 2000 00:00:00 GMT' },
      },
      { kind: 'transient', code: 'x_clock_off' },
    ],
    ['a locked account', code(326), { kind: 'auth_revoked', code: 'x_account_locked' }],
    ['429', { status: 429 }, { kind: 'rate_limited' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await identify()).toMatchObject(expected)
  })

  test('a connection that lost a key is told before anything is sent', async () => {
    server.answer()
    const incomplete = { ...ACCESS, secrets: { token_secret: 't' } }
    const failure = await failureOf((async () => auth().identify(incomplete, server.call))())
    expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'x_keys_missing' })
    expect(server.received).toHaveLength(0)
  })
})
