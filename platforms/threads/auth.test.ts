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
import { makeThreadsAuthorizer, THREADS_HOSTS } from './auth.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const SCOPES = [
  'threads_basic',
  'threads_content_publish',
  'threads_delete',
  'threads_manage_replies',
  'threads_read_replies',
]
const USER = '26912345678901234'

function threads(hosts = { apiBaseUrl: server.url, authBaseUrl: server.url }): Authorizer {
  return makeThreadsAuthorizer(hosts)
}

function access(more: Partial<AccountAccess> = {}): AccountAccess {
  return { accessToken: 'long', tokenType: 'bearer', secrets: {}, app: APP, ...more }
}

describe('consent', () => {
  test('replies are a wish, the other scopes a need', () => {
    expect(threads().missingScopes?.(['threads_basic', 'threads_content_publish'])).toEqual([
      'threads_delete',
    ])
  })

  test('is at Threads, scopes with commas', async () => {
    const request = makeAuthorizeRequest()
    const { url } = (await threads(THREADS_HOSTS).authorizationUrl?.(request, server.call)) ?? {}
    expect(`${url?.origin}${url?.pathname}`).toBe('https://www.threads.net/oauth/authorize')
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: 'app-1',
      redirect_uri: 'https://clarion.test/oauth/callback',
      response_type: 'code',
      scope: SCOPES.join(','),
      state: 'st',
    })
  })

  test('asks for the scopes a person chose', async () => {
    const request = makeAuthorizeRequest({ scopes: ['threads_basic'] })
    const { url } = (await threads().authorizationUrl?.(request, server.call)) ?? {}
    expect(url?.searchParams.get('scope')).toBe('threads_basic')
  })
})

describe('exchange', () => {
  const exchange = (query?: string) => threads().exchange?.(makeExchangeRequest(query), server.call)
  const SHORT = ok(`{"access_token":"short","user_id":${USER}}`)
  const LONG = ok({ access_token: 'long', token_type: 'bearer', expires_in: 5183944 })
  const inspection = (data: object) => ok({ data: { is_valid: true, ...data } })

  test('code → short → long-lived token, with what was ticked', async () => {
    server.answer(SHORT, LONG, inspection({ scopes: ['threads_basic'], user_id: USER }))
    const grant = await exchange('code=AQBx-hBsH3%23_&state=st')
    expect(grant).toMatchObject({ accessToken: 'long', scopes: ['threads_basic'] })
    expect(Math.round(((grant?.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(60)
    expect(asked(server)).toMatchObject([
      {
        call: 'POST /oauth/access_token',
        form: {
          client_id: 'app-1',
          client_secret: 'app-secret',
          code: 'AQBx-hBsH3',
          grant_type: 'authorization_code',
        },
      },
      {
        call: 'GET /access_token',
        query: {
          grant_type: 'th_exchange_token',
          client_secret: 'app-secret',
          access_token: 'short',
        },
      },
      { call: 'GET /v1.0/debug_token', query: { input_token: 'long', access_token: 'long' } },
    ])
  })

  test('where tokens cannot be inspected, what was asked for counts', async () => {
    server.answer(SHORT, LONG, graphError(2, undefined, 'x'), graphError(100))
    expect((await exchange())?.scopes).toEqual(SCOPES)
  })

  test.each<[string, Answer[], object]>([
    [
      'a used code',
      [tokenHostError('Matching code was not found or was already used')],
      { kind: 'rejected', code: 'threads_code_spent' },
    ],
    [
      'a wrong secret',
      [graphError(1, undefined, 'Error validating client secret.')],
      { kind: 'rejected', code: 'threads_app_refused' },
    ],
    ['an outage of both tries', [SHORT, graphError(2), graphError(2)], { kind: 'transient' }],
    [
      'a token that died at once',
      [SHORT, LONG, inspection({ is_valid: false, error: { subcode: 458, message: 'removed' } })],
      { kind: 'auth_revoked', code: 'threads_app_removed' },
    ],
  ])('%s', async (_name, answers, expected) => {
    server.answer(...answers)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })

  test.each([
    ['error=access_denied&error_description=denied&state=st', 'consent_denied'],
    ['error=server_error&state=st', 'authorization_failed'],
    ['code=c&state=forged', 'authorization_invalid'],
  ])('the callback %s', async (query, code) => {
    server.answer()
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code })
    expect(server.received).toHaveLength(0)
  })
})

describe('the profile', () => {
  test('keeps all digits of its id', async () => {
    const picture = 'https://p.test/1'
    server.answer(
      ok(`{"id":${USER},"username":"ada","name":"Ada","threads_profile_picture_url":"${picture}"}`),
    )
    expect(await threads().identify(access({ accountId: USER }), server.call)).toEqual({
      platformAccountId: USER,
      handle: 'ada',
      displayName: 'Ada',
      profileImageUrl: picture,
      kind: 'personal',
    })
    expect(asked(server)[0]).toMatchObject({
      call: 'GET /v1.0/me',
      authorization: 'Bearer long',
      query: { fields: 'id,username,name,threads_profile_picture_url' },
    })
  })

  test.each<[string, Answer, object]>([
    [
      'another profile',
      ok({ id: '7', username: 'bob' }),
      { kind: 'auth_revoked', code: 'threads_account_changed' },
    ],
    ['removed', { ...graphError(190, 458), status: 401 }, { kind: 'auth_revoked' }],
    ['expired', graphError(190, 463), { kind: 'auth_expired' }],
    ['a missing scope', graphError(10), { kind: 'rejected', code: 'threads_permission_missing' }],
    ['a limit', graphError(80002), { kind: 'rate_limited' }],
    ['an outage', { status: 500 }, { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    const asking = threads().identify(access({ accountId: USER }), server.call)
    expect(await failureOf(asking)).toMatchObject(expected)
  })
})

describe('keeping it alive', () => {
  const refresh = () =>
    threads().refresh?.({ accessToken: 'long', secrets: {}, scopes: ['a'] }, server.call)

  test('the token renews itself', async () => {
    server.answer(ok({ access_token: 'longer', token_type: 'bearer', expires_in: 5184000 }))
    expect(await refresh()).toMatchObject({ accessToken: 'longer', scopes: ['a'] })
    expect(asked(server)).toMatchObject([
      {
        call: 'GET /refresh_access_token',
        query: { grant_type: 'th_refresh_token', access_token: 'long' },
      },
    ])
  })

  test.each<[string, Answer, object]>([
    ['too late', graphError(190, 463), { kind: 'auth_revoked', code: 'threads_session_expired' }],
    [
      'too early',
      graphError(100, undefined, 'The access token is too young to be refreshed'),
      { kind: 'transient', code: 'threads_token_too_young' },
    ],
    ['no proof', graphError(190), { kind: 'rejected', code: 'threads_token_refused' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('app credentials are checked without a person', async () => {
    const verify = () => failureOf(threads().verifyApp?.(APP, server.call))
    server.answer(ok({ access_token: 'TH|app-1|x', token_type: 'bearer' }))
    expect(await verify()).toEqual({ unexpected: undefined })
    expect(asked(server)[0]).toMatchObject({
      call: 'GET /oauth/access_token',
      query: { grant_type: 'client_credentials', client_id: 'app-1', client_secret: 'app-secret' },
    })
    server.answer(graphError(101))
    expect(await verify()).toMatchObject({ kind: 'rejected', code: 'threads_app_refused' })
  })
})
