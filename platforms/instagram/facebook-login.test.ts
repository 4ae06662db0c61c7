import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountAccess, Authorizer } from '../authorizer.ts'
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
import { makeFacebookLoginAuthorizer } from './facebook-login.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const SCOPES = [
  'instagram_basic',
  'instagram_content_publish',
  'instagram_manage_contents',
  'instagram_manage_comments',
  'pages_show_list',
  'pages_read_engagement',
]
/** Beyond what a JSON number can hold. */
const IG = '17841405793187219'
const ME = ok({ id: '10158', name: 'Ada' })

function instagram(): Authorizer {
  const facebook = { apiBaseUrl: server.url, authBaseUrl: server.url }
  return makeFacebookLoginAuthorizer(facebook)
}

function inspection(more: object = {}): Answer {
  return ok({ data: { is_valid: true, scopes: SCOPES, ...more } })
}

function page(id: string, user?: object, more: object = {}) {
  const base = { id, name: `Page ${id}`, access_token: `page-token-${id}`, tasks: ['MANAGE'] }
  return { ...base, ...(user ? { instagram_business_account: user } : {}), ...more }
}

function access(more: Partial<AccountAccess> = {}): AccountAccess {
  return { accessToken: 'user-token', tokenType: 'bearer', secrets: {}, app: APP, ...more }
}

describe('Instagram through Facebook Login', () => {
  const accounts = () => instagram().accounts?.(access(), server.call)
  const bakery = { id: IG, username: 'bakery', name: 'The Bakery' }

  test('sends people to Facebook, asking for Instagram', async () => {
    const { url } =
      (await instagram().authorizationUrl?.(makeAuthorizeRequest(), server.call)) ?? {}
    expect(url?.href.startsWith(`${server.url}/v`)).toBe(true)
    expect(url?.searchParams.get('scope')?.split(',')).toEqual([...SCOPES, 'business_management'])
  })

  test('uses Facebook’s app and is the usual way', () => {
    expect(instagram()).toMatchObject({ appKey: 'facebook', refreshModel: 'extension' })
    expect(instagram().missingScopes?.(SCOPES)).toEqual([])
    const without = SCOPES.filter((scope) => scope !== 'instagram_manage_comments')
    expect(instagram().missingScopes?.(without)).toEqual([])
  })

  test('the exchange ends with a token of 60 days', async () => {
    server.answer(
      ok({ access_token: 'short', expires_in: 4000 }),
      ok({ access_token: 'long', expires_in: 5183944 }),
      inspection(),
    )
    const grant = await instagram().exchange?.(makeExchangeRequest(), server.call)
    expect(grant).toMatchObject({
      accessToken: 'long',
      scopes: SCOPES,
      expiresAt: expect.any(Date),
    })
  })

  test('accounts behind pages come first, digits whole; pages without one say why', async () => {
    server.answer(
      ME,
      inspection(),
      ok(
        JSON.stringify({
          data: [page('1'), page('2', bakery), page('3', { ...bakery, id: '5', name: undefined })],
        }).replace(`"${IG}"`, IG),
      ),
    )
    const list = await accounts()
    expect(list?.map(({ account, problem }) => [account.platformAccountId, problem?.code])).toEqual(
      [
        [IG, undefined],
        ['5', undefined],
        ['1', 'instagram_account_not_linked'],
      ],
    )
    expect(list?.[0]).toEqual({
      account: {
        platformAccountId: IG,
        handle: 'bakery',
        displayName: 'The Bakery',
        profileImageUrl: null,
        kind: 'business',
        parentAccountId: '2',
        grantorId: '10158',
        metadata: { facebook_page_id: '2', facebook_page_name: 'Page 2' },
      },
    })
    expect(asked(server)[2]?.query.fields).toContain('instagram_business_account{id,username')
  })

  test('accounts of portfolio pages are found too', async () => {
    const scopes = [...SCOPES, 'business_management']
    server.answer(
      ME,
      inspection({ scopes }),
      ok({ data: [] }),
      ok({ data: [{ id: '900' }] }),
      ok({ data: [page('2', bakery, { tasks: undefined })] }),
      graphError(200),
    )
    expect(await accounts()).toMatchObject([{ account: { platformAccountId: IG } }])
  })

  test.each<[string, object, object, string | undefined]>([
    ['no role', {}, { tasks: ['ANALYZE'] }, 'instagram_role_insufficient'],
    [
      'not ticked',
      { granular_scopes: [{ scope: 'instagram_content_publish', target_ids: ['8'] }] },
      {},
      'instagram_account_not_shared',
    ],
    [
      'ticked',
      { granular_scopes: [{ scope: 'instagram_content_publish', target_ids: [IG] }] },
      {},
      undefined,
    ],
  ])('%s', async (_name, granted, pageMore, code) => {
    server.answer(ME, inspection(granted), ok({ data: [page('2', bakery, pageMore)] }))
    expect((await accounts())?.[0]?.problem?.code).toBe(code)
  })

  test('without instagram_basic the missing permission is named, not the link', async () => {
    server.answer(ME, inspection({ scopes: ['pages_show_list'] }), ok({ data: [page('1')] }))
    expect((await accounts())?.[0]?.problem?.code).toBe('instagram_permission_missing')
  })

  test('one account behind two pages is listed once, the way that works', async () => {
    const noRole = page('1', bakery, { tasks: [] })
    server.answer(ME, inspection(), ok({ data: [noRole, page('2', bakery)] }))
    expect(await accounts()).toMatchObject([{ account: { parentAccountId: '2' } }])
  })

  test('identify keeps the page behind the account', async () => {
    server.answer(ok({ ...bakery, profile_picture_url: 'https://p.test/b' }))
    const account = await instagram().identify(
      access({ accountId: IG, parentAccountId: '2' }),
      server.call,
    )
    expect(account).toMatchObject({ platformAccountId: IG, handle: 'bakery', parentAccountId: '2' })
    expect(asked(server)[0]).toMatchObject({
      call: expect.stringContaining(`/${IG}`),
      authorization: 'Bearer user-token',
    })
  })

  test.each<[string, Answer[], object]>([
    [
      'app removed',
      [graphError(190, 458)],
      { kind: 'auth_revoked', code: 'instagram_app_removed' },
    ],
    ['expired', [graphError(190, 463)], { kind: 'auth_expired' }],
    ['hidden for a while', [graphError(100, 33), inspection()], { kind: 'rejected' }],
    [
      'unticked',
      [
        graphError(100, 33),
        inspection({ granular_scopes: [{ scope: 'instagram_basic', target_ids: ['8'] }] }),
      ],
      { kind: 'auth_revoked', code: 'instagram_account_not_shared' },
    ],
  ])('identify: %s', async (_name, answers, expected) => {
    server.answer(...answers)
    const asking = instagram().identify(access({ accountId: IG }), server.call)
    expect(await failureOf(asking)).toMatchObject(expected)
  })
})

