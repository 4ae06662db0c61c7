import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Attempt, Draft, Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import {
  failureOf,
  makeAccess,
  makeAttempt,
  makeBench,
  makeDraft,
  makeMedia,
} from '../testing/drafts.ts'
import { makeTiktokConnector } from './connector.ts'
import { chunksOf } from './upload.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 60_000, now: () => now }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const CHUNK = 10
const access = makeAccess({ accountHandle: 'ada' })
const tiktok = () =>
  makeTiktokConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing, CHUNK)

const ok = (data: unknown): Answer => ({
  status: 200,
  body: { data, error: { code: 'ok', message: '', log_id: '1' } },
})
const refusal = (status: number, code: string): Answer => ({
  status,
  body: { error: { code, message: 'Words.', log_id: '1' } },
})
const creator = (more: object = {}) =>
  ok({
    creator_username: 'ada.l',
    privacy_level_options: ['PUBLIC_TO_EVERYONE', 'SELF_ONLY'],
    comment_disabled: false,
    duet_disabled: true,
    stitch_disabled: false,
    max_video_post_duration_sec: 60,
    ...more,
  })
const begun = () => ok({ publish_id: 'v_pub_file~1', upload_url: `${server.url}/up?token=sbx_up` })
const standsAt = (uploaded_bytes: number) => ok({ status: 'PROCESSING_UPLOAD', uploaded_bytes })

function videoDraft(settings: Draft['settings'] = {}, durationMs = 6_000): Draft {
  const file = { kind: 'video', mimeType: 'video/mp4', bytes: 35, durationMs } as const
  const draft = makeDraft('Hello #you', { privacy_level: 'PUBLIC_TO_EVERYONE', ...settings })
  return { ...draft, media: [makeMedia(file)] }
}

function photoDraft(settings: Draft['settings'] = {}): Draft {
  const draft = makeDraft('Look', { privacy_level: 'PUBLIC_TO_EVERYONE', ...settings })
  return { ...draft, media: [makeMedia({ id: 'a' }), makeMedia({ id: 'b' })] }
}

const uploaded = (uploaded_bytes: number): Prepared => ({
  state: { publish_id: 'v_pub_file~1', chunk_bytes: CHUNK, uploaded_bytes, username: 'ada.l' },
  secrets: { upload_url: `${server.url}/up?token=sbx_up` },
})

/** What it gives, or what it throws. */
const answerOf = (promise: Promise<unknown> | undefined) =>
  Promise.resolve(promise).catch((error: unknown) => error)

const prepare = (draft: Draft, bench = makeBench()) =>
  answerOf(tiktok().prepare?.(draft, access, server.call, bench))
const commit = (draft: Draft, prepared?: Prepared) =>
  answerOf(tiktok().commit(draft, access, server.call, prepared))
const confirm = (attempt: Attempt) => answerOf(tiktok().confirm?.(attempt, access, server.call))
const ranges = () => server.received.map(({ headers }) => headers['content-range'] ?? null)
const sent = (index: number) => JSON.parse(server.received[index]?.body ?? '')

describe('chunks', () => {
  test.each([
    [4, [4]],
    [15, [15]],
    [20, [10, 20]],
    [39, [10, 20, 39]],
  ])('%i bytes end at %j', (bytes, ends) => {
    expect(chunksOf(bytes, 10).map(({ end }) => end)).toEqual(ends)
  })
})

