import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Attempt, Draft, Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeYoutubeConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 60_000, now: () => now }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const access = makeAccess({ accountId: 'UCalice' })
const root = { platformPostId: 'vid1', permalink: 'https://www.youtube.com/watch?v=vid1' }
const youtube = () =>
  makeYoutubeConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing, 10)

/** What it gives, or what it throws. */
const answerOf = (promise: Promise<unknown> | undefined) =>
  Promise.resolve(promise).catch((error: unknown) => error)

const refusal = (status: number, reason: string): Answer => ({
  status,
  body: { error: { code: status, message: 'Words.', errors: [{ domain: 'youtube', reason }] } },
})
const session = (): Answer => ({
  status: 200,
  headers: { location: `${server.url}/session?upload_id=sbx_session` },
})
const stored = (last: number): Answer => ({ status: 308, headers: { range: `bytes=0-${last}` } })
const NOTHING_STORED: Answer = { status: 308 }
const VIDEO: Answer = { status: 200, body: { id: 'vid1', kind: 'youtube#video' } }
const statusOf = (status: object): Answer => ({ status: 200, body: { items: [{ status }] } })

function videoDraft(settings: Draft['settings'] = {}): Draft {
  const file = { kind: 'video', mimeType: 'video/mp4', bytes: 25, durationMs: 600_000 } as const
  return { ...makeDraft('About', { title: 'Title', ...settings }), media: [makeMedia(file)] }
}

const uploaded = (uploaded_bytes: number, more: object = {}): Prepared => ({
  state: { uploaded_bytes, ...more },
  secrets: { session_uri: `${server.url}/session?upload_id=sbx_session` },
})

const prepare = (draft: Draft, bench = makeBench()) =>
  answerOf(youtube().prepare?.(draft, access, server.call, bench))
const commit = (draft: Draft, prepared?: Prepared) =>
  answerOf(youtube().commit(draft, access, server.call, prepared))
const confirm = (attempt: Attempt) => answerOf(youtube().confirm?.(attempt, access, server.call))
const ranges = () => server.received.map(({ headers }) => headers['content-range'] ?? null)
const sent = (index = 0) => JSON.parse(server.received[index]?.body ?? '')

describe('upload', () => {
  test('a session, then all but the last chunk', async () => {
    server.answer(session(), stored(9), stored(19))
    const bench = makeBench()
    const draft = videoDraft({ tags: ['a'], notify_subscribers: false, made_for_kids: true })
    expect(await prepare(draft, bench)).toEqual(uploaded(20))
    expect(bench.saved).toEqual([0, 10, 20].map((at) => uploaded(at)))
    expect(server.received[0]?.path).toBe(
      '/upload/youtube/v3/videos?uploadType=resumable&part=snippet%2Cstatus&notifySubscribers=false',
    )
    expect(server.received[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-access-token',
      'x-upload-content-length': '25',
      'x-upload-content-type': 'video/mp4',
    })
    expect(sent()).toEqual({
      snippet: { title: 'Title', description: 'About', tags: ['a'], categoryId: '22' },
      status: { privacyStatus: 'public', selfDeclaredMadeForKids: true },
    })
    expect(ranges()).toEqual([null, 'bytes 0-9/25', 'bytes 10-19/25'])
  })

  test('the rest is the commit', async () => {
    server.answer(VIDEO)
    expect(await commit(videoDraft(), uploaded(20))).toEqual({ accepted: { video_id: 'vid1' } })
    expect(server.received[0]).toMatchObject({ method: 'PUT', body: '01234' })
    expect(ranges()).toEqual(['bytes 20-24/25'])
  })

  test('goes on at the byte that YouTube confirms, whatever was saved', async () => {
    server.answer(stored(14))
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(uploaded(15))
    server.answer(NOTHING_STORED, stored(9), stored(19))
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(uploaded(20))
    expect(ranges()).toEqual(['bytes */25', 'bytes 0-9/25', 'bytes 10-19/25'])
    expect(server.received[0]).toMatchObject({ body: '', headers: { 'content-length': '0' } })
  })

  test('a video that is there already is not sent again', async () => {
    server.answer(VIDEO)
    const prepared = uploaded(25, { video_id: 'vid1' })
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(prepared)
    expect(await commit(videoDraft(), prepared)).toEqual({ accepted: { video_id: 'vid1' } })
    expect(server.received).toHaveLength(1)
  })

  test('a session that is gone begins anew', async () => {
    server.answer({ status: 404 }, session(), stored(9), stored(19))
    expect(await prepare(videoDraft(), makeBench(uploaded(20)))).toEqual(uploaded(20))
  })

  test('an upload that does not move is given up for now', async () => {
    server.answer(session(), NOTHING_STORED)
    expect(await prepare(videoDraft())).toMatchObject({
      kind: 'transient',
      code: 'youtube_upload_stalled',
    })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['bytes missing', stored(21), { kind: 'transient', code: 'youtube_upload_incomplete' }],
    ['gone', { status: 404 }, { kind: 'transient', startOver: true }],
    ['ended', { status: 410 }, { kind: 'transient', startOver: true }],
    ['trouble', { status: 503 }, { kind: 'outcome_unknown' }],
    ['an odd answer', { status: 200, body: '{}' }, { kind: 'outcome_unknown' }],
    ['a title', refusal(400, 'invalidTitle'), { kind: 'rejected', code: 'youtube_invalid_title' }],
  ])('the last chunk is answered: %s', async (_name, answer, expected) => {
    server.answer(answer)
    const failure = await commit(videoDraft(), uploaded(20))
    expect(failure).toMatchObject(expected)
    expect(inspect(failure, { depth: 9 })).not.toMatch(/sbx_session|secret-access/)
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['401', refusal(401, 'authError'), { kind: 'auth_expired' }],
    ['no channel', refusal(401, 'youtubeSignupRequired'), { kind: 'auth_revoked' }],
    [
      'the channel’s cap',
      refusal(400, 'uploadLimitExceeded'),
      { kind: 'rate_limited', code: 'youtube_upload_limit' },
    ],
    [
      'the quota',
      refusal(403, 'quotaExceeded'),
      { kind: 'rate_limited', code: 'youtube_quota_exceeded' },
    ],
    ['no address', { status: 200 }, { kind: 'transient', code: 'unreadable_answer' }],
    ['trouble', refusal(500, 'backendError'), { kind: 'transient' }],
  ])('no session: %s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await prepare(videoDraft())).toMatchObject(expected)
  })

  test('past its time nothing is sent, without a session it starts over', async () => {
    server.answer()
    const call = { ...server.call, sendBefore: new Date(Date.now() - 1) }
    const late = await answerOf(youtube().commit(videoDraft(), access, call, uploaded(20)))
    expect(late).toMatchObject({ kind: 'transient', code: 'too_late' })
    expect(await commit(videoDraft())).toMatchObject({ startOver: true })
    expect(server.received).toEqual([])
  })

  test('the token goes to no other host than the configured one', async () => {
    const other = await startAnswerServer()
    other.answer(VIDEO)
    const call = { ...server.call, http: other.http }
    const prepared = { ...uploaded(20), secrets: { session_uri: `${other.url}/session` } }
    await answerOf(youtube().commit(videoDraft(), access, call, prepared))
    expect(other.received[0]?.headers).not.toHaveProperty('authorization')
    await other.close()
  })
})

