import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf } from '../testing/drafts.ts'
import { startRawServer } from '../testing/raw-server.ts'
import { LINKEDIN_HOSTS, makeLinkedinAuthorizer } from './auth.ts'

const app = { clientId: 'client', clientSecret: 's+e/c=' }
const request = { app, accessToken: 'old', refreshToken: 'kept', secrets: {} }
const DAY_MS = 86_400_000

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function linkedin() {
  const base = `${server.url}/linkedin`
  return makeLinkedinAuthorizer({ apiBaseUrl: base, authBaseUrl: base }, 0)
}

/** As LinkedIn gives them: no `token_type`, scopes with commas. */
const tokens = (more: object = {}): Answer => ({
  status: 200,
  body: { access_token: 'new', expires_in: 5_184_000, scope: 'openid,profile', ...more },
})

const DEAD_REFRESH: Answer = {
  status: 400,
  body: {
    error: 'invalid_request',
    error_description:
      'The provided authorization grant or refresh token is invalid, expired or revoked',
  },
}

const sentForm = (index = 0) =>
  Object.fromEntries(new URLSearchParams(server.received[index]?.body))
const daysUntil = (date: Date | undefined) => ((date?.getTime() ?? 0) - Date.now()) / DAY_MS

describe('consent', () => {
  const authorize = {
    app,
    redirectUri: 'https://c.test/cb',
    state: 'st',
    codeVerifier: 'v'.repeat(64),
    scopes: [],
    isReconnect: false,
  }

  test('asks for the member, without PKCE', async () => {
    const authorizer = makeLinkedinAuthorizer(LINKEDIN_HOSTS)
    const url = (await authorizer.authorizationUrl?.(authorize, server.call))?.url
    expect(url?.href).toMatch(/^https:\/\/www\.linkedin\.com\/oauth\/v2\/authorization\?/)
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: 'https://c.test/cb',
      state: 'st',
      scope: 'openid profile w_member_social',
    })
  })

  test('asks for organizations only when told so', async () => {
    const scopes = ['r_basicprofile', 'w_organization_social']
    const redirect = await linkedin().authorizationUrl?.({ ...authorize, scopes }, server.call)
    expect(redirect?.url.searchParams.get('scope')).toBe('r_basicprofile w_organization_social')
  })

  test.each([
    [['openid', 'profile', 'w_member_social'], []],
    [['openid', 'profile'], ['w_member_social']],
    [
      ['r_basicprofile', 'w_organization_social', 'r_organization_social'],
      ['rw_organization_admin'],
    ],
    [['w_organization_social', 'r_organization_social', 'r_organization_admin'], []],
  ])('of %j are missing %j', (granted, missing) => {
    expect(linkedin().missingScopes?.(granted)).toEqual(missing)
  })
})

describe('exchange', () => {
  const exchange = (query: string) => {
    const params = new URLSearchParams(query)
    const more = { params, state: 'st', codeVerifier: 'v'.repeat(64), secrets: {} }
    return linkedin().exchange?.({ app, redirectUri: 'https://c.test/cb', ...more }, server.call)
  }

  test('client in the body, no verifier, and 60 days when there is no refresh token', async () => {
    server.answer(tokens({ id_token: 'no.jwt' }))
    const grant = await exchange('code=c&state=st')
    expect(grant).toMatchObject({
      accessToken: 'new',
      tokenType: 'bearer',
      scopes: ['openid', 'profile'],
      refreshModel: 'none',
    })
    expect(daysUntil(grant?.expiresAt)).toBeCloseTo(60, 1)
    expect(server.received[0]?.path).toBe('/linkedin/oauth/v2/accessToken')
    expect(server.received[0]?.headers).not.toHaveProperty('authorization')
    expect(sentForm()).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: 'https://c.test/cb',
      client_id: 'client',
      client_secret: 's+e/c=',
    })
  })

  test('a refresh token with its fixed end', async () => {
    server.answer(tokens({ refresh_token: 'r', refresh_token_expires_in: 31_536_000 }))
    const grant = await exchange('code=c&state=st')
    expect(grant?.refreshToken).toBe('r')
    expect(grant).not.toHaveProperty('refreshModel')
    expect(daysUntil(grant?.refreshExpiresAt)).toBeCloseTo(365, 1)
  })

  test.each([
    ['error=user_cancelled_login&state=st', 'consent_denied'],
    ['error=user_cancelled_authorize&state=st', 'consent_denied'],
    ['error=unauthorized_scope_error&state=st', 'authorization_failed'],
    ['error=user_cancelled_login&state=other', 'authorization_invalid'],
  ])('callback %s', async (query, code) => {
    server.answer()
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code })
    expect(server.received).toEqual([])
  })

  test.each<[string, number, Record<string, unknown>, string]>([
    [
      'a used code',
      401,
      {
        error: 'invalid_request',
        error_description: 'Unable to retrieve access token: authorization code not found',
      },
      'authorization_failed',
    ],
    ['another redirect', 400, { error: 'invalid_redirect_uri' }, 'authorization_failed'],
    [
      'a wrong client',
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed' },
      'linkedin_app_refused',
    ],
  ])('%s', async (_name, status, body, code) => {
    server.answer({ status, body })
    const failure = await failureOf(exchange('code=c&state=st'))
    expect(failure).toMatchObject({ kind: 'rejected', code })
  })
})