describe('a video', () => {
  test('the creator is asked, then all but the last chunk goes up', async () => {
    server.answer(creator(), begun(), { status: 206 }, { status: 206 })
    const bench = makeBench()
    expect(await prepare(videoDraft({ is_aigc: true }), bench)).toEqual(uploaded(20))
    expect(bench.saved).toEqual([0, 10, 20].map(uploaded))
    expect(server.received.map(({ path }) => path)).toEqual([
      '/v2/post/publish/creator_info/query/',
      '/v2/post/publish/video/init/',
      '/up?token=sbx_up',
      '/up?token=sbx_up',
    ])
    expect(sent(1)).toEqual({
      post_info: {
        title: 'Hello #you',
        privacy_level: 'PUBLIC_TO_EVERYONE',
        disable_comment: false,
        disable_duet: true,
        disable_stitch: false,
        brand_content_toggle: false,
        brand_organic_toggle: false,
        is_aigc: true,
      },
      source_info: { source: 'FILE_UPLOAD', video_size: 35, chunk_size: 10, total_chunk_count: 3 },
    })
    expect(ranges().slice(2)).toEqual(['bytes 0-9/35', 'bytes 10-19/35'])
    expect(server.received[2]?.headers).not.toHaveProperty('authorization')
  })

  test('the last chunk is the commit', async () => {
    server.answer({ status: 201 })
    expect(await commit(videoDraft(), uploaded(20))).toEqual({
      accepted: { publish_id: 'v_pub_file~1' },
    })
    expect(ranges()).toEqual(['bytes 20-34/35'])
    expect(server.received[0]?.body).toBe('012345678901234')
  })

  test('an upload goes on where TikTok stands, whatever was saved', async () => {
    server.answer(standsAt(10), { status: 206 })
    expect(await prepare(videoDraft(), makeBench(uploaded(0)))).toEqual(uploaded(20))
    expect(ranges()).toEqual([null, 'bytes 10-19/35'])
  })

  test('nothing is sent again when all bytes are there', async () => {
    server.answer(ok({ status: 'PROCESSING_DOWNLOAD' }))
    const prepared = uploaded(35)
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(prepared)
    expect(await commit(videoDraft(), prepared)).toMatchObject({ accepted: {} })
    expect(server.received).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['failed', ok({ status: 'FAILED', fail_reason: 'internal' })],
    ['not known', refusal(400, 'invalid_publish_id')],
  ])('an upload that is %s begins anew', async (_name, status) => {
    server.answer(status, creator(), begun(), { status: 206 }, { status: 206 })
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(uploaded(20))
    expect(ranges()).toEqual([null, null, null, 'bytes 0-9/35', 'bytes 10-19/35'])
  })

  test('out of step: TikTok is asked where it stands', async () => {
    server.answer(standsAt(0), { status: 416 }, standsAt(20))
    expect(await prepare(videoDraft(), makeBench(uploaded(0)))).toEqual(uploaded(20))
    server.answer(standsAt(0), { status: 416 }, standsAt(0))
    expect(await prepare(videoDraft(), makeBench(uploaded(0)))).toMatchObject({ startOver: true })
  })

  test('drafts go to the inbox without a word', async () => {
    server.answer(begun(), { status: 206 }, { status: 206 })
    await prepare(videoDraft({ post_mode: 'inbox' }))
    expect(server.received[0]?.path).toBe('/v2/post/publish/inbox/video/init/')
    expect(Object.keys(sent(0))).toEqual(['source_info'])
  })

  test.each<[string, Draft['settings'], Answer, Record<string, unknown>]>([
    [
      'a privacy not offered',
      { privacy_level: 'FOLLOWER_OF_CREATOR' },
      creator(),
      { kind: 'rejected', code: 'tiktok_privacy_not_offered' },
    ],
    [
      'too long for this creator',
      {},
      creator({ max_video_post_duration_sec: 5 }),
      { kind: 'rejected', code: 'tiktok_duration' },
    ],
    ['many posts', {}, refusal(403, 'spam_risk_too_many_posts'), { kind: 'rate_limited' }],
    ['trouble', {}, refusal(500, 'internal_error'), { kind: 'transient' }],
  ])('%s ends before the upload', async (_name, settings, answer, expected) => {
    server.answer(answer)
    expect(await prepare(videoDraft(settings))).toMatchObject(expected)
    expect(server.received).toHaveLength(1)
  })

  test.each<[number, Record<string, unknown>]>([
    [403, { kind: 'transient', startOver: true }],
    [404, { kind: 'transient', startOver: true }],
    [400, { kind: 'rejected', code: 'tiktok_upload_refused' }],
    [416, { kind: 'outcome_unknown' }],
    [500, { kind: 'outcome_unknown' }],
    [503, { kind: 'outcome_unknown' }],
  ])('the last chunk is answered %i', async (status, expected) => {
    server.answer({ status })
    const failure = await commit(videoDraft(), uploaded(20))
    expect(failure).toMatchObject(expected)
    expect(inspect(failure, { depth: 9 })).not.toContain('sbx_up')
  })

  test('without an upload it starts over; past its time it is not sent', async () => {
    server.answer()
    expect(await commit(videoDraft())).toMatchObject({ kind: 'transient', startOver: true })
    const call = { ...server.call, sendBefore: new Date(Date.now() - 1) }
    const late = await failureOf(tiktok().commit(videoDraft(), access, call, uploaded(20)))
    expect(late).toMatchObject({ kind: 'transient', code: 'too_late' })
    expect(server.received).toEqual([])
  })
})