describe('confirm', () => {
  const accepted = (more: Partial<Attempt> = {}) =>
    makeAttempt(videoDraft(), { accepted: { video_id: 'vid1' }, ...more })
  const lost = (more: Partial<Attempt> = {}) =>
    makeAttempt(videoDraft(), { prepared: uploaded(20), ...more })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['uploaded', statusOf({ uploadStatus: 'uploaded' }), { outcome: 'processing' }],
    [
      'failed',
      statusOf({ uploadStatus: 'failed', failureReason: 'codec' }),
      { outcome: 'refused', code: 'youtube_processing_failed' },
    ],
    [
      'rejected',
      statusOf({ uploadStatus: 'rejected', rejectionReason: 'duplicate' }),
      {
        outcome: 'refused',
        message: 'YouTube rejected the video: the channel has this very video already.',
      },
    ],
    ['deleted', statusOf({ uploadStatus: 'deleted' }), { outcome: 'refused' }],
    ['not listed yet', { status: 200, body: {} }, { outcome: 'processing' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await confirm(accepted())).toMatchObject(expected)
  })

  test('processed: published, and locked where Google has not audited the project', async () => {
    const post = { platformPostId: 'vid1', permalink: 'https://www.youtube.com/watch?v=vid1' }
    server.answer(
      statusOf({ uploadStatus: 'processed', privacyStatus: 'public' }),
      statusOf({ uploadStatus: 'processed', privacyStatus: 'private' }),
    )
    expect(await confirm(accepted())).toEqual({ outcome: 'found', post })
    expect(await confirm(accepted())).toMatchObject({
      post: { ...post, warnings: [{ code: 'youtube_locked_private' }] },
    })
  })

  test('patience ends', async () => {
    now = new Date('2026-11-21T18:00:01Z')
    server.answer(statusOf({ uploadStatus: 'uploaded', privacyStatus: 'public' }), {
      status: 200,
      body: {},
    })
    expect(await confirm(accepted())).toMatchObject({
      outcome: 'found',
      post: { warnings: [{ code: 'youtube_still_processing' }] },
    })
    expect(await confirm(accepted())).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
  })

  test('a lost answer: the session tells', async () => {
    const processed = statusOf({ uploadStatus: 'processed', privacyStatus: 'public' })
    server.answer(VIDEO, processed, stored(19), stored(19))
    expect(await confirm(lost())).toMatchObject({ outcome: 'found' })
    expect(await confirm(lost())).toEqual({ outcome: 'absent' })
    const sendBefore = new Date('2026-11-21T12:04:30Z')
    expect(await confirm(lost({ sendBefore }))).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('a session that is gone: the uploads are searched', async () => {
    const item = (title: string, publishedAt: string) => ({
      snippet: { title, publishedAt },
      contentDetails: { videoId: 'vid1' },
    })
    const gone: Answer = { status: 404 }
    const list = (...items: unknown[]): Answer => ({ status: 200, body: { items } })
    const ours = list(item('Title', '2026-11-21T12:00:20Z'))
    server.answer(gone, ours, statusOf({ uploadStatus: 'processed' }), gone, ours)
    expect(await confirm(lost())).toMatchObject({ outcome: 'found' })
    expect(server.received[1]?.path).toContain('playlistId=UUalice')
    expect(await confirm(lost({ excludedPostIds: ['vid1'] }))).toMatchObject({
      outcome: 'cannot_tell',
    })
    server.answer(
      gone,
      list(item('Other', '2026-11-21T12:00:20Z'), item('Title', '2026-11-20T12:00:20Z')),
    )
    expect(await confirm(lost())).toMatchObject({ outcome: 'cannot_tell' })
  })
})

describe('additions', () => {
  const extra = (name: string): Draft => ({
    ...videoDraft({ playlist_id: 'PL1' }),
    role: 'extra',
    extra: name,
    root,
    attached: { thumbnail_media_id: makeMedia({ bytes: 12 }) },
  })

  test('which there are', () => {
    const { settings, attached } = extra('thumbnail')
    const content = { text: '', media: [], thread: [], settings, attached }
    expect(youtube().extras?.(content)).toEqual(['thumbnail', 'playlist'])
    expect(youtube().extras?.({ ...content, settings: {}, attached: {} })).toEqual([])
  })

  test('a thumbnail goes up as it is', async () => {
    server.answer({ status: 200, body: { items: [] } })
    expect(await commit(extra('thumbnail'))).toMatchObject(root)
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: '/upload/youtube/v3/thumbnails/set?videoId=vid1&uploadType=media',
      body: '012345678901',
    })
  })

  test.each<[Answer, Record<string, unknown>]>([
    [refusal(403, 'forbidden'), { kind: 'rejected', code: 'youtube_thumbnail_forbidden' }],
    [refusal(500, 'backendError'), { kind: 'transient' }],
  ])('a thumbnail refused: %j', async (answer, expected) => {
    server.answer(answer)
    expect(await commit(extra('thumbnail'))).toMatchObject(expected)
  })

  test('a playlist takes a video once', async () => {
    server.answer({ status: 200, body: { items: [] } }, { status: 200, body: { id: 'i' } })
    await commit(extra('playlist'))
    expect(sent(1)).toEqual({
      snippet: { playlistId: 'PL1', resourceId: { kind: 'youtube#video', videoId: 'vid1' } },
    })
    server.answer({ status: 200, body: { items: [{}] } })
    await commit(extra('playlist'))
    expect(server.received).toHaveLength(1)
  })
})

