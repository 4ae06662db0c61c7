import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft, Prepared } from '../connector.ts'
import { endOf, makeBench, makeFile, publishCall } from '../meta/testing/publish.ts'
import { asked, graphError, ok } from '../meta/testing/requests.ts'
import { type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { makeFacebookConnector } from './connector.ts'

let server: AnswerServer
const clock = { confirmQuietMs: 60_000, now: () => new Date('2026-11-21T12:05:00Z') }
const MIB = 1024 * 1024

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const access = makeAccess({ accountId: '615500000000001' })
const PAGE = '/v25.0/615500000000001'

function facebook() {
  return makeFacebookConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, clock)
}

const draftOf = (more: Partial<Draft> = {}): Draft => ({ ...makeDraft('hi'), ...more })
const prepare = (draft: Draft, bench = makeBench()) =>
  endOf(facebook().prepare?.(draft, access, publishCall(server), bench))
const commit = (draft: Draft, prepared?: Prepared) =>
  endOf(facebook().commit(draft, access, publishCall(server), prepared))
const confirm = (draft: Draft, more: object = {}) =>
  endOf(facebook().confirm?.(makeAttempt(draft, more), access, publishCall(server)))
const calls = () => asked(server).map(({ call }) => call)

/** Fields of a multipart body; files by their length. */
function partsOf(body: string): Record<string, string> {
  const parts = body.matchAll(
    /name="(\w+)"(; filename="[^"]*")?\r\n(?:.+\r\n)*\r\n([\s\S]*?)\r\n--/g,
  )
  return Object.fromEntries(
    [...parts].map(([, name, isFile, value]) => [name, isFile ? `${value?.length}` : value]),
  )
}

describe('a video in the feed', () => {
  const file = makeFile('video', { bytes: 10 * MIB })
  const draft = draftOf({ media: [file], settings: { title: 'Baking' } })
  const range = (start: number, end: number) => ({
    start_offset: `${start}`,
    end_offset: `${end}`,
  })
  const status = (bytes: number | undefined, more: object = {}) =>
    ok({
      status: { uploading_phase: { status: 'in_progress', bytes_transferred: bytes }, ...more },
    })
  const saved = (offset: number) => ({
    state: { video: { videoId: '1', sessionId: '2', offset, partBytes: 4 * MIB } },
  })
  const sent = () =>
    server.received.map(({ body }) => partsOf(body)).filter((parts) => parts.upload_phase)

  test('goes up in the parts that Facebook proposes, each saved', async () => {
    server.answer(
      ok({ video_id: '1', upload_session_id: '2', ...range(0, 4 * MIB) }),
      ok(range(4 * MIB, 8 * MIB)),
      ok(range(8 * MIB, 10 * MIB)),
      ok(range(10 * MIB, 10 * MIB)),
    )
    const bench = makeBench()
    expect(await prepare(draft, bench)).toMatchObject({ state: { video: { offset: 10 * MIB } } })
    expect(asked(server)[0]?.form).toEqual({ upload_phase: 'start', file_size: `${10 * MIB}` })
    expect(
      sent().map(({ start_offset, video_file_chunk }) => [start_offset, video_file_chunk]),
    ).toEqual([
      ['0', `${4 * MIB}`],
      [`${4 * MIB}`, `${4 * MIB}`],
      [`${8 * MIB}`, `${2 * MIB}`],
    ])
    expect(bench.saves).toHaveLength(4)
    server.answer(ok({ success: true }))
    expect(await commit(draft, bench.saves.at(-1))).toEqual({ accepted: { video_id: '1' } })
    expect(asked(server)[0]).toMatchObject({
      call: `POST ${PAGE}/videos`,
      form: {
        upload_phase: 'finish',
        upload_session_id: '2',
        published: 'true',
        description: 'hi',
        title: 'Baking',
      },
    })
  })

  test('goes on at the byte that Facebook confirms, not at ours', async () => {
    server.answer(status(8 * MIB), ok(range(10 * MIB, 10 * MIB)))
    await prepare(draft, makeBench(saved(4 * MIB)))
    expect(sent()).toMatchObject([{ start_offset: `${8 * MIB}`, video_file_chunk: `${2 * MIB}` }])
  })

  test('or at the one that a refusal names', async () => {
    const refused = graphError(6001, 1363037)
    const error = { ...Object(refused.body).error, error_data: range(8 * MIB, 10 * MIB) }
    server.answer(
      status(undefined),
      { status: 400, body: { error } },
      ok(range(10 * MIB, 10 * MIB)),
    )
    await prepare(draft, makeBench(saved(4 * MIB)))
    expect(sent().map(({ start_offset }) => start_offset)).toEqual([`${4 * MIB}`, `${8 * MIB}`])
  })

  test('does not send the same part for ever', async () => {
    const same = Array.from({ length: 20 }, () => ok(range(4 * MIB, 8 * MIB)))
    server.answer(status(4 * MIB), ...same)
    expect(await prepare(draft, makeBench(saved(4 * MIB)))).toMatchObject({
      kind: 'transient',
      code: 'facebook_upload_stalled',
    })
    expect(sent().length).toBeLessThan(6)
  })

  test('a session that is gone begins anew', async () => {
    server.answer(
      graphError(100, 33),
      ok({ video_id: '3', upload_session_id: '4', ...range(0, 10 * MIB) }),
      ok(range(10 * MIB, 10 * MIB)),
      ok(range(10 * MIB, 10 * MIB)),
    )
    expect(await prepare(draft, makeBench(saved(4 * MIB)))).toMatchObject({
      state: { video: { videoId: '3' } },
    })
  })

  test('what an earlier try finished is not finished again', async () => {
    server.answer(status(10 * MIB, { publishing_phase: { status: 'complete' } }))
    const again = await facebook().prepare?.(
      draft,
      access,
      publishCall(server),
      makeBench(saved(10 * MIB)),
    )
    server.answer()
    expect(await commit(draft, again)).toEqual({ accepted: { video_id: '1' } })
    expect(calls()).toEqual([])
  })
})

