import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RateLimitState } from '../call.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { makeRedditAuthorizer } from './auth.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const auth = () => makeRedditAuthorizer({ apiBaseUrl: server.url, authBaseUrl: server.url })
const app = { clientId: 'cl_i-d', clientSecret: 's-e_c' }
const BASIC = `Basic ${Buffer.from('cl_i-d:s-e_c').toString('base64')}`
const granted = (more: object = {}): Answer => ({
  status: 200,
  body: {
    access_token: 'at',
    token_type: 'bearer',
    expires_in: 86_400,
    scope: 'identity submit',
    ...more,
  },
})
const form = (index: number) =>
  Object.fromEntries(new URLSearchParams(server.received[index]?.body))
const unauthorized: Answer = {
  status: 401,
  body: { message: 'Unauthorized', error: 401 },
  headers: { 'www-authenticate': 'Basic realm="reddit"' },
}

describe('consent', () => {
  const request = { app, redirectUri: 'https://c.test/cb', state: 'st', codeVerifier: 'v' }
  const exchange = (query = 'code=c&state=st') => {
    const params = new URLSearchParams(query)
    return auth().exchange?.({ ...request, params, secrets: {} }, server.call)
  }

  test('asks for a permanent grant', async () => {
    const asked = { ...request, scopes: [], isReconnect: false }
    const redirect = await auth().authorizationUrl?.(asked, server.call)
    expect(redirect?.url.pathname).toBe('/api/v1/authorize')
    expect(Object.fromEntries(redirect?.url.searchParams ?? [])).toEqual({
      client_id: 'cl_i-d',
      response_type: 'code',
      state: 'st',
      redirect_uri: 'https://c.test/cb',
      duration: 'permanent',
      scope: 'identity submit edit read history flair mysubreddits',
    })
  })

  test('trades the code with Basic authentication and a user agent', async () => {
    server.answer(granted({ refresh_token: 'rt' }))
    expect(await exchange()).toMatchObject({
      accessToken: 'at',
      refreshToken: 'rt',
      tokenType: 'bearer',
      scopes: ['identity', 'submit'],
    })
    const [sent] = server.received
    expect(sent).toMatchObject({ method: 'POST', path: '/api/v1/access_token' })
    expect(sent?.headers).toMatchObject({ authorization: BASIC, 'user-agent': 'clarion-test' })
    expect(form(0)).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: 'https://c.test/cb',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'a used code is reported with 200',
      { status: 200, body: { error: 'invalid_grant' } },
      { kind: 'rejected', code: 'authorization_failed' },
    ],
    ['wrong app', unauthorized, { kind: 'rejected', code: 'reddit_app_refused' }],
    ['a page in place of JSON', { status: 200, body: '<html>' }, { kind: 'transient' }],
    ['down', { status: 502 }, { kind: 'transient' }],
  ])('token endpoint: %s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })

  test.each([
    ['error=access_denied&state=st', 'consent_denied'],
    ['code=c&state=other', 'authorization_invalid'],
  ])('callback %s', async (query, code) => {
    expect(await failureOf(exchange(query))).toMatchObject({ code })
  })
})

