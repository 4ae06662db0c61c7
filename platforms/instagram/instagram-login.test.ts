import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountAccess, Authorizer } from '../authorizer.ts'
import {
  APP,
  asked,
  graphError,
  makeAuthorizeRequest,
  makeExchangeRequest,
  ok,
  tokenHostError,
} from '../meta/testing/requests.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf } from '../testing/drafts.ts'
import { INSTAGRAM_HOSTS } from './auth.ts'
import { makeInstagramLoginAuthorizer } from './instagram-login.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const SCOPES = [
  'instagram_business_basic',
  'instagram_business_content_publish',
  'instagram_business_manage_comments',
]
/** Beyond what a JSON number can hold. */
const IG = '17841405793187219'

function instagram(hosts = { apiBaseUrl: server.url, authBaseUrl: server.url }): Authorizer {
  return makeInstagramLoginAuthorizer(hosts)
}

function access(more: Partial<AccountAccess> = {}): AccountAccess {
  return { accessToken: 'long', tokenType: 'bearer', secrets: {}, app: APP, ...more }
}

describe('consent', () => {
  test('comments are a wish, the other scopes a need', () => {
    expect(instagram().missingScopes?.(['instagram_business_basic'])).toEqual([
      'instagram_business_content_publish',
    ])
  })

  const consent = async (isReconnect: boolean) => {
    const request = makeAuthorizeRequest({ isReconnect })
    return (await instagram(INSTAGRAM_HOSTS).authorizationUrl?.(request, server.call))?.url
  }

  test('is at Instagram, scopes with commas', async () => {
    const url = await consent(false)
    expect(`${url?.origin}${url?.pathname}`).toBe('https://www.instagram.com/oauth/authorize')
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: 'app-1',
      redirect_uri: 'https://clarion.test/oauth/callback',
      response_type: 'code',
      scope: SCOPES.join(','),
      state: 'st',
    })
  })

  test('asks anew when reconnecting', async () => {
    expect((await consent(true))?.searchParams.get('force_reauth')).toBe('true')
  })
})

describe('exchange', () => {
  const exchange = (query?: string) =>
    instagram().exchange?.(makeExchangeRequest(query), server.call)
  const LONG = ok({ access_token: 'long', token_type: 'bearer', expires_in: 5184000 })

  test.each<[string, string]>([
    ['flat', `{"access_token":"short","user_id":${IG},"permissions":["instagram_business_basic"]}`],
    [
      'in a list',
      `{"data":[{"access_token":"short","user_id":"${IG}","permissions":"instagram_business_basic"}]}`,
    ],
  ])('an answer %s', async (_name, body) => {
    server.answer({ status: 200, body }, LONG)
    const grant = await exchange('code=AQBx-hBsH3%23_&state=st')
    expect(grant).toMatchObject({ accessToken: 'long', scopes: ['instagram_business_basic'] })
    const [code, long] = asked(server)
    expect(code).toMatchObject({
      call: 'POST /oauth/access_token',
      form: {
        client_id: 'app-1',
        client_secret: 'app-secret',
        grant_type: 'authorization_code',
        redirect_uri: 'https://clarion.test/oauth/callback',
        code: 'AQBx-hBsH3',
      },
    })
    expect(long).toMatchObject({
      call: 'GET /access_token',
      query: {
        grant_type: 'ig_exchange_token',
        client_secret: 'app-secret',
        access_token: 'short',
      },
    })
  })

  test('without permissions in the answer those asked for count', async () => {
    server.answer(ok({ access_token: 'short', user_id: 1 }), LONG)
    expect((await exchange())?.scopes).toEqual(SCOPES)
  })

  test.each<[string, Answer[], object]>([
    [
      'a used code',
      [tokenHostError('Matching code was not found or was already used')],
      { kind: 'rejected', code: 'instagram_code_spent' },
    ],
    [
      'a wrong app',
      [tokenHostError('Invalid platform app')],
      { kind: 'rejected', code: 'instagram_app_refused' },
    ],
    ['an outage', [{ status: 502, body: '<html>' }], { kind: 'transient' }],
    [
      'no JSON',
      [{ status: 200, body: '<html>', headers: { 'content-type': 'text/html' } }],
      { kind: 'transient' },
    ],
    ['429', [{ status: 429 }], { kind: 'rate_limited', code: 'instagram_rate_limited' }],
    [
      'a refused long-lived token',
      [ok({ access_token: 'short' }), graphError(190, 458)],
      { kind: 'auth_revoked' },
    ],
  ])('%s', async (_name, answers, expected) => {
    server.answer(...answers)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })

  test('a person who says no', async () => {
    const query = 'error=access_denied&error_reason=user_denied&state=st'
    expect(await failureOf(exchange(query))).toMatchObject({ code: 'consent_denied' })
  })
})

