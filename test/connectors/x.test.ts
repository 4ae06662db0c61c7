import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  attemptOf,
  type Connected,
  commitNow,
  connectByOauth,
  failureOf,
  type Harness,
  startHarness,
} from './harness.ts'

let x: Harness
let alice: Connected
let app: { clientId: string; clientSecret: string }

beforeAll(async () => {
  x = await startHarness('x')
  const { client_id = '', client_secret = '' } = await x.credentials('alice')
  app = { clientId: client_id, clientSecret: client_secret }
  alice = await connectByOauth(x, app, 'alice')
})
afterEach(() => x.clearFaults())
afterAll(() => x.close())

const LINKS = 'Launch & <go>: example.com/a?b=1&c=2 and https://Example.org/ @bob #tag “ü” 👩‍👩‍👧'

async function texts(): Promise<string[]> {
  return (await x.livePosts()).map((post) => post.text)
}

describe('connect', () => {
  test('gives rotating tokens and the account', () => {
    expect(alice.account).toMatchObject({ handle: 'alice', displayName: 'Alice Adler' })
    expect(alice.grant.refreshToken).toBeTruthy()
    expect(alice.grant.expiresAt?.getTime()).toBeGreaterThan(Date.now())
    expect(alice.grant.scopes).toEqual(expect.arrayContaining([...x.connector.auth.scopes]))
  })

  test('a refresh replaces both tokens; the spent one is refused for good', async () => {
    const { grant } = await connectByOauth(x, app, 'bob')
    const request = { app, accessToken: grant.accessToken, secrets: {} }
    const spent = { ...request, refreshToken: grant.refreshToken ?? '' }
    const fresh = await x.connector.auth.refresh?.(spent, x.call)
    expect(fresh?.refreshToken).not.toBe(grant.refreshToken)
    expect(fresh?.accessToken).not.toBe(grant.accessToken)
    const again = await failureOf(Promise.resolve(x.connector.auth.refresh?.(spent, x.call)))
    expect(again).toMatchObject({ kind: 'auth_revoked', code: 'x_grant_ended' })
  })

  test('a denied consent, a foreign state and a code used twice are refused', async () => {
    const codeVerifier = 'v'.repeat(64)
    const request = { app, redirectUri: 'http://127.0.0.1:3000/cb', codeVerifier, secrets: {} }
    const exchange = (query: string) =>
      failureOf(
        Promise.resolve(
          x.connector.auth.exchange?.(
            { ...request, state: 's', params: new URLSearchParams(query) },
            x.call,
          ),
        ),
      )
    expect(await exchange('error=access_denied&state=s')).toMatchObject({ code: 'consent_denied' })
    expect(await exchange('code=c&state=other')).toMatchObject({ code: 'authorization_invalid' })
    expect(await exchange('code=made-up&state=s')).toMatchObject({ name: 'PlatformFailure' })
  })

  test('wrong app credentials are no revocation', async () => {
    const refused = await failureOf(
      Promise.resolve(
        x.connector.auth.refresh?.(
          {
            app: { clientId: app.clientId, clientSecret: 'wrong' },
            accessToken: '',
            refreshToken: alice.grant.refreshToken ?? '',
            secrets: {},
          },
          x.call,
        ),
      ),
    )
    expect(refused).toMatchObject({ kind: 'rejected', code: 'x_app_refused' })
  })
})

