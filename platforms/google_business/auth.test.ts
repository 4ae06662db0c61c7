import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mergeHosts } from '../hosts.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { GOOGLE_BUSINESS_HOSTS, makeGoogleBusinessAuthorizer } from './auth.ts'

const MANAGE = 'https://www.googleapis.com/auth/business.manage'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function business() {
  const base = `${server.url}/google_business`
  return makeGoogleBusinessAuthorizer(
    mergeHosts(GOOGLE_BUSINESS_HOSTS, { apiBaseUrl: base, authBaseUrl: base }),
  )
}

const ok = (body: unknown): Answer => ({ status: 200, body })

function location(id: string, metadata: object | undefined, more: object = {}) {
  return { name: `locations/${id}`, title: `Café ${id}`, metadata, ...more }
}

const POSTS = { hasVoiceOfMerchant: true, canOperateLocalPost: true }

function denied(status: number, name: string, reason?: string): Answer {
  const details = reason ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }] : []
  return { status, body: { error: { code: status, message: 'No.', status: name, details } } }
}

const accounts = (scopes: string[] = []) =>
  business().accounts?.(makeAccess({ scopes }), server.call)
const paths = () => server.received.map(({ path }) => path.replace('/google_business', ''))

describe('hosts', () => {
  test('consent, tokens and the four APIs are each their own', async () => {
    const { services, ...hosts } = GOOGLE_BUSINESS_HOSTS
    expect(hosts).toMatchObject({ tokenBaseUrl: 'https://oauth2.googleapis.com' })
    expect(Object.keys(services ?? {})).toEqual([
      'accounts',
      'info',
      'verification',
      'posts',
      'userinfo',
    ])
    const redirect = await business().authorizationUrl?.(
      {
        app: { clientId: 'c' },
        redirectUri: 'https://c.test/cb',
        state: 's',
        codeVerifier: 'v'.repeat(64),
        scopes: [],
        isReconnect: true,
      },
      server.call,
    )
    expect(redirect?.url.searchParams.get('scope')?.split(' ')[0]).toBe(MANAGE)
    expect(redirect?.url.searchParams.get('prompt')).toBe('consent')
  })

  test('the older name of the scope counts', () => {
    expect(business().missingScopes?.(['openid'])).toEqual([MANAGE])
    const older = 'https://www.googleapis.com/auth/plus.business.manage'
    expect(business().missingScopes?.([older])).toEqual([])
  })
})

