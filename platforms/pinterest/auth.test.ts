import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { startRawServer } from '../testing/raw-server.ts'
import { makePinterestAuthorizer, PINTEREST_HOSTS } from './auth.ts'

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const auth = () => makePinterestAuthorizer({ ...PINTEREST_HOSTS, apiBaseUrl: server.url })
const app = { clientId: 'client', clientSecret: 's-e_c%' }
const BASIC = `Basic ${Buffer.from('client:s-e_c%25').toString('base64')}`
const granted = (more: object = {}): Answer => ({
  status: 200,
  body: {
    token_type: 'bearer',
    access_token: 'pina_1',
    expires_in: 2_592_000,
    scope: 'boards:read,pins:write',
    refresh_token: 'pinr_1',
    refresh_token_expires_in: 5_184_000,
    ...more,
  },
})
const refused: Answer = { status: 401, body: { code: 2, message: 'Authentication failed.' } }
const form = (index: number) =>
  Object.fromEntries(new URLSearchParams(server.received[index]?.body))
const days = (date: Date | undefined) =>
  Math.round(((date?.getTime() ?? 0) - Date.now()) / (24 * 60 * 60_000))

describe('consent', () => {
  const request = {
    app,
    redirectUri: 'https://c.test/cb',
    state: 'st',
    codeVerifier: 'v'.repeat(64),
  }
  const exchange = (query = 'code=c&state=st') => {
    const params = new URLSearchParams(query)
    return auth().exchange?.({ ...request, params, secrets: {} }, server.call)
  }

  test('scopes are joined by commas, and there is no PKCE', async () => {
    const asked = { ...request, scopes: [], isReconnect: false }
    const redirect = await auth().authorizationUrl?.(asked, server.call)
    expect(redirect?.url.href).toMatch(/^https:\/\/www\.pinterest\.com\/oauth\/\?/)
    expect(Object.fromEntries(redirect?.url.searchParams ?? [])).toEqual({
      client_id: 'client',
      redirect_uri: 'https://c.test/cb',
      response_type: 'code',
      scope: 'user_accounts:read,boards:read,boards:write,pins:read,pins:write',
      state: 'st',
    })
  })

  test('trades the code with Basic authentication and asks for lasting tokens', async () => {
    server.answer(granted())
    const grant = await exchange()
    expect(grant).toMatchObject({ accessToken: 'pina_1', refreshToken: 'pinr_1' })
    expect(grant?.scopes).toEqual(['boards:read', 'pins:write'])
    expect([days(grant?.expiresAt), days(grant?.refreshExpiresAt)]).toEqual([30, 60])
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/v5/oauth/token' })
    expect(server.received[0]?.headers.authorization).toBe(BASIC)
    expect(form(0)).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: 'https://c.test/cb',
      continuous_refresh: 'true',
    })
  })

  test.each([
    ['error=access_denied&state=st', 'consent_denied'],
    ['code=c&state=other', 'authorization_invalid'],
  ])('callback %s', async (query, code) => {
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['wrong app', refused, { kind: 'rejected', code: 'pinterest_app_refused' }],
    ['a used code', { status: 400, body: { code: 283 } }, { code: 'authorization_failed' }],
    ['down', { status: 500 }, { kind: 'transient', code: 'pinterest_unavailable' }],
  ])('token endpoint: %s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(exchange())).toMatchObject(expected)
  })
})

