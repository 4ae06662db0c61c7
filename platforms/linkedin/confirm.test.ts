import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeLinkedinConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 0, now: () => now }
const member = makeAccess({ accountId: 'urn:li:person:a1', scopes: ['w_member_social'] })
const page = makeAccess({
  accountId: 'urn:li:organization:7',
  scopes: ['w_organization_social', 'r_organization_social'],
})
const URN = 'urn:li:share:7141138937766391808'
const POST = { platformPostId: URN, permalink: `https://www.linkedin.com/feed/update/${URN}` }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const linkedin = () =>
  makeLinkedinConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing)
const asset = (urn: string) => ({ urn, etags: [], uploaded: true, ready: true })

/** As LinkedIn numbers posts that are made at this instant. */
const numberOf = (instant: string) => String(BigInt(Date.parse(instant)) << 22n)

describe('a duplicate', () => {
  const attempt = (more = {}) =>
    makeAttempt(makeDraft('x'), { accepted: { duplicate_of: URN }, ...more })
  const confirm = (access: typeof member, more = {}) =>
    linkedin().confirm?.(attempt(more), access, server.call)

  test.each<[string, string, Record<string, unknown>]>([
    ['made in this publish', numberOf('2026-11-21T12:00:01Z'), { outcome: 'found' }],
    ['made long before', numberOf('2026-11-20T12:00:01Z'), { outcome: 'refused' }],
    ['without a time', '4711', { outcome: 'cannot_tell' }],
  ])('of a member, %s', async (_name, number, seen) => {
    server.answer()
    const accepted = { duplicate_of: `urn:li:share:${number}` }
    expect(await confirm(member, { accepted })).toMatchObject(seen)
    expect(server.received).toEqual([])
  })

  test('of another target of ours is no success', async () => {
    const seen = await confirm(member, { excludedPostIds: [URN] })
    expect(seen).toMatchObject({ outcome: 'refused', code: 'linkedin_duplicate' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      'made in this publish',
      { status: 200, body: { id: URN, createdAt: Date.parse('2026-11-21T12:00:01Z') } },
      { outcome: 'found', post: POST },
    ],
    [
      'made long before',
      { status: 200, body: { id: URN, createdAt: Date.parse('2026-11-20T12:00:01Z') } },
      { outcome: 'refused' },
    ],
    ['deleted', { status: 404, body: {} }, { outcome: 'refused', code: 'linkedin_duplicate' }],
    ['not to be read', { status: 403, body: {} }, { outcome: 'refused' }],
  ])('of an organization, %s', async (_name, answer, seen) => {
    server.answer(answer)
    expect(await confirm(page)).toMatchObject(seen)
    expect(server.received[0]?.path).toBe(`/rest/posts/${encodeURIComponent(URN)}`)
  })
})

describe('a lost answer', () => {
  const confirm = (access: typeof member, more = {}, draft = makeDraft('Hi (all) #now')) =>
    linkedin().confirm?.(makeAttempt(draft, more), access, server.call)
  const listed = (...elements: object[]) => ({ status: 200, body: { elements } })
  const createdAt = Date.parse('2026-11-21T12:00:05Z')
  const same = { id: URN, commentary: String.raw`Hi \(all\) {hashtag|\#|now}`, createdAt }

  test('of a member ends with a person', async () => {
    server.answer()
    expect(await confirm(member)).toMatchObject({ outcome: 'cannot_tell' })
    expect(server.received).toEqual([])
  })

  test('of an organization is searched in its list', async () => {
    server.answer(listed({ ...same, id: 'urn:li:share:1', commentary: 'other' }, same))
    expect(await confirm(page)).toEqual({ outcome: 'found', post: POST })
    expect(server.received[0]?.headers['x-restli-method']).toBe('FINDER')
    expect(server.received[0]?.path).toBe(
      '/rest/posts?author=urn%3Ali%3Aorganization%3A7&q=author&count=100&start=0&sortBy=LAST_MODIFIED',
    )
  })

  test('an older post, or one of another target, is not it', async () => {
    const old = { ...same, createdAt: createdAt - 3_600_000 }
    server.answer(listed(same, old))
    expect(await confirm(page, { excludedPostIds: [URN] })).toEqual({ outcome: 'absent' })
  })

  test('the same text with another picture is not it', async () => {
    const draft = { ...makeDraft('x'), media: [makeMedia()] }
    const shown = { ...same, commentary: 'x', content: { media: { id: 'urn:li:image:other' } } }
    const prepared = { state: { assets: [asset('urn:li:image:ours')] } }
    server.answer(listed(shown))
    expect(await confirm(page, { prepared }, draft)).toEqual({ outcome: 'absent' })
    server.answer(listed({ ...shown, content: { media: { id: 'urn:li:image:ours' } } }))
    expect(await confirm(page, { prepared }, draft)).toMatchObject({ outcome: 'found' })
  })

  test('is not absent while it may still come, nor after a duplicate refusal', async () => {
    now = new Date('2026-11-21T12:00:10Z')
    server.answer(listed())
    expect(await confirm(page)).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
    server.answer(listed())
    const failureCode = 'linkedin_duplicate'
    expect(await confirm(page, { failureCode })).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('of a comment is searched below its post', async () => {
    const comment = `urn:li:comment:(${URN},99)`
    const message = { text: 'More' }
    const element = { id: '99', commentUrn: comment, actor: page.accountId, message }
    server.answer(listed({ ...element, created: { time: createdAt } }))
    const draft = { ...makeDraft('More'), role: 'comment' as const, root: POST, parent: POST }
    const seen = await confirm(page, {}, draft)
    expect(seen).toMatchObject({ outcome: 'found', post: { platformPostId: comment } })
  })
})
