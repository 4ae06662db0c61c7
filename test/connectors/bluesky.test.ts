import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  attemptOf,
  type Connected,
  commitNow,
  failureOf,
  type Harness,
  identify,
  startHarness,
} from './harness.ts'

let bluesky: Harness
let alice: Connected

beforeAll(async () => {
  bluesky = await startHarness('bluesky')
  alice = await logIn('alice')
})
afterEach(() => bluesky.clearFaults())
afterAll(() => bluesky.close())

async function logIn(handle: string): Promise<Connected> {
  const grant = await bluesky.connector.auth.withCredentials?.(
    await bluesky.credentials(handle),
    bluesky.call,
  )
  if (!grant) throw new Error('no log-in')
  return identify(bluesky, grant)
}

const TEXT = '👩‍👩‍👧 hi @bob.bsky.social and @nobody.example.com, see example.com (#grüße)'

async function liveCount(text: string): Promise<number> {
  return (await bluesky.livePosts()).filter((post) => post.text === text).length
}

describe('connect', () => {
  test('by app password: tokens, lifetimes, secrets, server and account', () => {
    expect(alice.grant.secrets).toMatchObject({ identifier: 'alice.bsky.social' })
    expect(alice.grant.refreshExpiresAt?.getTime()).toBeGreaterThan(Date.now())
    expect(alice.account).toMatchObject({ handle: 'alice.bsky.social', serviceUrl: bluesky.url })
    expect(alice.account.platformAccountId).toMatch(/^did:plc:/)
  })

  test('a wrong password and a password that is no app password', async () => {
    const credentials = await bluesky.credentials('alice')
    const tryWith = (app_password: string) =>
      failureOf(
        Promise.resolve(
          bluesky.connector.auth.withCredentials?.({ ...credentials, app_password }, bluesky.call),
        ),
      )
    expect(await tryWith('aaaa-bbbb-cccc-dddd')).toMatchObject({
      kind: 'auth_revoked',
      code: 'bluesky_login_refused',
    })
    expect(await tryWith('hunter2')).toMatchObject({ code: 'not_an_app_password' })
  })

  test('a private server that nobody allowed is refused', async () => {
    const credentials = await bluesky.credentials('alice')
    const service_url = 'https://169.254.169.254'
    const refused = await failureOf(
      Promise.resolve(
        bluesky.connector.auth.withCredentials?.({ ...credentials, service_url }, bluesky.call),
      ),
    )
    expect(refused).toMatchObject({ kind: 'rejected', code: 'host_refused' })
  })

  test('refresh, again with the spent token inside its grace, and log-in when it is dead', async () => {
    const bob = await logIn('bob')
    const { refresh } = bluesky.connector.auth
    const request = { accessToken: '', refreshToken: bob.grant.refreshToken, secrets: {} }
    const first = await refresh?.(request, bluesky.call)
    const second = await refresh?.(request, bluesky.call)
    expect(first?.accessToken).toBeTruthy()
    expect(second?.accessToken).toBeTruthy()
    const dead = { ...request, refreshToken: bob.grant.accessToken }
    expect(await failureOf(Promise.resolve(refresh?.(dead, bluesky.call)))).toMatchObject({
      kind: 'auth_revoked',
      code: 'bluesky_session_ended',
    })
    const saved = { ...dead, secrets: bob.grant.secrets ?? {} }
    expect((await refresh?.(saved, bluesky.call))?.refreshToken).toBeTruthy()
  })
})