describe('tokens', () => {
  const request = { app, accessToken: 'at', refreshToken: 'rt', secrets: {} }
  const refresh = () => auth().refresh?.(request, server.call)

  test('a refresh keeps the refresh token, whether it is repeated or not', async () => {
    server.answer(granted())
    expect(await refresh()).not.toHaveProperty('refreshToken')
    expect(form(0)).toEqual({ grant_type: 'refresh_token', refresh_token: 'rt' })
    server.answer(granted({ refresh_token: 'rt' }))
    expect(await refresh()).toMatchObject({ refreshToken: 'rt' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'a withdrawn grant',
      { status: 400, body: { message: 'Bad Request', error: 400 } },
      { kind: 'auth_revoked', code: 'reddit_grant_ended' },
    ],
    [
      'the same in OAuth words',
      { status: 400, body: { error: 'invalid_request' } },
      { kind: 'auth_revoked' },
    ],
    [
      'the same with 200',
      { status: 200, body: { error: 'invalid_grant' } },
      { kind: 'auth_revoked' },
    ],
    [
      'a grant type that is not allowed, with 200',
      { status: 200, body: { error: 'unsupported_grant_type' } },
      { kind: 'rejected', code: 'reddit_app_refused' },
    ],
    ['wrong app', unauthorized, { kind: 'rejected', code: 'reddit_app_refused' }],
    ['blocked', { status: 403, body: '<html>' }, { kind: 'rejected' }],
    ['200 without a token', { status: 200, body: {} }, { kind: 'transient' }],
    ['429', { status: 429, headers: { 'x-ratelimit-reset': '120' } }, { kind: 'rate_limited' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('revoke ends both; a foreign app is told', async () => {
    server.answer({ status: 204 }, { status: 204 })
    await auth().revoke?.(request, server.call)
    expect(server.received.map(({ path }) => path)).toEqual([
      '/api/v1/revoke_token',
      '/api/v1/revoke_token',
    ])
    expect([form(0), form(1)]).toEqual([
      { token: 'rt', token_type_hint: 'refresh_token' },
      { token: 'at', token_type_hint: 'access_token' },
    ])
    server.answer({ status: 400, body: { error: 'unauthorized_client' } })
    expect(await failureOf(auth().revoke?.(request, server.call))).toMatchObject({
      code: 'reddit_app_refused',
    })
  })

  test('the app alone', async () => {
    server.answer({ status: 204 })
    await auth().verifyApp?.(app, server.call)
    expect(server.received[0]?.headers.authorization).toBe(BASIC)
    server.answer(unauthorized)
    expect(await failureOf(auth().verifyApp?.(app, server.call))).toMatchObject({
      kind: 'rejected',
      code: 'reddit_app_refused',
    })
  })
})

const me = (more: object = {}): Answer => ({
  status: 200,
  body: {
    id: 'abc',
    name: 'alice',
    icon_img: 'https://styles.redditmedia.com/a.png?width=256&s=signature',
    is_suspended: false,
    ...more,
  },
})

describe('account', () => {
  test('the account and the budget of the app', async () => {
    const told: RateLimitState[] = []
    const call = { ...server.call, onRateLimit: (state: RateLimitState) => told.push(state) }
    const headers = {
      'x-ratelimit-used': '4',
      'x-ratelimit-remaining': '96.0',
      'x-ratelimit-reset': '300',
    }
    server.answer({ ...me(), headers })
    expect(await auth().identify(makeAccess(), call)).toEqual({
      platformAccountId: 'abc',
      handle: 'alice',
      displayName: null,
      profileImageUrl: 'https://styles.redditmedia.com/a.png',
      kind: 'personal',
    })
    expect(told).toMatchObject([{ limit: 100, remaining: 96 }])
    const waitMs = (told[0]?.resetsAt?.getTime() ?? 0) - Date.now()
    expect(Math.round(waitMs / 60_000)).toBe(5)
  })

  test('a suspended account is listed with its problem and does not validate', async () => {
    server.answer(me({ is_suspended: true }))
    expect(await auth().accounts?.(makeAccess(), server.call)).toMatchObject([
      { account: { handle: 'alice' }, problem: { code: 'reddit_account_suspended' } },
    ])
    server.answer(me({ is_suspended: true }))
    expect(await failureOf(auth().identify(makeAccess(), server.call))).toMatchObject({
      kind: 'auth_revoked',
      code: 'reddit_account_suspended',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['an expired token', unauthorized, { kind: 'auth_expired' }],
    [
      'a missing scope',
      {
        status: 403,
        headers: { 'www-authenticate': 'Bearer realm="reddit", error="insufficient_scope"' },
      },
      { kind: 'rejected', code: 'reddit_permission_missing' },
    ],
    ['429 without a reset', { status: 429 }, { kind: 'rate_limited' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(auth().identify(makeAccess(), server.call))).toMatchObject(expected)
  })
})

describe('destinations', () => {
  const listing = (after: string | null, ...subreddits: object[]): Answer => ({
    status: 200,
    body: { kind: 'Listing', data: { after, children: subreddits.map((data) => ({ data })) } },
  })
  const named = (display_name: string, more: object = {}) => ({
    display_name,
    title: `All about ${display_name}`,
    subreddit_type: 'public',
    submission_type: 'any',
    icon_img: '',
    ...more,
  })
  const list = () => auth().destinations?.(makeAccess(), server.call)

  test('own profile, moderated and joined ones, each once and over all pages', async () => {
    server.answer(
      me(),
      listing(null, named('Mine', { user_is_moderator: true, subreddit_type: 'restricted' })),
      listing('t5_2', named('mine'), named('Cats', { submission_type: 'link' })),
      listing(null, named('u_alice', { subreddit_type: 'user' }), named('Dogs')),
      { status: 200, body: { is_flair_required: true } },
      { status: 200, body: { is_flair_required: true } },
      // Rules that a subreddit does not tell leave it in the list.
      { status: 403, body: { message: 'Forbidden', error: 403 } },
    )
    const found = await list()
    expect(found?.map(({ id, kind, canPost }) => [id, kind, canPost])).toEqual([
      ['u_alice', 'profile', true],
      ['Mine', 'subreddit', true],
      ['Cats', 'subreddit', true],
      ['Dogs', 'subreddit', true],
    ])
    expect(found?.[2]).toMatchObject({
      name: 'All about Cats',
      handle: 'r/Cats',
      detail: { submission_type: 'link' },
    })
    const rules = found?.slice(1).map(({ detail }) => detail?.post_requirements)
    expect(rules?.filter((one) => one !== null)).toEqual([
      { is_flair_required: true },
      { is_flair_required: true },
    ])
    expect(server.received.map(({ path }) => path)).toEqual([
      '/api/v1/me?raw_json=1',
      '/subreddits/mine/moderator?raw_json=1&limit=100',
      '/subreddits/mine/subscriber?raw_json=1&limit=100',
      '/subreddits/mine/subscriber?raw_json=1&limit=100&after=t5_2',
      ...['Mine', 'Cats', 'Dogs'].map((name) => `/api/v1/${name}/post_requirements?raw_json=1`),
    ])
  })

  test.each([
    [{ user_is_banned: true }, /banned/],
    [{ user_is_banned: true, user_is_contributor: true }, /banned/],
    [{ subreddit_type: 'archived', user_is_moderator: true }, /archived/],
    [{ subreddit_type: 'restricted' }, /approved/],
    [{ subreddit_type: 'private' }, /private/],
    [{ subreddit_type: 'gold_only' }, /Premium/],
    [{ subreddit_type: 'employees_only' }, /work at Reddit/],
    [{ subreddit_type: 'user' }, /somebody else/],
  ])('%j cannot be posted to', async (more, reason) => {
    server.answer(me(), listing(null), listing(null, named('there', more)))
    expect((await list())?.[1]).toMatchObject({
      canPost: false,
      reason: expect.stringMatching(reason),
    })
  })

  test('approved people may post to a restricted or private one', async () => {
    const approved = { user_is_contributor: true }
    server.answer(
      me(),
      listing(null),
      listing(
        null,
        named('a', { subreddit_type: 'restricted', ...approved }),
        named('b', { subreddit_type: 'private', ...approved }),
      ),
    )
    expect((await list())?.every(({ canPost }) => canPost)).toBe(true)
  })
})
