import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { readAccountLimits } from '../../platforms/registry.ts'
import { contentOf } from './drive.ts'
import {
  attemptOf,
  type Connected,
  commitNow,
  connectByOauth,
  failureOf,
  type Harness,
  identify,
  startHarness,
} from './harness.ts'

let mastodon: Harness
let app: { clientId: string; clientSecret?: string }
let alice: Connected

beforeAll(async () => {
  mastodon = await startHarness('mastodon')
  const redirectUri = 'http://127.0.0.1:3000/oauth/callback/mastodon'
  const made = await mastodon.connector.auth.registerApp?.(mastodon.url, redirectUri, mastodon.call)
  if (!made) throw new Error('no app')
  app = made
  alice = await connectByOauth(mastodon, app, 'alice', mastodon.url)
})
afterEach(() => mastodon.clearFaults())
afterAll(() => mastodon.close())

const TEXT = 'Hello @bob @carol@remote.example & <you>: https://example.com/?a=1&b=2 #tag 👩‍👩‍👧'

async function liveCount(text: string): Promise<number> {
  return (await mastodon.livePosts()).filter((post) => post.text === text).length
}

describe('connect', () => {
  test('registers an app and gives a token without end, limits of the instance included', () => {
    const host = new URL(mastodon.url).host
    expect(alice.grant.expiresAt).toBeUndefined()
    expect(alice.grant.refreshToken).toBeUndefined()
    expect(alice.grant.serviceUrl).toBe(mastodon.url)
    expect(alice.account.platformAccountId).toMatch(new RegExp(`^${host}/\\d+$`))
    expect(alice.account.handle).toMatch(/^alice@/)
    expect(readAccountLimits(alice.account.metadata)).toMatchObject({
      maxTextLength: expect.any(Number),
      charactersPerUrl: 23,
    })
  })

  test('by a token of the account settings', async () => {
    const credentials = await mastodon.credentials('bob')
    const grant = await mastodon.connector.auth.withCredentials?.(credentials, mastodon.call)
    if (!grant) throw new Error('no grant')
    expect((await identify(mastodon, grant)).account.handle).toMatch(/^bob@/)
  })

  test('an instance in a private network is refused before anything is sent', async () => {
    const register = mastodon.connector.auth.registerApp
    const refused = await failureOf(
      Promise.resolve(register?.('https://10.0.0.1', 'http://a.test/', mastodon.call)),
    )
    expect(refused).toMatchObject({ kind: 'rejected', code: 'host_refused' })
  })

  test('after revoke the token is refused', async () => {
    const carol = await connectByOauth(mastodon, app, 'carol', mastodon.url)
    const { accessToken, serviceUrl } = carol.access
    const request = { app, accessToken, secrets: {}, serviceUrl }
    await mastodon.connector.auth.revoke?.(request, mastodon.call)
    const refused = await failureOf(
      mastodon.connector.commit(mastodon.draft('gone'), carol.access, mastodon.call),
    )
    expect(refused).toMatchObject({ kind: 'auth_revoked' })
  })
})

describe('publish', () => {
  test('text with settings, repeated commit, confirm, delete twice', async () => {
    const draft = mastodon.draft(TEXT, {
      visibility: 'unlisted',
      spoiler_text: 'careful',
      sensitive: true,
      language: 'de',
    })
    const post = await commitNow(mastodon, draft, alice.access)
    expect(post.permalink).toContain(post.platformPostId)
    expect(await commitNow(mastodon, draft, alice.access)).toEqual(post)
    expect(await liveCount(TEXT)).toBe(1)
    const found = await mastodon.connector.confirm?.(attemptOf(draft), alice.access, mastodon.call)
    expect(found).toEqual({ outcome: 'found', post })
    await mastodon.connector.remove?.(post, alice.access, mastodon.call)
    await mastodon.connector.remove?.(post, alice.access, mastodon.call)
    expect(await liveCount(TEXT)).toBe(0)
  })

  test('a lost answer: unknown, then found', async () => {
    const draft = mastodon.draft(`lost ${TEXT}`)
    await mastodon.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = await failureOf(mastodon.connector.commit(draft, alice.access, mastodon.call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await mastodon.connector.confirm?.(attemptOf(draft), alice.access, mastodon.call)
    expect(found?.outcome).toBe('found')
    expect(await liveCount(draft.text)).toBe(1)
  })

  test('a lost request: absent, but not early and not for another content warning', async () => {
    const draft = mastodon.draft('never arrived', { spoiler_text: 'warning' })
    await commitNow(mastodon, mastodon.draft('never arrived'), alice.access)
    await mastodon.fault({ step: 'publish', fault: 'drop_before' })
    await failureOf(mastodon.connector.commit(draft, alice.access, mastodon.call))
    const confirm = mastodon.connector.confirm
    const early = attemptOf(draft, { sendBefore: new Date(Date.now() + 60_000) })
    expect(await confirm?.(early, alice.access, mastodon.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
    expect(await confirm?.(attemptOf(draft), alice.access, mastodon.call)).toEqual({
      outcome: 'absent',
    })
  })

  test('a twin that the ledger knows is not taken for the lost one', async () => {
    const twin = await commitNow(mastodon, mastodon.draft('twin'), alice.access)
    const attempt = attemptOf(mastodon.draft('twin'), { excludedPostIds: [twin.platformPostId] })
    expect(await mastodon.connector.confirm?.(attempt, alice.access, mastodon.call)).toEqual({
      outcome: 'absent',
    })
  })
})

describe('faults', () => {
  test.each([
    [
      { fault: 'status', status: 500 },
      { kind: 'outcome_unknown', code: 'mastodon_unavailable' },
    ],
    [
      { fault: 'status', status: 503 },
      { kind: 'outcome_unknown', code: 'mastodon_unavailable' },
    ],
    [
      { fault: 'rate_limit', retry_after_s: 60 },
      { kind: 'rate_limited', httpStatus: 429 },
    ],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown', code: 'answer_lost' }],
  ])('publish %j', async (fault, expected) => {
    await mastodon.fault({ step: 'publish', ...fault })
    const draft = mastodon.draft(`fault ${JSON.stringify(fault)}`)
    const failure = await failureOf(mastodon.connector.commit(draft, alice.access, mastodon.call))
    expect(failure).toMatchObject(expected)
  })

  test('too long for the instance: the server agrees with validate', async () => {
    const limits = readAccountLimits(alice.account.metadata)
    const max = limits.maxTextLength ?? 0
    const text = `${'a'.repeat(max - 24)} https://example.com/${'long/'.repeat(40)}`
    const content = contentOf({ text })
    expect(mastodon.connector.validate(content, limits)).toEqual([])
    await commitNow(mastodon, mastodon.draft(text), alice.access)
    const longer = `a${text}`
    expect(mastodon.connector.validate(contentOf({ text: longer }), limits)).toMatchObject([
      { code: 'text_too_long' },
    ])
    const refused = await failureOf(
      mastodon.connector.commit(mastodon.draft(longer), alice.access, mastodon.call),
    )
    expect(refused).toMatchObject({ kind: 'rejected', code: 'mastodon_invalid' })
  })
})
