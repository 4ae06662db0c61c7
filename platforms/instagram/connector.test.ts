import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft, Prepared } from '../connector.ts'
import { endOf, makeBench, makeFile, publishCall } from '../meta/testing/publish.ts'
import { asked, graphError, ok } from '../meta/testing/requests.ts'
import { type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { makeInstagramConnector } from './connector.ts'

let server: AnswerServer
const clock = { confirmQuietMs: 60_000, now: () => new Date('2026-11-21T12:05:00Z') }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

/** Beyond what a JSON number can hold. */
const MEDIA = '18012345678901234567'
const QUOTA = ok({ data: [{ config: { quota_total: 50 }, quota_usage: 3 }] })
const FINISHED = ok({ status_code: 'FINISHED', status: 'Finished' })
const access = makeAccess({ method: 'instagram_login', accountId: '17841400000000001' })

function instagram() {
  const at = (path: string) => ({ apiBaseUrl: server.url + path, authBaseUrl: server.url })
  return makeInstagramConnector(at('/ig'), clock, at('/fb'))
}

const draftOf = (more: Partial<Draft> = {}): Draft => ({
  ...makeDraft('hi'),
  media: [makeFile()],
  ...more,
})
const prepare = (draft: Draft, bench = makeBench()) =>
  endOf(instagram().prepare?.(draft, access, publishCall(server), bench))
const commit = (prepared: Prepared, draft = draftOf()) =>
  endOf(instagram().commit(draft, access, publishCall(server), prepared))
const calls = () => asked(server).map(({ call }) => call)

describe('prepare', () => {
  test('a carousel: every child polled, then the parent, each step saved', async () => {
    server.answer(
      QUOTA,
      ok({ id: '1' }),
      ok({ id: '2' }),
      ok({ status_code: 'IN_PROGRESS' }),
      FINISHED,
      FINISHED,
      ok({ id: '3' }),
      FINISHED,
    )
    const bench = makeBench()
    const media = [makeFile('image', { altText: 'A cup' }), makeFile('video')]
    const made = await prepare(draftOf({ media }), bench)
    expect(made).toMatchObject({ state: { children: ['1', '2'], container: '3' } })
    const forms = asked(server).flatMap(({ call, form }) => (call.startsWith('POST') ? [form] : []))
    expect(forms).toEqual([
      { is_carousel_item: 'true', alt_text: 'A cup', image_url: 'https://files.test/image-1' },
      { is_carousel_item: 'true', media_type: 'VIDEO', video_url: 'https://files.test/video-1' },
      { media_type: 'CAROUSEL', children: '1,2', caption: 'hi' },
    ])
    expect(bench.pauses).toEqual([1_000])
    expect(bench.saves).toHaveLength(3)
  })

  test.each<[string, Draft, Record<string, string>]>([
    [
      'a reel',
      draftOf({
        media: [makeFile('video')],
        attached: { cover_media_id: makeFile('image', { id: 'cover' }) },
        settings: { kind: 'reel', thumb_offset: 5, share_to_feed: false, collaborators: ['@bo'] },
      }),
      {
        media_type: 'REELS',
        video_url: 'https://files.test/video-1',
        caption: 'hi',
        cover_url: 'https://files.test/cover',
        share_to_feed: 'false',
        collaborators: '["bo"]',
      },
    ],
    [
      'a video in the feed',
      draftOf({ media: [makeFile('video')], settings: { thumb_offset: 5 } }),
      {
        media_type: 'REELS',
        video_url: 'https://files.test/video-1',
        caption: 'hi',
        share_to_feed: 'true',
        thumb_offset: '5',
      },
    ],
    [
      'a story, which has no caption',
      draftOf({ settings: { kind: 'story' } }),
      { media_type: 'STORIES', image_url: 'https://files.test/image-1' },
    ],
    [
      'a picture with a tag and a place',
      draftOf({
        settings: { user_tags: [{ username: '@ada', x: 0.5, y: 0.25 }], location_id: '7' },
      }),
      {
        image_url: 'https://files.test/image-1',
        caption: 'hi',
        location_id: '7',
        user_tags: '[{"username":"ada","x":0.5,"y":0.25}]',
      },
    ],
  ])('%s', async (_name, draft, form) => {
    server.answer(QUOTA, ok({ id: '1' }), FINISHED)
    await prepare(draft)
    expect(asked(server)[1]).toMatchObject({
      call: 'POST /ig/v25.0/17841400000000001/media',
      form,
      authorization: 'Bearer secret-access-token',
    })
  })

  test('goes on with what was saved; asks for no quota again', async () => {
    server.answer(ok({ status_code: 'FINISHED' }))
    const saved = { state: { children: [], container: '3', retries: 0, dropped: [] } }
    expect(await prepare(draftOf(), makeBench(saved))).toMatchObject(saved)
    expect(calls()).toEqual(['GET /ig/v25.0/3'])
  })

  test('makes an expired container anew', async () => {
    server.answer(ok({ status_code: 'EXPIRED' }), ok({ id: '4' }), FINISHED)
    const saved = { state: { container: '3' } }
    expect(await prepare(draftOf(), makeBench(saved))).toMatchObject({ state: { container: '4' } })
  })

  test('a container that is not readable yet is read again', async () => {
    server.answer(QUOTA, ok({ id: '1' }), graphError(100, 33), graphError(100, 33), FINISHED)
    expect(await prepare(draftOf())).toMatchObject({ state: { container: '1' } })
  })

  test('trouble in processing is worth three more containers, in later runs', async () => {
    const status = 'Error: Media upload has failed with error code 2207082'
    const broken = ok({ status_code: 'ERROR', status })
    let saved: Prepared | undefined
    for (let run = 0; run < 4; run++) {
      server.answer(...(run === 0 || saved ? [QUOTA] : []), ok({ id: `${run}` }), broken)
      const bench = makeBench(saved)
      expect(await prepare(draftOf(), bench)).toMatchObject({
        kind: run < 3 ? 'transient' : 'rejected',
        code: 'instagram_media_trouble',
      })
      saved = bench.saves.at(-1)
      expect(saved?.state).toMatchObject({ retries: Math.min(run + 1, 3) })
    }
  })

  test('a used up quota waits, an unreadable one does not', async () => {
    server.answer(ok({ data: [{ config: { quota_total: 50 }, quota_usage: 50 }] }))
    expect(await prepare(draftOf())).toMatchObject({
      kind: 'rate_limited',
      code: 'instagram_daily_cap',
    })
    server.answer(graphError(10), ok({ id: '1' }), FINISHED)
    expect(await prepare(draftOf())).toMatchObject({ state: { container: '1' } })
  })

  test('processing without end: after two minutes of waiting the next run goes on', async () => {
    const slow = Array.from({ length: 40 }, () => ok({ status_code: 'IN_PROGRESS' }))
    server.answer(QUOTA, ok({ id: '1' }), ...slow)
    const bench = makeBench()
    expect(await prepare(draftOf(), bench)).toMatchObject({
      kind: 'transient',
      code: 'instagram_still_processing',
    })
    const waitedMs = bench.pauses.reduce((sum, ms) => sum + ms, 0)
    expect(waitedMs).toBeGreaterThanOrEqual(120_000)
    expect(waitedMs).toBeLessThan(140_000)
  })
})

describe('commit', () => {
  const prepared = { state: { container: '3' } }

  test('keeps all digits of the id, and does without a permalink', async () => {
    server.answer({ status: 200, body: `{"id":${MEDIA}}` }, graphError(100, 33))
    expect(await commit(prepared)).toEqual({ platformPostId: MEDIA, permalink: null })
  })

  test('what an earlier try published is not sent again', async () => {
    server.answer(ok({ status_code: 'PUBLISHED' }))
    const bench = makeBench(prepared)
    const again = await instagram().prepare?.(draftOf(), access, publishCall(server), bench)
    server.answer()
    expect(await commit(again ?? prepared)).toEqual({ accepted: { container: '3' } })
    expect(server.received).toEqual([])
  })

  test('a story says that its text was left out', async () => {
    server.answer(ok({ id: '5' }), ok({ permalink: 'https://www.instagram.com/stories/a/5/' }))
    expect(await commit(prepared, draftOf({ settings: { kind: 'story' } }))).toMatchObject({
      permalink: 'https://www.instagram.com/stories/a/5/',
      warnings: [{ code: 'instagram_story_without_text' }],
    })
  })

  test('a comment goes to the post, without fields', async () => {
    server.answer(ok({ id: '6' }))
    const root = { platformPostId: '5' }
    const parent = { platformPostId: '55' }
    await commit({ state: {} }, draftOf({ role: 'comment', media: [], root, parent }))
    expect(asked(server)).toMatchObject([
      { call: 'POST /ig/v25.0/5/comments', query: {}, form: { message: 'hi' } },
    ])
  })
})

describe('confirm', () => {
  const attempt = makeAttempt(draftOf(), { prepared: { state: { container: '3' } } })
  const confirm = (more = attempt) => instagram().confirm?.(more, access, publishCall(server))
  const PUBLISHED = ok({ status_code: 'PUBLISHED' })
  const item = (id: string, more: object = {}) => ({
    id,
    caption: 'hi',
    timestamp: '2026-11-21T12:00:20+0000',
    media_product_type: 'FEED',
    ...more,
  })

  test.each<[string, object, object]>([
    ['FINISHED', { status_code: 'FINISHED' }, { outcome: 'absent' }],
    ['EXPIRED', { status_code: 'EXPIRED' }, { outcome: 'absent' }],
    ['IN_PROGRESS', { status_code: 'IN_PROGRESS' }, { outcome: 'processing' }],
    [
      'ERROR',
      { status_code: 'ERROR', status: 'Error: 2207026' },
      { outcome: 'refused', code: 'instagram_media_format' },
    ],
  ])('a container that is %s', async (_name, body, expected) => {
    server.answer(ok(body))
    expect(await confirm()).toMatchObject(expected)
  })

  test('published: the post of this caption and time, no reel, no other target', async () => {
    const others = [
      item('9', { caption: 'other' }),
      item('8', { media_product_type: 'REELS' }),
      item('7'),
      item('1', { timestamp: '2026-11-20T12:00:00+0000' }),
    ]
    server.answer(
      PUBLISHED,
      ok({ data: [item('5', { permalink: 'https://i.test/p' }), ...others] }),
    )
    expect(await confirm({ ...attempt, excludedPostIds: ['7'] })).toEqual({
      outcome: 'found',
      post: { platformPostId: '5', permalink: 'https://i.test/p' },
    })
  })

  test.each([
    ['not listed yet', []],
    ['two alike', [item('5'), item('6')]],
  ])('published, but %s', async (_name, data) => {
    server.answer(PUBLISHED, ok({ data }))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('a container nobody knows proves nothing', async () => {
    server.answer(graphError(100, 33), ok({ data: [] }))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
  })
})

describe('hosts, remove, lookup', () => {
  const facebook = { ...access, method: 'facebook_login' }
  const gone = graphError(100, 33)

  test('accounts behind Pages live at Facebook’s host', async () => {
    server.answer(ok({ success: true }))
    await instagram().remove?.({ platformPostId: '5' }, facebook, publishCall(server))
    expect(calls()).toEqual(['DELETE /fb/v25.0/5'])
  })

  test('gone is removed only if the account itself still answers', async () => {
    const look = () =>
      endOf(instagram().lookup?.({ platformPostId: '5' }, facebook, publishCall(server)))
    server.answer(gone, ok({ id: access.accountId }))
    expect(await look()).toEqual({ state: 'removed' })
    server.answer(gone, gone)
    expect(await look()).toMatchObject({ kind: 'rejected', code: 'instagram_not_found' })
  })

  test('the own login may delete comments alone', async () => {
    const remove = (metadata?: Record<string, string>) =>
      endOf(
        instagram().remove?.(
          { platformPostId: '5', ...(metadata ? { metadata } : {}) },
          access,
          publishCall(server),
        ),
      )
    server.answer(ok({ success: true }))
    expect(await remove()).toMatchObject({ code: 'platform_unsupported' })
    expect(calls()).toEqual([])
    await remove({ part: 'comment' })
    expect(calls()).toEqual(['DELETE /ig/v25.0/5'])
  })
})
