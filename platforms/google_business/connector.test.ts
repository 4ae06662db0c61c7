import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeAttempt, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeGoogleBusinessConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 60_000, now: () => now }
const LOCATION = 'accounts/1/locations/2'
const NAME = `${LOCATION}/localPosts/3`
const access = makeAccess({ accountId: LOCATION })
const searchUrl = 'https://local.google.example/3'
const POST = { platformPostId: NAME, permalink: searchUrl }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const google = () =>
  makeGoogleBusinessConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing)
const commit = (draft: Draft = makeDraft('News'), as = access) =>
  google().commit(draft, as, server.call)
const post = (state: string, more: object = {}) => ({ name: NAME, state, searchUrl, ...more })
const ok = (body: unknown): Answer => ({ status: 200, body })
const error = (status: number, code: string, more: object = {}): Answer => ({
  status,
  body: { error: { code: status, status: code, message: `${code} happened`, ...more } },
})

describe('the body of a post', () => {
  test('an update with a button and a photo', async () => {
    server.answer(ok(post('LIVE')))
    const call_to_action = { action_type: 'LEARN_MORE', url: 'https://a.example/' }
    const draft = makeDraft('News', { language_code: 'en', call_to_action })
    expect(await commit({ ...draft, media: [makeMedia()] })).toEqual(POST)
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: `/v4/${LOCATION}/localPosts`,
    })
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      languageCode: 'en',
      summary: 'News',
      topicType: 'STANDARD',
      callToAction: { actionType: 'LEARN_MORE', url: 'https://a.example/' },
      media: [{ mediaFormat: 'PHOTO', sourceUrl: 'https://files.example/file-1' }],
    })
  })

  test('an offer', async () => {
    server.answer(ok(post('LIVE')))
    const schedule = {
      start_date: '2026-12-01',
      start_time: '09:05',
      end_date: '2027-01-31',
      end_time: '17:30',
    }
    const settings = {
      topic_type: 'OFFER',
      event: { title: 'Sale', schedule },
      offer: { coupon_code: 'C', redeem_online_url: 'https://a.example/', terms_conditions: 'T' },
    }
    await commit(makeDraft('', settings))
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      topicType: 'OFFER',
      event: {
        title: 'Sale',
        schedule: {
          startDate: { year: 2026, month: 12, day: 1 },
          startTime: { hours: 9, minutes: 5 },
          endDate: { year: 2027, month: 1, day: 31 },
          endTime: { hours: 17, minutes: 30 },
        },
      },
      offer: { couponCode: 'C', redeemOnlineUrl: 'https://a.example/', termsConditions: 'T' },
    })
  })

  test('half an address of a location sends nothing', async () => {
    server.answer(ok(post('LIVE')))
    const wrong = makeAccess({ accountId: 'locations/2' })
    const failure = await failureOf(Promise.resolve().then(() => commit(makeDraft('x'), wrong)))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'google_business_wrong_path' })
    expect(server.received).toEqual([])
  })
})

describe('what Google answers to a post', () => {
  test.each<[string, Answer, Record<string, unknown>]>([
    ['429', error(429, 'RESOURCE_EXHAUSTED'), { kind: 'rate_limited' }],
    ['401', error(401, 'UNAUTHENTICATED'), { kind: 'auth_expired' }],
    ['500', error(500, 'INTERNAL'), { kind: 'outcome_unknown' }],
    ['503 in HTML', { status: 503, body: '<html>' }, { kind: 'outcome_unknown' }],
    ['200 without a name', ok({}), { kind: 'outcome_unknown' }],
    ['409', error(409, 'ABORTED'), { kind: 'outcome_unknown', code: 'google_business_conflict' }],
    [
      '403',
      error(403, 'PERMISSION_DENIED'),
      { kind: 'rejected', code: 'google_business_forbidden' },
    ],
    [
      '403 of a disabled API',
      error(403, 'PERMISSION_DENIED', { details: [{ reason: 'SERVICE_DISABLED' }] }),
      { kind: 'rejected', code: 'google_business_api_disabled' },
    ],
    [
      'a location that cannot post',
      error(400, 'FAILED_PRECONDITION'),
      { kind: 'rejected', code: 'google_business_cannot_post' },
    ],
    [
      'details',
      error(400, 'INVALID_ARGUMENT', {
        details: [{ errorDetails: [{ field: 'media', message: 'The photo is too small.' }] }],
      }),
      { kind: 'rejected', message: 'Google Business Profile refused: The photo is too small.' },
    ],
    [
      'a page in HTML',
      { status: 404, body: '<!DOCTYPE html>' },
      { kind: 'rejected', code: 'google_business_wrong_path' },
    ],
    [
      'REJECTED at once',
      ok(post('REJECTED')),
      { kind: 'rejected', code: 'google_business_post_rejected' },
    ],
  ])('%s', async (_name, answer, failure) => {
    server.answer(answer)
    expect(await failureOf(commit())).toMatchObject(failure)
  })

  test('PROCESSING is taken, not yet published', async () => {
    server.answer(ok(post('PROCESSING')))
    expect(await commit()).toEqual({ accepted: { name: NAME } })
  })
})