describe('accounts', () => {
  test('all pages of all accounts', async () => {
    server.answer(
      ok({ accounts: [{ name: 'accounts/1', type: 'PERSONAL' }], nextPageToken: 'two' }),
      ok({ accounts: [{ name: 'accounts/2', type: 'LOCATION_GROUP', accountName: 'Cafés' }] }),
      ok({ locations: [location('a', POSTS)], nextPageToken: 'next' }),
      ok({ locations: [location('b', POSTS)] }),
      ok({ locations: [location('c', POSTS)] }),
    )
    const covered = await accounts()
    expect(covered?.map(({ account }) => account.platformAccountId)).toEqual([
      'accounts/2/locations/a',
      'accounts/2/locations/b',
      'accounts/1/locations/c',
    ])
    const mask = 'readMask=name%2Ctitle%2CstorefrontAddress%2Cmetadata%2CwebsiteUri&pageSize=100'
    expect(paths()).toEqual([
      '/v1/accounts?pageSize=20',
      '/v1/accounts?pageSize=20&pageToken=two',
      `/v1/accounts/2/locations?${mask}`,
      `/v1/accounts/2/locations?${mask}&pageToken=next`,
      `/v1/accounts/1/locations?${mask}`,
    ])
  })

  test('a location with both ids, its account and its person', async () => {
    const storefrontAddress = { addressLines: ['Kai 1'], locality: 'Hamburg' }
    const metadata = { ...POSTS, placeId: 'p', mapsUri: 'https://maps.test/p' }
    server.answer(
      ok({ sub: '77' }),
      ok({ accounts: [{ name: 'accounts/1', accountName: 'Ada' }] }),
      ok({ locations: [location('a', metadata, { storefrontAddress })] }),
    )
    const scopes = [MANAGE, 'https://www.googleapis.com/auth/userinfo.profile']
    expect(await accounts(scopes)).toEqual([
      {
        account: {
          platformAccountId: 'accounts/1/locations/a',
          handle: 'Café a, Hamburg',
          displayName: 'Café a',
          profileImageUrl: null,
          kind: 'location',
          parentAccountId: 'accounts/1',
          grantorId: '77',
          metadata: {
            address: ['Kai 1', 'Hamburg'],
            place_id: 'p',
            maps_url: 'https://maps.test/p',
            website_url: null,
            account_name: 'Ada',
          },
        },
      },
    ])
    expect(paths()[0]).toBe('/oauth2/v3/userinfo')
  })

  test('the same location under several accounts is listed once, under the business', async () => {
    server.answer(
      ok({
        accounts: [
          { name: 'accounts/1', type: 'PERSONAL' },
          { name: 'accounts/9', type: 'LOCATION_GROUP' },
        ],
      }),
      ok({ locations: [location('a', POSTS)] }),
      ok({ locations: [location('a', POSTS)] }),
    )
    const covered = await accounts()
    expect(covered?.map(({ account }) => account.platformAccountId)).toEqual([
      'accounts/9/locations/a',
    ])
  })

  test.each<[string, object | undefined, string | undefined]>([
    [
      'not verified',
      { canOperateLocalPost: true, hasVoiceOfMerchant: false },
      'google_business_not_verified',
    ],
    [
      'no posts',
      { hasVoiceOfMerchant: true, canOperateLocalPost: false },
      'google_business_cannot_post',
    ],
    ['no posts, by silence', { hasVoiceOfMerchant: true }, 'google_business_cannot_post'],
    ['fine', POSTS, undefined],
  ])('%s', async (_name, metadata, code) => {
    server.answer(
      ok({ accounts: [{ name: 'accounts/1' }] }),
      ok({ locations: [location('a', metadata)] }),
    )
    const [covered] = (await accounts()) ?? []
    expect(covered?.problem?.code).toBe(code)
    expect(server.received).toHaveLength(2)
  })

  test.each<[string, unknown, string | undefined]>([
    ['has', { hasVoiceOfMerchant: true }, undefined],
    ['has not', {}, 'google_business_not_verified'],
  ])('a location that does not tell is asked whether it %s a voice', async (_name, state, code) => {
    server.answer(
      ok({ accounts: [{ name: 'accounts/1' }] }),
      ok({ locations: [location('a', { canOperateLocalPost: true })] }),
      ok(state),
    )
    const [covered] = (await accounts()) ?? []
    expect(covered?.problem?.code).toBe(code)
    expect(paths()[2]).toBe('/v1/locations/a/VoiceOfMerchantState')
  })

  test('an account that hides its locations does not hide the others', async () => {
    server.answer(
      ok({ accounts: [{ name: 'accounts/1' }, { name: 'accounts/2' }] }),
      denied(403, 'PERMISSION_DENIED'),
      ok({ locations: [location('a', POSTS)] }),
    )
    expect(await accounts()).toHaveLength(1)
  })

  test('without a location it says so', async () => {
    server.answer(ok({ accounts: [{ name: 'accounts/1' }] }), ok({}))
    const failure = await failureOf(accounts())
    expect(failure).toMatchObject({ kind: 'rejected', code: 'google_business_no_location' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'an API not enabled',
      denied(403, 'PERMISSION_DENIED', 'SERVICE_DISABLED'),
      { kind: 'rejected', code: 'google_business_api_disabled' },
    ],
    [
      'an unticked box',
      denied(403, 'PERMISSION_DENIED', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
      { kind: 'rejected', code: 'google_business_scope_missing' },
    ],
    ['no quota', denied(429, 'RESOURCE_EXHAUSTED'), { kind: 'rate_limited' }],
    ['a stale token', denied(401, 'UNAUTHENTICATED'), { kind: 'auth_expired' }],
    ['a server in trouble', denied(503, 'UNAVAILABLE'), { kind: 'transient' }],
    ['an HTML answer', ok('<html>'), { kind: 'transient', code: 'unreadable_answer' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(accounts())).toMatchObject(expected)
  })
})

describe('identify', () => {
  const identify = (accountId?: string) => {
    const { accountId: _none, ...access } = makeAccess({ scopes: [] })
    return business().identify({ ...access, ...(accountId ? { accountId } : {}) }, server.call)
  }

  test('finds the stored location within its account', async () => {
    server.answer(ok({ locations: [location('a', POSTS), location('b', POSTS)] }))
    const account = await identify('accounts/1/locations/b')
    expect(account).toMatchObject({
      platformAccountId: 'accounts/1/locations/b',
      parentAccountId: 'accounts/1',
    })
    expect(paths()[0]).toMatch(/^\/v1\/accounts\/1\/locations\?/)
  })

  test.each<[string, Answer]>([
    ['no longer listed', ok({ locations: [location('b', POSTS)] })],
    ['account out of reach', denied(403, 'PERMISSION_DENIED')],
    ['account gone', denied(404, 'NOT_FOUND')],
  ])('%s: the access no longer covers it', async (_name, answer) => {
    server.answer(answer)
    const failure = await failureOf(identify('accounts/1/locations/a'))
    expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'google_business_location_gone' })
  })

  test('an API that is not enabled proves nothing against the location', async () => {
    server.answer(denied(403, 'PERMISSION_DENIED', 'SERVICE_DISABLED'))
    const failure = await failureOf(identify('accounts/1/locations/a'))
    expect(failure).toMatchObject({ kind: 'rejected' })
  })

  test('an HTML 404 proves nothing against the location', async () => {
    server.answer({ status: 404, body: '<!DOCTYPE html><title>Error 404</title>' })
    const failure = await failureOf(identify('accounts/1/locations/a'))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'google_business_wrong_path' })
  })

  test('a new grant belongs to the first location that takes posts', async () => {
    server.answer(
      ok({ accounts: [{ name: 'accounts/1' }] }),
      ok({ locations: [location('a', { hasVoiceOfMerchant: false }), location('b', POSTS)] }),
    )
    expect(await identify()).toMatchObject({ platformAccountId: 'accounts/1/locations/b' })
  })
})
