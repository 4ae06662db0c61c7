import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PlatformFailure } from '../../domain/failures.ts'
import { mergeHosts } from '../hosts.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess } from '../testing/drafts.ts'
import { startRawServer } from '../testing/raw-server.ts'
import { makeYoutubeAuthorizer, YOUTUBE_HOSTS } from './auth.ts'

const SCOPE = 'https://www.googleapis.com/auth/'
const app = { clientId: 'client', clientSecret: 'secret' }
const request = { app, accessToken: 'old', refreshToken: 'kept', secrets: {} }

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function youtube() {
  const base = `${server.url}/youtube`
  return makeYoutubeAuthorizer(
    mergeHosts(YOUTUBE_HOSTS, { apiBaseUrl: base, authBaseUrl: base, tokenBaseUrl: base }),
  )
}

function granted(more: object = {}): Answer {
  const body = { access_token: 'new', expires_in: 3599, token_type: 'Bearer', ...more }
  return { status: 200, body }
}

function refused(status: number, reason: string, more: object = {}): Answer {
  const error = { code: status, message: 'Words', errors: [{ domain: 'x', reason }], ...more }
  return { status, body: { error } }
}

const sentForm = () => Object.fromEntries(new URLSearchParams(server.received[0]?.body))

describe('consent', () => {
  const authorize = {
    app,
    redirectUri: 'https://c.test/cb',
    state: 'st',
    // https://www.rfc-editor.org/rfc/rfc7636#appendix-B
    codeVerifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    scopes: [],
    isReconnect: false,
  }

  test('asks for lasting access, with PKCE, at the real hosts', async () => {
    const redirect = await makeYoutubeAuthorizer(YOUTUBE_HOSTS).authorizationUrl?.(
      authorize,
      server.call,
    )
    expect(redirect?.url.href).toMatch(/^https:\/\/accounts\.google\.com\/o\/oauth2\/v2\/auth\?/)
    const query = Object.fromEntries(redirect?.url.searchParams ?? [])
    expect(query).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: 'https://c.test/cb',
      scope: ['youtube.upload', 'youtube.readonly', 'youtube.force-ssl', 'userinfo.profile']
        .map((name) => SCOPE + name)
        .join(' '),
      state: 'st',
      access_type: 'offline',
      prompt: 'consent',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
  })

  test('asks what a person wants instead', async () => {
    const scopes = [`${SCOPE}youtube`]
    const redirect = await youtube().authorizationUrl?.({ ...authorize, scopes }, server.call)
    expect(redirect?.url.pathname).toBe('/youtube/o/oauth2/v2/auth')
    const asked = redirect?.url.searchParams.get('scope')
    expect(asked).toBe(`${SCOPE}youtube ${SCOPE}userinfo.profile`)
  })

  test('an unticked scope is missing, the full one covers all', () => {
    const { missingScopes } = youtube()
    const ticked = [`${SCOPE}youtube.upload`, `${SCOPE}youtube.readonly`, 'openid']
    expect(missingScopes?.(ticked)).toEqual([`${SCOPE}youtube.force-ssl`])
    expect(missingScopes?.([`${SCOPE}youtube`])).toEqual([])
  })
})