describe('refresh', () => {
  const refresh = () => linkedin().refresh?.(request, server.call)

  test('the same refresh token, nearer to its end', async () => {
    server.answer(tokens({ refresh_token: 'kept', refresh_token_expires_in: 86_400 * 5 }))
    const grant = await refresh()
    expect(grant?.refreshToken).toBe('kept')
    expect(daysUntil(grant?.refreshExpiresAt)).toBeCloseTo(5, 1)
    expect(sentForm()).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'kept',
      client_id: 'client',
      client_secret: 's+e/c=',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['expired', ok({ active: false, status: 'expired' }), { code: 'linkedin_refresh_expired' }],
    ['revoked', ok({ active: false, status: 'revoked' }), { code: 'linkedin_grant_ended' }],
    ['silent', { status: 503 }, { kind: 'auth_revoked', code: 'linkedin_grant_ended' }],
    ['active after all', ok({ active: true, status: 'active' }), { kind: 'transient' }],
  ])('a refused refresh token that introspection calls %s', async (_name, answer, expected) => {
    server.answer(DEAD_REFRESH, answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
    expect(server.received[1]?.path).toBe('/linkedin/oauth/v2/introspectToken')
    expect(sentForm(1)).toMatchObject({ client_id: 'client', token: 'kept' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'a malformed request',
      {
        status: 400,
        body: { error: 'invalid_request', error_description: 'grant_type is missing' },
      },
      { kind: 'rejected', code: 'linkedin_request_refused' },
    ],
    [
      'a wrong client',
      { status: 401, body: { error: 'invalid_client_id' } },
      { kind: 'rejected', code: 'linkedin_app_refused' },
    ],
    ['429', { status: 429 }, { kind: 'rate_limited' }],
    ['500', { status: 500 }, { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
    expect(server.received).toHaveLength(1)
  })

  test('a lost answer costs nothing', async () => {
    const raw = await startRawServer((socket) => socket.once('data', () => socket.destroy()))
    const hosts = { apiBaseUrl: raw.url, authBaseUrl: raw.url }
    const failure = await failureOf(makeLinkedinAuthorizer(hosts).refresh?.(request, server.call))
    await raw.close()
    expect(failure).toMatchObject({ kind: 'transient' })
  })
})

describe('app and revocation', () => {
  test('revokes both tokens', async () => {
    server.answer({ status: 200 }, { status: 400, body: { error: 'invalid_request' } })
    await linkedin().revoke?.(request, server.call)
    expect(server.received.map(({ path }) => path)).toEqual([
      '/linkedin/oauth/v2/revoke',
      '/linkedin/oauth/v2/revoke',
    ])
    const client = { client_id: 'client', client_secret: 's+e/c=' }
    expect(sentForm()).toEqual({ ...client, token: 'kept' })
    expect(sentForm(1)).toEqual({ ...client, token: 'old' })
  })

  test('a revocation in vain is told', async () => {
    server.answer({ status: 503 })
    const failure = await failureOf(linkedin().revoke?.(request, server.call))
    expect(failure).toMatchObject({ kind: 'transient' })
  })

  test.each<[string, Answer]>([
    ['introspected', ok({ active: false })],
    ['refused for the token alone', { status: 400, body: { error: 'invalid_request' } }],
  ])('a made-up token %s proves the client', async (_name, answer) => {
    server.answer(answer)
    await expect(linkedin().verifyApp?.(app, server.call)).resolves.toBeUndefined()
  })

  test('a wrong client is refused', async () => {
    server.answer({ status: 401, body: { error: 'invalid_client' } })
    const failure = await failureOf(linkedin().verifyApp?.(app, server.call))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'linkedin_app_refused' })
  })
})

function ok(body: unknown): Answer {
  return { status: 200, body }
}
