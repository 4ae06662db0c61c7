import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountAccess, Authorizer } from '../authorizer.ts'
import type { RateLimitState } from '../call.ts'
import { appSecretProof } from '../meta/graph.ts'
import {
  APP,
  asked,
  graphError,
  makeAuthorizeRequest,
  makeExchangeRequest,
  ok,
} from '../meta/testing/requests.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf } from '../testing/drafts.ts'
import { FACEBOOK_HOSTS, makeFacebookAuthorizer } from './auth.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const SCOPES = [
  'pages_show_list',
  'pages_manage_posts',
  'pages_read_engagement',
  'pages_manage_engagement',
  'business_management',
]
/** Beyond what a JSON number can hold. */
const BIG = '61550000000000002'
const ME = ok({ id: '10158', name: 'Ada', picture: { data: { url: 'https://p.test/ada' } } })
const GONE = graphError(100, 33, "Unsupported get request. Object with ID '104' does not exist")

function facebook(): Authorizer {
  const hosts = { apiBaseUrl: server.url, authBaseUrl: server.url, tokenBaseUrl: server.url }
  return makeFacebookAuthorizer(hosts)
}

function inspection(more: object = {}): Answer {
  return ok({ data: { app_id: 'app-1', is_valid: true, scopes: SCOPES, ...more } })
}

function page(id: string, more: object = {}) {
  const picture = { data: { url: `https://p.test/${id}` } }
  const base = { id, name: `Page ${id}`, access_token: `page-token-${id}`, category: 'Bakery' }
  return { ...base, picture, tasks: ['ANALYZE', 'CREATE_CONTENT'], ...more }
}

function edge(data: unknown[], next?: string): Answer {
  return ok({ data, paging: { cursors: { before: 'b', after: 'a' }, ...(next ? { next } : {}) } })
}

function userAccess(more: Partial<AccountAccess> = {}): AccountAccess {
  return { accessToken: 'user-token', tokenType: 'bearer', secrets: {}, app: APP, ...more }
}

function pageAccess(more: Partial<AccountAccess> = {}): AccountAccess {
  const secrets = { user_access: 'user-token' }
  return userAccess({ accessToken: 'page-token', secrets, accountId: '104', ...more })
}

describe('consent', () => {
  const consent = async (more = {}) => {
    const real = makeFacebookAuthorizer(FACEBOOK_HOSTS)
    return (await real.authorizationUrl?.(makeAuthorizeRequest(more), server.call))?.url
  }

  test('asks for scopes with commas, without PKCE', async () => {
    const url = await consent()
    expect(url?.href).toMatch(/^https:\/\/www\.facebook\.com\/v\d+\.0\/dialog\/oauth\?/)
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: 'app-1',
      redirect_uri: 'https://clarion.test/oauth/callback',
      response_type: 'code',
      scope: SCOPES.join(','),
      state: 'st',
    })
  })

  test('asks again for what was declined when reconnecting', async () => {
    const url = await consent({ isReconnect: true, scopes: ['pages_show_list'] })
    expect(url?.searchParams.get('auth_type')).toBe('rerequest')
    expect(url?.searchParams.get('scope')).toBe('pages_show_list')
  })

  test('portfolio pages and comments are a wish, the other scopes a need', () => {
    expect(facebook().missingScopes?.(['pages_show_list', 'pages_read_engagement'])).toEqual([
      'pages_manage_posts',
    ])
  })
})