describe('refresh', () => {
  const request = { app, accessToken: 'old', refreshToken: 'pinr_0', secrets: {} }
  const refresh = () => auth().refresh?.(request, server.call)

  test('gives the refresh token to use next', async () => {
    server.answer(granted({ scope: 'boards:read pins:write' }))
    const grant = await refresh()
    expect(grant).toMatchObject({ refreshToken: 'pinr_1', scopes: ['boards:read', 'pins:write'] })
    expect(days(grant?.refreshExpiresAt)).toBe(60)
    expect(form(0)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'pinr_0',
      continuous_refresh: 'true',
    })
  })

  test('an answer without one leaves the stored one', async () => {
    server.answer(granted({ refresh_token: undefined, refresh_token_expires_in: undefined }))
    const grant = await refresh()
    expect(grant?.accessToken).toBe('pina_1')
    expect(grant).not.toHaveProperty('refreshToken')
    expect(grant).not.toHaveProperty('refreshExpiresAt')
  })

  test('a refusal ends the connection only when the app itself is in order', async () => {
    server.answer(refused, granted())
    expect(await failureOf(refresh())).toMatchObject({
      kind: 'auth_revoked',
      code: 'pinterest_grant_ended',
    })
    expect(form(1)).toMatchObject({ grant_type: 'client_credentials' })
    server.answer(refused, refused)
    expect(await failureOf(refresh())).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_app_refused',
    })
    server.answer(refused, { status: 503 })
    expect(await failureOf(refresh())).toMatchObject({ kind: 'transient' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['429', { status: 429, headers: { 'retry-after': '60' } }, { kind: 'rate_limited' }],
    ['500', { status: 500 }, { kind: 'transient' }],
    ['200 without a token', { status: 200, body: {} }, { kind: 'outcome_unknown' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('a lost answer may have spent the token', async () => {
    const raw = await startRawServer((socket) => socket.once('data', () => socket.destroy()))
    const lost = makePinterestAuthorizer({ ...PINTEREST_HOSTS, apiBaseUrl: raw.url })
    const failure = await failureOf(lost.refresh?.(request, server.call))
    expect(failure).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    await raw.close()
  })

  test('without a refresh token nothing is asked', async () => {
    server.answer()
    const failure = failureOf(auth().refresh?.({ app, accessToken: 'a', secrets: {} }, server.call))
    expect(await failure).toMatchObject({ kind: 'auth_revoked' })
    expect(server.received).toHaveLength(0)
  })
})

describe('account and boards', () => {
  test('a business account', async () => {
    server.answer({
      status: 200,
      body: {
        id: '7',
        username: 'acme',
        account_type: 'BUSINESS',
        business_name: 'Acme',
        profile_image: 'https://i.pinimg.com/a.jpg',
      },
    })
    expect(await auth().identify(makeAccess(), server.call)).toEqual({
      platformAccountId: '7',
      handle: 'acme',
      displayName: 'Acme',
      profileImageUrl: 'https://i.pinimg.com/a.jpg',
      kind: 'business',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['an expired token', refused, { kind: 'auth_expired' }],
    ['a missing permission', { status: 401, body: { code: 3 } }, { kind: 'rejected' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(auth().identify(makeAccess(), server.call))).toMatchObject(expected)
  })

  test('all pages, secret boards marked and closed without their scope', async () => {
    const pages: Answer[] = [
      {
        status: 200,
        body: {
          items: [
            {
              id: '1',
              name: 'Ideas',
              privacy: 'PUBLIC',
              pin_count: 3,
              media: { image_cover_url: 'https://i.pinimg.com/1.jpg' },
            },
          ],
          bookmark: 'next',
        },
      },
      {
        status: 200,
        body: {
          items: [{ id: '2', name: 'Plans', privacy: 'SECRET', media: null }],
          bookmark: null,
        },
      },
    ]
    server.answer(...pages)
    const closed = await auth().destinations?.(makeAccess({ scopes: ['pins:write'] }), server.call)
    expect(closed).toMatchObject([
      { id: '1', kind: 'board', name: 'Ideas', canPost: true, detail: { secret: false } },
      {
        id: '2',
        canPost: false,
        reason: expect.stringMatching(/secret/),
        detail: { secret: true },
      },
    ])
    const paths = server.received.map(({ path }) => path)
    expect(paths).toEqual(['/v5/boards?page_size=250', '/v5/boards?page_size=250&bookmark=next'])
    server.answer(...pages)
    const scopes = ['pins:write_secret']
    const open = await auth().destinations?.(makeAccess({ scopes }), server.call)
    expect(open?.every(({ canPost }) => canPost)).toBe(true)
  })

  test('the app alone', async () => {
    server.answer(granted())
    await auth().verifyApp?.(app, server.call)
    expect(server.received[0]?.headers.authorization).toBe(BASIC)
    server.answer({ status: 400, body: { code: 1, message: 'this grant type is not for you' } })
    await auth().verifyApp?.(app, server.call)
    server.answer(refused)
    expect(await failureOf(auth().verifyApp?.(app, server.call))).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_app_refused',
    })
  })
})