describe('publish', () => {
  test('links, mentions, tags, HTML characters and emoji; then delete, twice', async () => {
    const draft = x.draft(LINKS, { reply_settings: 'following' })
    const post = await commitNow(x, draft, alice.access)
    expect(post.permalink).toBe(`https://x.com/alice/status/${post.platformPostId}`)
    expect((await x.livePosts()).map((one) => one.platform_post_id)).toContain(post.platformPostId)
    const found = await x.connector.confirm?.(attemptOf(draft), alice.access, x.call)
    expect(found).toEqual({ outcome: 'found', post })
    await x.connector.remove?.(post, alice.access, x.call)
    await x.connector.remove?.(post, alice.access, x.call)
    expect((await x.livePosts()).map((one) => one.platform_post_id)).not.toContain(
      post.platformPostId,
    )
  })

  test('a lost answer: unknown, then found, and a second send is a duplicate', async () => {
    const draft = x.draft(`lost answer ${LINKS}`)
    await x.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = await failureOf(x.connector.commit(draft, alice.access, x.call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await x.connector.confirm?.(attemptOf(draft), alice.access, x.call)
    expect(found?.outcome).toBe('found')
    const again = await failureOf(x.connector.commit(draft, alice.access, x.call))
    expect(again).toMatchObject({ kind: 'outcome_unknown', code: 'x_duplicate' })
    expect((await texts()).filter((text) => text.startsWith('lost answer'))).toHaveLength(1)
  })

  test('a lost request: absent once nothing can be on its way, and not before', async () => {
    const draft = x.draft('never arrived')
    await x.fault({ step: 'publish', fault: 'drop_before' })
    const lost = await failureOf(x.connector.commit(draft, alice.access, x.call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown' })
    const early = attemptOf(draft, { sendBefore: new Date(Date.now() + 60_000) })
    expect(await x.connector.confirm?.(early, alice.access, x.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
    const late = attemptOf(draft)
    expect(await x.connector.confirm?.(late, alice.access, x.call)).toEqual({ outcome: 'absent' })
    const duplicate = attemptOf(draft, { failureCode: 'x_duplicate' })
    expect(await x.connector.confirm?.(duplicate, alice.access, x.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test('a post that the ledger knows is not taken for the lost one', async () => {
    const draft = x.draft('known already')
    const post = await commitNow(x, draft, alice.access)
    const attempt = attemptOf(draft, { excludedPostIds: [post.platformPostId] })
    expect(await x.connector.confirm?.(attempt, alice.access, x.call)).toEqual({
      outcome: 'absent',
    })
  })

  test('past sendBefore nothing is sent', async () => {
    const call = { ...x.call, sendBefore: new Date(Date.now() - 1) }
    const late = await failureOf(x.connector.commit(x.draft('too late'), alice.access, call))
    expect(late).toMatchObject({ kind: 'transient', code: 'too_late' })
    expect(await texts()).not.toContain('too late')
  })
})

describe('faults', () => {
  test.each([
    [
      { fault: 'status', status: 500 },
      { kind: 'outcome_unknown', code: 'x_unavailable' },
    ],
    [
      { fault: 'status', status: 503 },
      { kind: 'outcome_unknown', code: 'x_unavailable' },
    ],
    [
      { fault: 'rate_limit', retry_after_s: 60 },
      { kind: 'rate_limited', httpStatus: 429 },
    ],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'duplicate' }, { kind: 'outcome_unknown', code: 'x_duplicate' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown', code: 'answer_lost' }],
  ])('publish %j', async (fault, expected) => {
    await x.fault({ step: 'publish', ...fault })
    const draft = x.draft(`fault ${JSON.stringify(fault)}`)
    const failure = await failureOf(x.connector.commit(draft, alice.access, x.call))
    expect(failure).toMatchObject(expected)
  })

  test('the token endpoint is down: transient, never revoked', async () => {
    const { grant } = await connectByOauth(x, app, 'carol')
    const { accessToken, refreshToken = '' } = grant
    const request = { app, accessToken, refreshToken, secrets: {} }
    await x.fault({ step: 'token', fault: 'status', status: 500 })
    const down = await failureOf(Promise.resolve(x.connector.auth.refresh?.(request, x.call)))
    expect(down).toMatchObject({ kind: 'transient', httpStatus: 500 })
    const fresh = await x.connector.auth.refresh?.(request, x.call)
    expect(fresh?.accessToken).toBeTruthy()
  })

  test('expired access and revoked grant', async () => {
    const carol = await connectByOauth(x, app, 'carol')
    const account = { platform: 'x', account_id: carol.account.platformAccountId }
    await x.control('POST', '/_sandbox/expire', account)
    const expired = await failureOf(x.connector.commit(x.draft('old'), carol.access, x.call))
    expect(expired).toMatchObject({ kind: 'auth_expired' })
    await x.control('POST', '/_sandbox/revoke', account)
    const { accessToken, refreshToken = '' } = carol.grant
    const request = { app, accessToken, refreshToken, secrets: {} }
    const revoked = await failureOf(Promise.resolve(x.connector.auth.refresh?.(request, x.call)))
    expect(revoked).toMatchObject({ kind: 'auth_revoked' })
  })
})