describe('a reel', () => {
  const file = makeFile('video', { bytes: 3_000 })
  const draft = draftOf({ media: [file], settings: { kind: 'reel' } })
  const saved = () => ({
    state: { video: { videoId: '1', offset: 0 } },
    secrets: { upload_url: `${server.url}/up/1` },
  })

  test('starts, streams, and keeps the address of the upload secret', async () => {
    server.answer(ok({ video_id: '1', upload_url: `${server.url}/up/1` }), ok({ success: true }))
    const bench = makeBench()
    expect(await prepare(draft, bench)).toEqual({
      state: { video: { videoId: '1', offset: 3_000 } },
      secrets: { upload_url: `${server.url}/up/1` },
    })
    expect(server.received[1]).toMatchObject({
      path: '/up/1',
      headers: {
        authorization: 'OAuth secret-access-token',
        offset: '0',
        file_size: '3000',
        'content-length': '3000',
      },
    })
    server.answer(ok({ success: true, post_id: '7' }))
    expect(await commit(draft, bench.saves.at(-1))).toEqual({
      accepted: { video_id: '1', post_id: '7' },
    })
    expect(asked(server)[0]).toMatchObject({
      call: `POST ${PAGE}/video_reels`,
      form: { upload_phase: 'finish', video_id: '1', video_state: 'PUBLISHED', description: 'hi' },
    })
  })

  test('goes on at the byte that Facebook confirms', async () => {
    const status = { uploading_phase: { status: 'in_progress', bytes_transferred: 2_000 } }
    server.answer(ok({ status }), ok({ success: true }))
    await prepare(draft, makeBench(saved()))
    expect(server.received[1]).toMatchObject({
      headers: { offset: '2000', file_size: '3000', 'content-length': '1000' },
    })
  })

  test('sends the token to no other host', async () => {
    server.answer(ok({ video_id: '1', upload_url: 'https://evil.test/up' }), ok({ success: true }))
    await prepare(draft)
    expect(server.received[1]?.path).toBe('/video-upload/v25.0/1')
  })

  test.each<[boolean | undefined, object]>([
    [true, { kind: 'transient', code: 'facebook_upload_interrupted' }],
    [undefined, { kind: 'transient', code: 'facebook_upload_interrupted' }],
    [false, { kind: 'rejected', code: 'facebook_upload_refused' }],
  ])('an upload that is refused, retriable: %s', async (retriable, expected) => {
    const debug_info = { retriable, type: 'ProcessingFailedError', message: 'no video' }
    server.answer(ok({ video_id: '1' }), { status: 400, body: { debug_info } })
    expect(await prepare(draft)).toMatchObject(expected)
  })

  test('a story with a video is finished with nothing but the video', async () => {
    const story = draftOf({ media: [file], settings: { kind: 'story' } })
    server.answer(ok({ success: true, post_id: '7' }))
    await commit(story, { state: { video: { videoId: '1', offset: 3_000 } } })
    expect(asked(server)[0]).toMatchObject({
      call: `POST ${PAGE}/video_stories`,
      form: { upload_phase: 'finish', video_id: '1' },
    })
  })
})

describe('confirm a video', () => {
  const draft = draftOf({ media: [makeFile('video')], settings: { kind: 'reel' } })
  const prepared = { state: { video: { videoId: '1', offset: 3_000 } } }
  const accepted = { video_id: '1', post_id: '7' }
  const phase = (processing: string, publishing: string, whole = 'processing') => ({
    video_status: whole,
    uploading_phase: { status: 'complete' },
    processing_phase: { status: processing },
    publishing_phase: { status: publishing },
  })

  test.each<[string, object, object, object]>([
    ['untouched, answer lost', phase('not_started', 'not_started'), {}, { outcome: 'absent' }],
    [
      'untouched, but accepted',
      phase('not_started', 'not_started'),
      { accepted },
      { outcome: 'processing' },
    ],
    ['processing', phase('in_progress', 'not_started'), {}, { outcome: 'processing' }],
    ['ready, never finished', phase('complete', 'not_started', 'ready'), {}, { outcome: 'absent' }],
    ['on its way', phase('complete', 'in_progress', 'ready'), {}, { outcome: 'processing' }],
    [
      'failed',
      {
        ...phase('error', 'not_started', 'error'),
        processing_phase: { status: 'error', errors: [{ message: 'no frames' }] },
      },
      { accepted },
      {
        outcome: 'refused',
        code: 'facebook_processing_failed',
        message: 'Facebook could not process the video: no frames.',
      },
    ],
  ])('%s', async (_name, status, more, expected) => {
    server.answer(ok({ status }))
    expect(await confirm(draft, { prepared, ...more })).toMatchObject(expected)
  })

  test('published: by its post, with the address made whole', async () => {
    const status = phase('complete', 'complete', 'ready')
    server.answer(ok({ status, permalink_url: '/reel/1/' }))
    expect(await confirm(draft, { prepared, accepted })).toEqual({
      outcome: 'found',
      post: {
        platformPostId: '7',
        permalink: 'https://www.facebook.com/reel/1/',
        metadata: { video_id: '1' },
      },
    })
  })
})