describe('exchange', () => {
  const exchange = (query?: string) =>
    facebook().exchange?.(makeExchangeRequest(query), server.call)

  test('code → short → long-lived token with the scopes that were ticked', async () => {
    server.answer(
      ok({ access_token: 'short', token_type: 'bearer', expires_in: 5183 }),
      ok({ access_token: 'long', token_type: 'bearer', expires_in: 5183944 }),
      inspection({ scopes: ['pages_show_list'] }),
    )
    const grant = await exchange()
    expect(grant).toMatchObject({ accessToken: 'long', scopes: ['pages_show_list'] })
    const days = ((grant?.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(60)
    const [code, long, inspect] = asked(server)
    expect(code?.call).toMatch(/^POST \/v\d+\.0\/oauth\/access_token$/)
    expect(code?.form).toEqual({
      grant_type: 'authorization_code',
      client_id: 'app-1',
      client_secret: 'app-secret',
      redirect_uri: 'https://clarion.test/oauth/callback',
      code: 'the-code',
    })
    expect(code?.authorization).toBeUndefined()
    expect(long?.query).toEqual({
      grant_type: 'fb_exchange_token',
      client_id: 'app-1',
      client_secret: 'app-secret',
      fb_exchange_token: 'short',
    })
    expect(inspect?.query).toEqual({ input_token: 'long', access_token: 'app-1|app-secret' })
  })

  test.each([
    ['its end from debug_token', 1_900_000_000, new Date(1_900_000_000_000)],
    ['none for a token that never ends', 0, undefined],
  ])('an exchange without expires_in: %s', async (_name, expires_at, expected) => {
    server.answer(
      ok({ access_token: 'short' }),
      ok({ access_token: 'long' }),
      inspection({ expires_at }),
    )
    expect((await exchange())?.expiresAt).toEqual(expected)
  })

  test('an outage after the code was spent does not cost the consent', async () => {
    const short = ok({ access_token: 'short' }, { 'content-type': 'text/javascript' })
    server.answer(short, { status: 503 }, ok({ access_token: 'long' }), inspection())
    expect(await exchange()).toMatchObject({ accessToken: 'long' })
  })

  test.each<[string, string, object]>([
    [
      'denied',
      'error=access_denied&error_reason=user_denied&error_code=200&state=st',
      { kind: 'rejected', code: 'consent_denied' },
    ],
    ['another state', 'code=c&state=other', { kind: 'rejected', code: 'authorization_invalid' }],
    [
      'an app in development',
      'error_code=1349126&error_message=App+not+active&state=st',
      { kind: 'rejected', code: 'facebook_app_refused' },
    ],
  ])('a callback that is %s', async (_name, query, expected) => {
    server.answer()
    expect(await failureOf(exchange(query))).toMatchObject(expected)
    expect(server.received).toHaveLength(0)
  })

  test.each<[string, Answer, object]>([
    ['used twice', graphError(100, 36009), { kind: 'rejected', code: 'facebook_code_spent' }],
    [
      'with a wrong secret',
      graphError(1, undefined, 'Error validating client secret.'),
      { kind: 'rejected', code: 'facebook_app_refused' },
    ],
    ['under a rate limit', graphError(4), { kind: 'rate_limited' }],
    ['without a token in the answer', ok({}), { kind: 'transient' }],
  ])('a code %s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })
})

describe('accounts', () => {
  const accounts = (access = userAccess()) => facebook().accounts?.(access, server.call)

  test('pages of the person and of portfolios, each once, over several answers', async () => {
    const next = 'https://graph.facebook.com/v25.0/10158/accounts?access_token=user-token&after=MTA'
    const bare = page('3', { access_token: undefined, tasks: undefined })
    server.answer(
      ME,
      inspection(),
      edge([page('1')], next),
      ok(JSON.stringify({ data: [page('2', { id: BIG })] }).replace(`"${BIG}"`, BIG)),
      edge([{ id: '900' }]),
      edge([page('1'), bare]),
      edge([page('4', { tasks: undefined })]),
      ok({ access_token: 'page-token-3', id: '3' }),
    )
    const list = await accounts()
    expect(
      list?.map(({ account, grant }) => [account.platformAccountId, grant?.accessToken]),
    ).toEqual([
      ['1', 'page-token-1'],
      [BIG, 'page-token-2'],
      ['3', 'page-token-3'],
      ['4', 'page-token-4'],
    ])
    expect(list?.[0]).toEqual({
      account: {
        platformAccountId: '1',
        handle: 'Page 1',
        displayName: 'Page 1',
        profileImageUrl: 'https://p.test/1',
        kind: 'page',
        grantorId: '10158',
        metadata: { category: 'Bakery' },
      },
      grant: {
        accessToken: 'page-token-1',
        tokenType: 'bearer',
        secrets: { user_access: 'user-token' },
        scopes: SCOPES,
        refreshModel: 'none',
      },
    })
    const [me, , first, second, , owned, client, token] = asked(server)
    const proof = appSecretProof('user-token', 'app-secret')
    expect(me).toMatchObject({
      authorization: 'Bearer user-token',
      query: { appsecret_proof: proof },
    })
    expect(first?.query.after).toBeUndefined()
    expect(second?.query).toEqual({ ...first?.query, after: 'MTA' })
    expect(owned?.query.fields).not.toContain('tasks')
    expect([owned, client, token].map((one) => one?.call.replace(/v\d+\.0/, 'v'))).toEqual([
      'GET /v/900/owned_pages',
      'GET /v/900/client_pages',
      'GET /v/3',
    ])
  })

  test('says what keeps a page from being connected', async () => {
    server.answer(
      ME,
      inspection(),
      edge([page('1', { tasks: ['ANALYZE'] })]),
      edge([{ id: '900' }]),
      edge([page('2', { access_token: undefined, tasks: undefined })]),
      graphError(200, undefined, '(#200) requires permission'),
      graphError(10),
    )
    const list = await accounts()
    expect(list?.map(({ grant, problem }) => [grant, problem?.code])).toEqual([
      [undefined, 'facebook_role_insufficient'],
      [undefined, 'facebook_page_not_shared'],
    ])
  })

  test('without business_management no portfolio is asked for', async () => {
    server.answer(ME, inspection({ scopes: ['pages_show_list'] }), edge([page('1')]))
    expect(await accounts()).toHaveLength(1)
    expect(server.received).toHaveLength(3)
  })

  test('a permission given for some pages only is missing on the others', async () => {
    const granular_scopes = [
      { scope: 'pages_manage_posts', target_ids: ['2'] },
      { scope: 'pages_show_list' },
    ]
    server.answer(ME, inspection({ granular_scopes }), edge([page('1'), page('2')]), edge([]))
    const list = await accounts()
    const missing = list?.map(({ grant }) => facebook().missingScopes?.(grant?.scopes ?? []))
    expect(missing).toEqual([['pages_manage_posts'], []])
  })

  test('a connected page lists with the token of the person behind it', async () => {
    server.answer(ME, inspection(), edge([]), edge([]))
    expect(await accounts(pageAccess())).toEqual([])
    expect(asked(server)[2]?.authorization).toBe('Bearer user-token')
  })

  test('answers that never end are given up', async () => {
    const next = 'https://graph.facebook.com/x?after=same'
    server.answer(
      ME,
      inspection({ scopes: [] }),
      ...Array.from({ length: 50 }, () => edge([page('1')], next)),
    )
    expect(await accounts()).toHaveLength(1)
    expect(server.received).toHaveLength(22)
  })

  test('a listing that breaks off is no short list', async () => {
    server.answer(ME, inspection(), edge([page('1')], 'https://x.test/?after=2'), { status: 503 })
    expect(await failureOf(accounts())).toMatchObject({ kind: 'transient' })
  })

  test('a dead consent lists nothing', async () => {
    server.answer(ME, inspection({ is_valid: false, error: { subcode: 460, message: 'gone' } }))
    const expected = { kind: 'auth_revoked', code: 'facebook_password_changed' }
    expect(await failureOf(accounts())).toMatchObject(expected)
  })
})

describe('identify', () => {
  const identify = (access = pageAccess(), call = server.call) =>
    failureOf(facebook().identify(access, call))

  test('a page by its own token, and what is left of the allowance', async () => {
    const states: RateLimitState[] = []
    const usage = { 'x-app-usage': '{"call_count":28,"total_cputime":25,"total_time":25}' }
    server.answer(ok({ id: '104', name: 'Bakery', username: 'bakery' }, usage))
    const account = await facebook().identify(pageAccess(), {
      ...server.call,
      onRateLimit: (state) => states.push(state),
    })
    expect(account).toMatchObject({ platformAccountId: '104', handle: 'bakery', kind: 'page' })
    expect(asked(server)[0]).toMatchObject({ authorization: 'Bearer page-token' })
    expect(states).toEqual([{ limit: 100, remaining: 72 }])
  })

  test('the person, when no account is named', async () => {
    server.answer(ME)
    const account = await facebook().identify(userAccess(), server.call)
    expect(account).toMatchObject({ platformAccountId: '10158', kind: 'personal' })
  })

  test.each<[string, Answer[], object]>([
    ['the app was removed', [graphError(190, 458)], { kind: 'auth_revoked' }],
    ['the role was lost', [graphError(190, 492)], { kind: 'auth_revoked' }],
    ['the session ended', [graphError(190, 463)], { kind: 'auth_expired' }],
    ['190 alone', [graphError(190)], { kind: 'auth_expired' }],
    ['a missing permission', [graphError(10)], { kind: 'rejected' }],
    ['an outage', [graphError(2)], { kind: 'transient' }],
    [
      'the page hides and its token is dead',
      [GONE, inspection({ is_valid: false, error: { subcode: 492, message: 'role' } })],
      { kind: 'auth_revoked', code: 'facebook_role_lost' },
    ],
    [
      'the page hides and was unticked',
      [GONE, inspection({ granular_scopes: [{ scope: 'pages_manage_posts', target_ids: ['7'] }] })],
      { kind: 'auth_revoked', code: 'facebook_account_not_shared' },
    ],
    [
      'the page hides and its token lives',
      [GONE, inspection()],
      { kind: 'rejected', code: 'facebook_not_found' },
    ],
    [
      'the page hides and nothing can be proved',
      [GONE, { status: 500 }],
      { kind: 'transient', code: 'facebook_unavailable' },
    ],
  ])('%s', async (_name, answers, expected) => {
    server.answer(...answers)
    expect(await identify()).toMatchObject(expected)
  })
})

describe('the end of a grant, and the app', () => {
  const revoke = () => facebook().revoke?.(pageAccess(), server.call)

  test('is asked for with the token of the person', async () => {
    server.answer(ok({ success: true }))
    await revoke()
    expect(asked(server)[0]).toMatchObject({
      call: expect.stringMatching(/^DELETE \/v\d+\.0\/me\/permissions$/),
      authorization: 'Bearer user-token',
    })
  })

  test('is fine when it had come already, and not when it is unknown', async () => {
    server.answer(graphError(190, 458))
    expect(await failureOf(revoke())).toEqual({ unexpected: undefined })
    server.answer(graphError(190, 463))
    expect(await failureOf(revoke())).toMatchObject({ kind: 'auth_expired' })
  })

  test('app credentials are checked without a person', async () => {
    const verify = () => failureOf(facebook().verifyApp?.(APP, server.call))
    server.answer(ok({ access_token: 'app-1|x', token_type: 'bearer' }))
    expect(await verify()).toEqual({ unexpected: undefined })
    expect(asked(server)[0]?.query.grant_type).toBe('client_credentials')
    server.answer(graphError(101, undefined, 'Error validating application.'))
    expect(await verify()).toMatchObject({ kind: 'rejected', code: 'facebook_app_refused' })
  })
})