describe('exchange', () => {
  const exchange = (query: string) => {
    const params = new URLSearchParams(query)
    const more = { params, state: 'st', codeVerifier: 'v'.repeat(64), secrets: {} }
    return youtube().exchange?.({ app, redirectUri: 'https://c.test/cb', ...more }, server.call)
  }

  test('trades the code with the client in the body, whatever the id token says', async () => {
    const more = {
      refresh_token: 'r',
      scope: 'a b',
      id_token: 'no.jwt',
      refresh_token_expires_in: 604_799,
    }
    server.answer(granted(more))
    const grant = await exchange('code=4%2Fcode&state=st&scope=a+b&authuser=0&prompt=consent')
    expect(grant).toMatchObject({ accessToken: 'new', refreshToken: 'r', scopes: ['a', 'b'] })
    expect(grant).not.toHaveProperty('refreshModel')
    const days = ((grant?.refreshExpiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect(days).toBeCloseTo(7, 1)
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/youtube/token' })
    expect(sentForm()).toEqual({
      grant_type: 'authorization_code',
      code: '4/code',
      redirect_uri: 'https://c.test/cb',
      code_verifier: 'v'.repeat(64),
      client_id: 'client',
      client_secret: 'secret',
    })
  })

  test('a grant that cannot be renewed says so and when it ends', async () => {
    server.answer(granted())
    const grant = await exchange('code=c&state=st')
    expect(grant?.refreshModel).toBe('none')
    expect(grant?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
  })

  test.each([
    ['error=access_denied&state=st', 'consent_denied'],
    ['error=admin_policy_enforced&state=st', 'authorization_failed'],
    ['code=c&state=other', 'authorization_invalid'],
    ['state=st', 'authorization_invalid'],
  ])('callback %s', async (query, code) => {
    server.answer()
    expect(await failureOf(exchange(query))).toMatchObject({ kind: 'rejected', code })
    expect(server.received).toEqual([])
  })

  test('a used code is no proof against the account', async () => {
    server.answer({ status: 400, body: { error: 'invalid_grant' } })
    const expected = { kind: 'rejected', code: 'authorization_failed' }
    expect(await failureOf(exchange('code=c&state=st'))).toMatchObject(expected)
  })
})

describe('refresh', () => {
  const refresh = (more: object = {}) => youtube().refresh?.({ ...request, ...more }, server.call)

  test('an answer without refresh token and scopes leaves both as they are', async () => {
    server.answer(granted())
    const grant = await refresh({ scopes: ['left'] })
    expect(grant).toMatchObject({ accessToken: 'new', tokenType: 'bearer', scopes: ['left'] })
    expect(grant).not.toHaveProperty('refreshToken')
    expect(grant).not.toHaveProperty('refreshModel')
    expect(sentForm()).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'kept' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'withdrawn or run out',
      {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      },
      { kind: 'auth_revoked', code: 'youtube_grant_ended' },
    ],
    [
      'wrong client',
      { status: 401, body: { error: 'invalid_client' } },
      { kind: 'rejected', code: 'youtube_app_refused' },
    ],
    ['too many', { status: 403, body: { error: 'rate_limit_exceeded' } }, { kind: 'rate_limited' }],
    ['429', { status: 429 }, { kind: 'rate_limited' }],
    ['503', { status: 503, body: '<html>' }, { kind: 'transient' }],
    ['no JSON', { status: 200, body: '<html>' }, { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(refresh())).toMatchObject(expected)
  })

  test('a lost answer is tried again: the refresh token is still good', async () => {
    const raw = await startRawServer((socket) => socket.once('data', () => socket.destroy()))
    const base = { apiBaseUrl: raw.url, authBaseUrl: raw.url, tokenBaseUrl: raw.url }
    const failure = await failureOf(makeYoutubeAuthorizer(base).refresh?.(request, server.call))
    await raw.close()
    expect(failure).toMatchObject({ kind: 'transient', code: 'answer_lost' })
  })

  test('needs a refresh token and an app', async () => {
    const without = await failureOf(refresh({ refreshToken: undefined }))
    expect(without).toMatchObject({ kind: 'auth_revoked', code: 'no_refresh_token' })
    const appless = await failureOf(refresh({ app: undefined }))
    expect(appless).toMatchObject({ kind: 'rejected', code: 'app_missing' })
  })
})

describe('revoke', () => {
  test('ends the whole grant by its refresh token', async () => {
    server.answer({ status: 200, body: {} })
    await youtube().revoke?.(request, server.call)
    expect(server.received[0]?.path).toBe('/youtube/revoke')
    expect(sentForm()).toEqual({ token: 'kept' })
    const platforms = ['youtube', 'google_business']
    expect(youtube().revocation).toEqual({ scope: 'grant', platforms })
  })

  test('one that is dead already is fine, trouble is not', async () => {
    server.answer({ status: 400, body: { error: 'invalid_token' } }, { status: 503 })
    await expect(youtube().revoke?.(request, server.call)).resolves.toBeUndefined()
    const trouble = await failureOf(youtube().revoke?.(request, server.call))
    expect(trouble).toMatchObject({ kind: 'transient' })
  })
})

describe('verifyApp', () => {
  const verify = () => youtube().verifyApp?.(app, server.call)

  test('a refused made-up token proves the client', async () => {
    server.answer({ status: 400, body: { error: 'invalid_grant' } })
    await expect(verify()).resolves.toBeUndefined()
  })

  test('a wrong client is refused', async () => {
    server.answer({ status: 401, body: { error: 'invalid_client' } })
    expect(await failureOf(verify())).toMatchObject({ kind: 'rejected' })
  })
})

describe('channels', () => {
  const channel = {
    id: 'UCabc',
    snippet: {
      title: 'Harbour Café',
      customUrl: '@harbourcafe',
      thumbnails: {
        default: { url: 'https://i.test/s.jpg' },
        high: { url: 'https://i.test/l.jpg' },
      },
    },
    statistics: { subscriberCount: '1200', viewCount: '5', videoCount: '2' },
    contentDetails: { relatedPlaylists: { uploads: 'UUabc' } },
  }
  const channels = { status: 200, body: { items: [channel] } }
  const scopes = [`${SCOPE}youtube.readonly`, `${SCOPE}userinfo.profile`]

  test('the channel with its person', async () => {
    server.answer(channels, { status: 200, body: { sub: '1093', name: 'Ada' } })
    const covered = await youtube().accounts?.(makeAccess({ scopes }), server.call)
    expect(covered).toEqual([
      {
        account: {
          platformAccountId: 'UCabc',
          handle: 'harbourcafe',
          displayName: 'Harbour Café',
          profileImageUrl: 'https://i.test/l.jpg',
          kind: 'channel',
          grantorId: '1093',
          metadata: { uploads_playlist_id: 'UUabc', subscriber_count: '1200' },
        },
      },
    ])
    expect(server.received.map(({ path }) => path)).toEqual([
      '/youtube/youtube/v3/channels?part=snippet%2Cstatistics%2CcontentDetails&mine=true',
      '/youtube/oauth2/v3/userinfo',
    ])
    expect(server.received[0]?.headers.authorization).toBe('Bearer secret-access-token')
  })

  test('no channel is said in words', async () => {
    server.answer({ status: 200, body: { pageInfo: { totalResults: 0 } } })
    const failure = await failureOf(youtube().accounts?.(makeAccess(), server.call))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'youtube_no_channel' })
  })

  test('validation finds the stored channel, or proves that it is gone', async () => {
    const identify = (accountId: string) =>
      youtube().identify(makeAccess({ accountId, scopes: [] }), server.call)
    server.answer(channels, channels)
    expect(await identify('UCabc')).toMatchObject({ platformAccountId: 'UCabc' })
    const gone = await failureOf(identify('UCother'))
    expect(gone).toMatchObject({ kind: 'auth_revoked', code: 'youtube_channel_gone' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['a stale token', refused(401, 'authError'), { kind: 'auth_expired' }],
    ['no channel', refused(401, 'youtubeSignupRequired'), { kind: 'auth_revoked' }],
    ['closed', refused(403, 'authenticatedUserAccountClosed'), { kind: 'auth_revoked' }],
    ['an unticked box', refused(403, 'insufficientPermissions'), { code: 'youtube_scope_missing' }],
    ['an API not enabled', refused(403, 'accessNotConfigured'), { code: 'youtube_api_disabled' }],
    ['short bursts', refused(403, 'rateLimitExceeded'), { code: 'youtube_rate_limited' }],
    ['a broken server', refused(500, 'backendError'), { kind: 'transient' }],
    ['a redirect', { status: 302 }, { kind: 'transient' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    const failure = await failureOf(youtube().identify(makeAccess(), server.call))
    expect(failure).toMatchObject(expected)
  })

  test('a spent quota waits for midnight in California', async () => {
    server.answer(refused(403, 'quotaExceeded', { message: 'See <a href="/x">quota</a>' }))
    const failure = await failureOf(youtube().identify(makeAccess(), server.call))
    expect(failure).toMatchObject({ kind: 'rate_limited', code: 'youtube_quota_exceeded' })
    const retryAt = failure instanceof PlatformFailure ? failure.retryAt : undefined
    const hour = { timeZone: 'America/Los_Angeles', hour: '2-digit', hourCycle: 'h23' } as const
    expect(new Intl.DateTimeFormat('en', hour).format(retryAt)).toBe('00')
    expect(retryAt?.getTime()).toBeGreaterThan(Date.now())
  })
})