describe('keeping it alive', () => {
  const refresh = (app: typeof APP | undefined = APP) =>
    instagram().refresh?.({ accessToken: 'old', secrets: {}, app }, server.call)

  test('the same exchange extends the token', async () => {
    server.answer(ok({ access_token: 'new', expires_in: 5184000 }), inspection())
    expect(await refresh()).toMatchObject({ accessToken: 'new', scopes: SCOPES })
    expect(asked(server)[0]?.query).toMatchObject({
      grant_type: 'fb_exchange_token',
      fb_exchange_token: 'old',
    })
  })

  test.each<[string, Answer, object]>([
    ['too late', graphError(190, 463), { kind: 'auth_revoked', code: 'instagram_session_expired' }],
    ['password changed', graphError(190, 460), { kind: 'auth_revoked' }],
    ['no proof', graphError(190), { kind: 'rejected', code: 'instagram_token_refused' }],
    [
      'a wrong app secret',
      graphError(1, 0, 'Error validating client secret.'),
      { kind: 'rejected' },
    ],
    ['a limit', { ...graphError(4), status: 403 }, { kind: 'rate_limited' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('an outage is asked once more and then left for later', async () => {
    server.answer({ status: 503 }, { status: 503 }, ok({ access_token: 'new' }))
    expect(await failureOf(refresh())).toMatchObject({ kind: 'transient' })
    expect(server.received).toHaveLength(2)
  })

  test('without the app’s secret nothing is sent', async () => {
    server.answer()
    const asking = instagram().refresh?.({ accessToken: 'old', secrets: {} }, server.call)
    expect(await failureOf(asking)).toMatchObject({ code: 'instagram_app_secret_missing' })
    expect(server.received).toHaveLength(0)
  })
})