describe('the account', () => {
  const user = { id: '9911', user_id: IG, username: 'bakery', name: 'The Bakery' }

  test.each<[string, unknown, string]>([
    ['flat', { ...user, account_type: 'BUSINESS' }, 'business'],
    ['in a list', { data: [{ ...user, account_type: 'MEDIA_CREATOR' }] }, 'creator'],
    ['with a number', `{"user_id":${IG},"username":"bakery"}`, 'business'],
  ])('%s', async (_name, body, kind) => {
    server.answer(ok(body))
    const account = await instagram().identify(access({ accountId: IG }), server.call)
    expect(account).toMatchObject({ platformAccountId: IG, handle: 'bakery', kind })
    expect(asked(server)[0]).toMatchObject({
      call: expect.stringMatching(/^GET \/v\d+\.0\/me$/),
      authorization: 'Bearer long',
    })
    expect(asked(server)[0]?.query).not.toHaveProperty('appsecret_proof')
  })

  test.each([
    ['PERSONAL', 'instagram_personal_account'],
    ['CREATOR', undefined],
  ])('%s has the problem %s', async (account_type, code) => {
    server.answer(ok({ ...user, account_type }))
    const list = await instagram().accounts?.(access(), server.call)
    expect(list).toHaveLength(1)
    expect(list?.[0]?.problem?.code).toBe(code)
  })

  test('another account than before is proof that this one is gone', async () => {
    server.answer(ok(user))
    const asking = instagram().identify(access({ accountId: '1' }), server.call)
    expect(await failureOf(asking)).toMatchObject({ code: 'instagram_account_changed' })
  })

  test('an answer without a name is no account', async () => {
    server.answer(ok({ user_id: IG }))
    const asking = instagram().identify(access(), server.call)
    expect(await failureOf(asking)).toMatchObject({ kind: 'transient', code: 'unreadable_answer' })
  })
})

describe('keeping it alive', () => {
  const refresh = () =>
    instagram().refresh?.({ accessToken: 'long', secrets: {}, scopes: ['a'] }, server.call)

  test('the token renews itself without the app’s secret', async () => {
    server.answer(ok({ access_token: 'longer', token_type: 'bearer', expires_in: 5184000 }))
    const grant = await refresh()
    expect(grant).toMatchObject({ accessToken: 'longer', scopes: ['a'] })
    expect(Math.round(((grant?.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(60)
    expect(asked(server)).toMatchObject([
      {
        call: 'GET /refresh_access_token',
        query: { grant_type: 'ig_refresh_token', access_token: 'long' },
      },
    ])
  })

  test.each<[string, Answer, object]>([
    ['too late', graphError(190, 463), { kind: 'auth_revoked', code: 'instagram_session_expired' }],
    [
      'too early',
      graphError(100, undefined, 'Token must be at least 24 hours old'),
      { kind: 'transient', code: 'instagram_token_too_young' },
    ],
    [
      'refused for another reason',
      graphError(100, undefined, 'Unsupported request - method type: get'),
      { kind: 'rejected' },
    ],
    ['an outage', graphError(2), { kind: 'transient' }],
    ['a lost answer', ok('{"access_token":'), { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })
})