describe('a post under review', () => {
  const confirm = (more = {}) =>
    google().confirm?.(
      makeAttempt(makeDraft('News'), { accepted: { name: NAME }, ...more }),
      access,
      server.call,
    )

  test.each<[string, Answer, Record<string, unknown>]>([
    ['LIVE', ok(post('LIVE')), { outcome: 'found', post: POST }],
    ['PROCESSING', ok(post('PROCESSING')), { outcome: 'processing', checkAgainMs: 60_000 }],
    [
      'REJECTED',
      ok(post('REJECTED')),
      { outcome: 'refused', code: 'google_business_post_rejected' },
    ],
    ['deleted', error(404, 'NOT_FOUND'), { outcome: 'refused', code: 'google_business_post_gone' }],
  ])('%s', async (_name, answer, seen) => {
    server.answer(answer)
    expect(await confirm()).toMatchObject(seen)
    expect(server.received[0]).toMatchObject({ method: 'GET', path: `/v4/${NAME}` })
  })

  test('is looked at more rarely, and after a day by a person', async () => {
    const startedAt = new Date('2026-11-21T11:00:00Z')
    server.answer(ok(post('PROCESSING')), ok(post('PROCESSING')))
    expect(await confirm({ startedAt })).toMatchObject({ checkAgainMs: 300_000 })
    const dayBefore = new Date('2026-11-20T12:00:00Z')
    expect(await confirm({ startedAt: dayBefore })).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('a wrong path is no proof that the post is gone', async () => {
    server.answer({ status: 404, body: '<html>' })
    expect(await failureOf(confirm())).toMatchObject({ code: 'google_business_wrong_path' })
  })
})

describe('a lost answer', () => {
  const same = post('LIVE', {
    summary: 'News',
    topicType: 'STANDARD',
    createTime: '2026-11-21T12:00:05Z',
  })
  const listed = (localPosts: object[], nextPageToken?: string) => ok({ localPosts, nextPageToken })
  const confirm = (more = {}) =>
    google().confirm?.(makeAttempt(makeDraft('News'), more), access, server.call)

  test('is found in the list of the location', async () => {
    server.answer(listed([{ ...same, summary: 'Other' }, same]))
    expect(await confirm()).toEqual({ outcome: 'found', post: POST })
    expect(server.received[0]?.path).toBe(`/v4/${LOCATION}/localPosts?pageSize=100`)
  })

  test.each<[string, object, Record<string, unknown>]>([
    ['still under review', { state: 'PROCESSING' }, { outcome: 'processing' }],
    ['turned down', { state: 'REJECTED' }, { outcome: 'refused' }],
    ['older', { createTime: '2026-11-21T11:58:00Z' }, { outcome: 'absent' }],
    ['of another topic', { topicType: 'EVENT' }, { outcome: 'absent' }],
  ])('%s', async (_name, more, seen) => {
    server.answer(listed([{ ...same, ...more }]))
    expect(await confirm()).toMatchObject(seen)
  })

  test('is never the post of another target', async () => {
    server.answer(listed([same]))
    expect(await confirm({ excludedPostIds: [NAME] })).toEqual({ outcome: 'absent' })
  })

  test('is not absent while it may still come', async () => {
    now = new Date('2026-11-21T12:01:00Z')
    server.answer(ok({}))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
  })

  test('nor when the list goes on and on', async () => {
    server.answer(...Array(5).fill(listed([{ ...same, summary: 'Other' }], 'more')))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    expect(server.received).toHaveLength(5)
  })
})

describe('afterwards', () => {
  test('a post is removed, gone or not, but not by a wrong path', async () => {
    server.answer(ok({}), error(404, 'NOT_FOUND'), { status: 404, body: '<html>' })
    const remove = () => google().remove?.(POST, access, server.call)
    await remove()
    await remove()
    expect(server.received[0]).toMatchObject({ method: 'DELETE', path: `/v4/${NAME}` })
    expect(await failureOf(remove())).toMatchObject({ code: 'google_business_wrong_path' })
  })

  test.each<[string, Answer, string]>([
    ['LIVE', ok(post('LIVE')), 'live'],
    ['REJECTED', ok(post('REJECTED')), 'removed'],
    ['PROCESSING', ok(post('PROCESSING')), 'unknown'],
    ['gone', error(404, 'NOT_FOUND'), 'removed'],
  ])('%s', async (_name, answer, state) => {
    server.answer(answer)
    expect(await google().lookup?.(POST, access, server.call)).toMatchObject({ state })
  })
})