describe('publish', () => {
  test('facets, settings, repeated commit, confirm, delete twice', async () => {
    const draft = bluesky.draft(TEXT, { langs: ['de', 'en'], labels: ['nudity'], tags: ['extra'] })
    const post = await commitNow(bluesky, draft, alice.access)
    expect(post.platformPostId).toMatch(/^at:\/\/did:plc:\w+\/app\.bsky\.feed\.post\/\w{13}$/)
    expect(post.permalink).toMatch(/^https:\/\/bsky\.app\/profile\/did:plc:\w+\/post\/\w{13}$/)
    expect(await commitNow(bluesky, draft, alice.access)).toEqual(post)
    expect(await liveCount(TEXT)).toBe(1)
    const found = await bluesky.connector.confirm?.(attemptOf(draft), alice.access, bluesky.call)
    expect(found).toEqual({ outcome: 'found', post })
    await bluesky.connector.remove?.(post, alice.access, bluesky.call)
    await bluesky.connector.remove?.(post, alice.access, bluesky.call)
    expect(await liveCount(TEXT)).toBe(0)
  })

  test('a lost answer is found; sending again makes no second post', async () => {
    const draft = bluesky.draft(`lost ${TEXT}`)
    await bluesky.fault({ step: 'publish', fault: 'drop_after_accept' })
    const lost = await failureOf(bluesky.connector.commit(draft, alice.access, bluesky.call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await bluesky.connector.confirm?.(attemptOf(draft), alice.access, bluesky.call)
    expect(found?.outcome).toBe('found')
    const again = await commitNow(bluesky, draft, alice.access)
    expect(found).toMatchObject({ post: again })
    expect(await liveCount(draft.text)).toBe(1)
  })

  test('the same key with another text is refused, the first stays', async () => {
    const draft = bluesky.draft('first words')
    await bluesky.connector.commit(draft, alice.access, bluesky.call)
    const other = { ...draft, text: 'other words' }
    const refused = await failureOf(bluesky.connector.commit(other, alice.access, bluesky.call))
    expect(refused).toMatchObject({ kind: 'rejected', code: 'bluesky_key_taken' })
    expect(await liveCount('first words')).toBe(1)
    const attempt = attemptOf(other)
    expect(await bluesky.connector.confirm?.(attempt, alice.access, bluesky.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test('other settings under the same key count as found: only text and time decide', async () => {
    const draft = bluesky.draft('same words', { langs: ['en'] })
    const post = await commitNow(bluesky, draft, alice.access)
    const moved = { ...draft, settings: { langs: ['de'] } }
    expect(await commitNow(bluesky, moved, alice.access)).toEqual(post)
  })

  test('a lost request is absent only after sendBefore', async () => {
    const draft = bluesky.draft('never arrived')
    await bluesky.fault({ step: 'publish', fault: 'drop_before' })
    await failureOf(bluesky.connector.commit(draft, alice.access, bluesky.call))
    const early = attemptOf(draft, { sendBefore: new Date(Date.now() + 60_000) })
    const confirm = bluesky.connector.confirm
    expect(await confirm?.(early, alice.access, bluesky.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
    expect(await confirm?.(attemptOf(draft), alice.access, bluesky.call)).toEqual({
      outcome: 'absent',
    })
  })
})

describe('faults', () => {
  test.each([
    [
      { fault: 'status', status: 500 },
      { kind: 'outcome_unknown', code: 'bluesky_unavailable' },
    ],
    [
      { fault: 'status', status: 502 },
      { kind: 'outcome_unknown', code: 'bluesky_unavailable' },
    ],
    [
      { fault: 'rate_limit', retry_after_s: 60 },
      { kind: 'rate_limited', httpStatus: 429 },
    ],
    [{ fault: 'refuse' }, { kind: 'rejected' }],
    [{ fault: 'drop_before' }, { kind: 'outcome_unknown', code: 'answer_lost' }],
  ])('publish %j', async (fault, expected) => {
    await bluesky.fault({ step: 'publish', ...fault })
    const draft = bluesky.draft(`fault ${JSON.stringify(fault)}`)
    const failure = await failureOf(bluesky.connector.commit(draft, alice.access, bluesky.call))
    expect(failure).toMatchObject(expected)
  })

  test('expired access, then a revoked app password', async () => {
    const carol = await logIn('carol')
    const account = { platform: 'bluesky', account_id: carol.account.platformAccountId }
    await bluesky.control('POST', '/_sandbox/expire', account)
    const draft = bluesky.draft('old')
    const expired = await failureOf(bluesky.connector.commit(draft, carol.access, bluesky.call))
    expect(expired).toMatchObject({ kind: 'auth_expired', code: 'bluesky_token_expired' })
    await bluesky.control('POST', '/_sandbox/revoke', account)
    const { accessToken, refreshToken, secrets = {} } = carol.grant
    const request = { accessToken, refreshToken, secrets }
    const revoked = await failureOf(
      Promise.resolve(bluesky.connector.auth.refresh?.(request, bluesky.call)),
    )
    expect(revoked).toMatchObject({ kind: 'auth_revoked' })
  })

  test('the session endpoint is down: transient', async () => {
    await bluesky.fault({ step: 'token', fault: 'status', status: 500 })
    const { accessToken, refreshToken, secrets = {} } = alice.grant
    const down = await failureOf(
      Promise.resolve(
        bluesky.connector.auth.refresh?.({ accessToken, refreshToken, secrets }, bluesky.call),
      ),
    )
    expect(down).toMatchObject({ kind: 'transient', httpStatus: 500 })
  })
})