describe('the first comment', () => {
  const comment = (text = 'First'): Draft => ({ ...videoDraft(), role: 'comment', text, root })

  test('is a thread of its own', async () => {
    server.answer({ status: 200, body: { id: 'c1' } })
    expect(await commit(comment())).toEqual({
      platformPostId: 'c1',
      permalink: 'https://www.youtube.com/watch?v=vid1&lc=c1',
      metadata: { kind: 'comment' },
    })
    expect(sent()).toEqual({
      snippet: {
        channelId: 'UCalice',
        videoId: 'vid1',
        topLevelComment: { snippet: { textOriginal: 'First' } },
      },
    })
  })

  test('switched off', async () => {
    server.answer(refusal(403, 'commentsDisabled'))
    expect(await commit(comment())).toMatchObject({ code: 'youtube_comments_disabled' })
  })

  test('lost: by author, text and time', async () => {
    const thread = (value: string, textOriginal: string) => ({
      id: value,
      snippet: {
        topLevelComment: {
          snippet: {
            textOriginal,
            authorChannelId: { value },
            publishedAt: '2026-11-21T12:00:20Z',
          },
        },
      },
    })
    const items = [thread('UCother', 'First'), thread('UCalice', 'First')]
    server.answer({ status: 200, body: { items } }, { status: 200, body: { items } })
    expect(await confirm(makeAttempt(comment()))).toMatchObject({
      outcome: 'found',
      post: { platformPostId: 'UCalice' },
    })
    expect(await confirm(makeAttempt(comment('Else')))).toEqual({ outcome: 'absent' })
  })
})

test('a video and a comment that are gone count as removed, an addition goes with its video', async () => {
  const remove = (kind?: string) =>
    youtube().remove?.({ ...root, ...(kind ? { metadata: { kind } } : {}) }, access, server.call)
  server.answer(refusal(404, 'videoNotFound'), { status: 204 })
  await remove()
  await remove('comment')
  await remove('extra')
  expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'DELETE /youtube/v3/videos?id=vid1',
    'DELETE /youtube/v3/comments?id=vid1',
  ])
})