describe('photos', () => {
  test('are fetched by TikTok; their init is the commit', async () => {
    server.answer(creator(), ok({ publish_id: 'p_pub_url~1' }))
    const prepared = await tiktok().prepare?.(photoDraft(), access, server.call, makeBench())
    expect(prepared).toEqual({ state: { kind: 'photos', username: 'ada.l' } })
    expect(await commit(photoDraft({ title: 'T', photo_cover_index: 1 }), prepared)).toEqual({
      accepted: { publish_id: 'p_pub_url~1' },
    })
    expect(sent(1)).toEqual({
      post_mode: 'DIRECT_POST',
      media_type: 'PHOTO',
      post_info: {
        title: 'T',
        description: 'Look',
        privacy_level: 'PUBLIC_TO_EVERYONE',
        brand_content_toggle: false,
        brand_organic_toggle: false,
      },
      source_info: {
        source: 'PULL_FROM_URL',
        photo_images: ['https://files.example/a', 'https://files.example/b'],
        photo_cover_index: 1,
      },
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['a stale token', refusal(401, 'access_token_invalid'), { kind: 'auth_expired' }],
    ['many calls', refusal(429, 'rate_limit_exceeded'), { kind: 'rate_limited' }],
    [
      'the cap of the account',
      refusal(403, 'spam_risk_too_many_posts'),
      { kind: 'rate_limited', code: 'tiktok_daily_cap' },
    ],
    [
      'the cap of the app',
      refusal(403, 'reached_active_user_cap'),
      { kind: 'rate_limited', code: 'tiktok_app_cap' },
    ],
    [
      'a ban',
      refusal(403, 'spam_risk_user_banned_from_posting'),
      { kind: 'rejected', code: 'tiktok_account_banned' },
    ],
    [
      'an app without audit',
      refusal(403, 'unaudited_client_can_only_post_to_private_accounts'),
      { kind: 'rejected', code: 'tiktok_app_not_audited' },
    ],
    [
      'a domain not verified',
      refusal(403, 'url_ownership_unverified'),
      { kind: 'rejected', code: 'tiktok_domain_unverified' },
    ],
    ['a wrong field', refusal(400, 'invalid_param'), { code: 'tiktok_invalid_request' }],
    ['a refusal with 200', refusal(200, 'spam_risk_text'), { code: 'tiktok_spam_risk' }],
    ['trouble', refusal(500, 'internal_error'), { kind: 'outcome_unknown' }],
    ['an odd answer', { status: 200, body: '{}' }, { kind: 'outcome_unknown' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await commit(photoDraft())).toMatchObject(expected)
  })
})

describe('confirm', () => {
  const accepted = (draft: Draft, more: Partial<Attempt> = {}) =>
    makeAttempt(draft, { accepted: { publish_id: 'v_pub_file~1' }, ...more })
  const lost = (more: Partial<Attempt> = {}) =>
    makeAttempt(videoDraft(), { prepared: uploaded(20), ...more })

  test('ids beyond doubles stay what they are', async () => {
    const body = `{"data":{"status":"PUBLISH_COMPLETE","publicaly_available_post_id":[7301234567890123457]},"error":{"code":"ok","message":""}}`
    server.answer({ status: 200, body })
    expect(await confirm(lost())).toEqual({
      outcome: 'found',
      post: {
        platformPostId: '7301234567890123457',
        permalink: 'https://www.tiktok.com/@ada.l/video/7301234567890123457',
        metadata: { publish_id: 'v_pub_file~1' },
      },
    })
  })

  test.each<[string, Attempt | (() => Attempt), unknown, Record<string, unknown>]>([
    ['the last chunk never came', () => lost(), standsAt(20), { outcome: 'absent' }],
    ['all bytes came', () => lost(), standsAt(35), { outcome: 'processing' }],
    [
      'taken, bytes uncounted',
      () => accepted(videoDraft()),
      standsAt(20),
      { outcome: 'processing' },
    ],
    [
      'a failure of TikTok’s own',
      () => lost(),
      ok({ status: 'FAILED', fail_reason: 'internal' }),
      { outcome: 'absent' },
    ],
    [
      'a failed check',
      () => lost(),
      ok({ status: 'FAILED', fail_reason: 'frame_rate_check_failed' }),
      { outcome: 'refused', code: 'tiktok_frame_rate' },
    ],
    [
      'a reason that is new',
      () => lost(),
      ok({ status: 'FAILED', fail_reason: 'moon_phase' }),
      { outcome: 'refused', code: 'tiktok_processing_failed' },
    ],
    [
      'an id not known',
      () => lost(),
      refusal(400, 'invalid_publish_id'),
      { outcome: 'cannot_tell' },
    ],
  ])('%s', async (_name, attempt, answer, expected) => {
    server.answer(Object(answer))
    expect(await confirm(typeof attempt === 'function' ? attempt() : attempt)).toMatchObject(
      expected,
    )
  })

  test('while bytes may be on their way nothing is concluded', async () => {
    server.answer(standsAt(20))
    const sendBefore = new Date('2026-11-21T12:04:30Z')
    expect(await confirm(lost({ sendBefore }))).toMatchObject({ outcome: 'processing' })
  })

  test('a draft in the inbox counts as published, and says what to do', async () => {
    server.answer(ok({ status: 'SEND_TO_USER_INBOX' }))
    const answer = await confirm(accepted(videoDraft({ post_mode: 'inbox' })))
    expect(answer).toMatchObject({
      outcome: 'found',
      post: {
        platformPostId: 'v_pub_file~1',
        permalink: null,
        warnings: [{ code: 'tiktok_waits_in_inbox' }, { code: 'tiktok_caption_not_sent' }],
      },
    })
  })

  test('published without an id: private at once, public after some patience', async () => {
    const complete = ok({ status: 'PUBLISH_COMPLETE', publicaly_available_post_id: [] })
    const found = { outcome: 'found', post: { warnings: [{ code: 'tiktok_no_link' }] } }
    now = new Date('2026-11-21T12:01:00Z')
    server.answer(complete, complete)
    expect(await confirm(accepted(videoDraft()))).toMatchObject({ outcome: 'processing' })
    expect(await confirm(accepted(videoDraft({ privacy_level: 'SELF_ONLY' })))).toMatchObject(found)
    now = new Date('2026-11-21T12:05:00Z')
    server.answer(complete)
    expect(await confirm(accepted(videoDraft()))).toMatchObject(found)
  })

  test('photos without a publish id are looked for, and never called absent', async () => {
    const created = Date.parse('2026-11-21T12:00:10Z') / 1000
    const share_url = 'https://www.tiktok.com/@ada.l/photo/71'
    const video = { id: '71', title: 'Look', create_time: created, share_url }
    const page = ok({ videos: [video], cursor: 1, has_more: false })
    server.answer(page, page, ok({ videos: [], has_more: false }))
    expect(await confirm(makeAttempt(photoDraft()))).toEqual({
      outcome: 'found',
      post: { platformPostId: '71', permalink: share_url },
    })
    const known = makeAttempt(photoDraft(), { excludedPostIds: ['71'] })
    expect(await confirm(known)).toMatchObject({ outcome: 'cannot_tell' })
    expect(await confirm(makeAttempt(photoDraft()))).toMatchObject({ outcome: 'cannot_tell' })
  })
})

test('a post that is listed no more was removed', async () => {
  const look = (platformPostId: string) =>
    tiktok().lookup?.({ platformPostId }, access, server.call)
  server.answer(ok({ videos: [{ share_url: 'https://t.test/1' }] }), ok({ videos: [] }))
  expect(await look('71')).toEqual({ state: 'live', permalink: 'https://t.test/1' })
  expect(await look('71')).toEqual({ state: 'removed' })
  expect(await look('v_inbox_file~1')).toEqual({ state: 'unknown' })
})
