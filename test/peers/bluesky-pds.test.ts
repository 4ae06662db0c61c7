import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { contentOf } from '../connectors/drive.ts'
import { attemptOf, failureOf } from '../connectors/harness.ts'
import {
  type Bench,
  commitPart,
  connect,
  recordAt,
  startBench,
  textCount,
  textDraft,
} from './bluesky-bench.ts'
import { installPds } from './start-pds.ts'

const installed = await installPds()
const describePeer = installed === undefined ? describe.skip : describe

let bench: Bench

describePeer('one account of a real Bluesky PDS', () => {
  beforeAll(async () => {
    bench = await startBench(installed ?? '')
  }, 60_000)
  afterAll(() => bench?.close())

  test('the sign-in reveals account, server and lifetimes', () => {
    expect(bench.access).toMatchObject({ accountHandle: 'alice.test', serviceUrl: bench.url })
    expect(bench.access.accountId).toMatch(/^did:plc:/)
    const hours = ((bench.grant.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(1)
    expect(hours).toBeLessThan(3)
  })

  test('a wrong app password is refused', async () => {
    const credentials = { identifier: 'alice.test', service_url: bench.url }
    const wrong = { ...credentials, app_password: 'aaaa-bbbb-cccc-dddd' }
    const refused = await failureOf(connect(bench.connector, bench.call, wrong))
    expect(refused).toMatchObject({ kind: 'auth_revoked', code: 'bluesky_login_refused' })
  })

  test('a repeated commit makes one record; it is live until removed, once or twice', async () => {
    const { connector, access, call } = bench
    const draft = textDraft('again and again')
    const post = await commitPart(bench, draft)
    expect(await commitPart(bench, draft)).toEqual(post)
    expect(await textCount(bench, draft.text)).toBe(1)
    const look = () => connector.lookup?.(post, access, call)
    expect(await look()).toEqual({ state: 'live', permalink: post.permalink })
    await connector.remove?.(post, access, call)
    await connector.remove?.(post, access, call)
    expect(await look()).toEqual({ state: 'removed' })
    expect(await recordAt(bench, post.platformPostId)).toBeUndefined()
  })

  test('two commits at once make one record', async () => {
    const draft = textDraft('two at once')
    const [one, other] = await Promise.all([commitPart(bench, draft), commitPart(bench, draft)])
    expect(one).toEqual(other)
    expect(await textCount(bench, draft.text)).toBe(1)
  })

  test('another text under the same key is refused', async () => {
    const draft = textDraft('first')
    await commitPart(bench, draft)
    const refused = await failureOf(commitPart(bench, { ...draft, text: 'other' }))
    expect(refused).toMatchObject({ kind: 'rejected', code: 'bluesky_key_taken' })
    expect(await textCount(bench, 'first')).toBe(1)
  })

  test('the server agrees with validate about 300 graphemes and 3000 bytes', async () => {
    const longest = '👩‍👩‍👧'.repeat(150) + 'a'.repeat(150)
    const codesOf = (text: string) =>
      bench.connector.validate(contentOf({ text })).map(({ code }) => code)
    expect(codesOf(longest)).toEqual([])
    const { platformPostId } = await commitPart(bench, textDraft(longest))
    expect((await recordAt(bench, platformPostId))?.text).toBe(longest)
    const refusals: [string, string][] = [
      [`${longest}b`, 'text_too_long'],
      ['👩‍👩‍👧'.repeat(170), 'text_too_many_bytes'],
    ]
    for (const [text, code] of refusals) {
      expect(codesOf(text)).toEqual([code])
      const refused = await failureOf(commitPart(bench, textDraft(text)))
      expect(refused).toMatchObject({ kind: 'rejected', code: 'bluesky_invalid_request' })
    }
  })

  test('what never arrived is absent, but not while it may arrive', async () => {
    const { connector, access, call } = bench
    const never = textDraft('never sent')
    const confirm = (more = {}) => connector.confirm?.(attemptOf(never, more), access, call)
    const sendBefore = new Date(Date.now() + 60_000)
    expect(await confirm({ sendBefore })).toMatchObject({ outcome: 'cannot_tell' })
    expect(await confirm()).toEqual({ outcome: 'absent' })
  })

  test('refresh, a garbled token, and the end of a session', async () => {
    const { connector, access, call, grant, url } = bench
    const { refreshToken } = grant
    const request = { accessToken: '', refreshToken, secrets: {}, serviceUrl: url }
    const first = await connector.auth.refresh?.(request, call)
    const second = await connector.auth.refresh?.(request, call)
    expect(first?.refreshToken).not.toBe(refreshToken)
    expect(second?.accessToken).toBeTruthy()
    const garbled = { ...bench, access: { ...access, accessToken: 'not.a.token' } }
    expect(await failureOf(commitPart(garbled, textDraft('no')))).toMatchObject({
      kind: 'auth_expired',
    })
    const ended = { ...request, refreshToken: second?.refreshToken }
    await connector.auth.revoke?.(ended, call)
    expect(await failureOf(Promise.resolve(connector.auth.refresh?.(ended, call)))).toMatchObject({
      kind: 'auth_revoked',
      code: 'bluesky_session_ended',
    })
    const saved = { ...ended, secrets: grant.secrets ?? {} }
    expect((await connector.auth.refresh?.(saved, call))?.accessToken).toBeTruthy()
  })
})
