import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft, Prepared } from '../connector.ts'
import { endOf, makeBench, makeFile, publishCall } from '../meta/testing/publish.ts'
import { asked, graphError, ok } from '../meta/testing/requests.ts'
import { type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { makeThreadsConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const clock = { confirmQuietMs: 60_000, now: () => now }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const access = makeAccess({ accountId: '25014000000000001' })
const QUOTA = ok({ data: [{ config: { quota_total: 250 }, quota_usage: 3 }] })
const FINISHED = ok({ id: '1', status: 'FINISHED' })
const NOT_VISIBLE = graphError(24, 4279009, 'The requested resource does not exist')

function threads() {
  return makeThreadsConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, clock)
}

const prepare = (draft: Draft, bench = makeBench()) =>
  endOf(threads().prepare?.(draft, access, publishCall(server), bench))
const commit = (prepared: Prepared) =>
  endOf(threads().commit(makeDraft('hi'), access, publishCall(server), prepared))
const forms = () =>
  asked(server).flatMap(({ call, form }) => (call.startsWith('POST') ? [form] : []))

describe('prepare', () => {
  const poll_attachment = { option_a: 'Tea', option_b: 'Coffee' }
  const settings = { reply_control: 'mentioned_only', topic_tag: 'tea', poll_attachment }
  const reply: Partial<Draft> = {
    role: 'reply',
    root: { platformPostId: '90' },
    parent: { platformPostId: '91' },
  }
  test.each<[string, Draft, Record<string, string>]>([
    [
      'a text with settings, never published at once',
      makeDraft('hi', settings),
      {
        media_type: 'TEXT',
        text: 'hi',
        reply_control: 'mentioned_only',
        topic_tag: 'tea',
        poll_attachment: '{"option_a":"Tea","option_b":"Coffee"}',
      },
    ],
    [
      'a picture',
      { ...makeDraft(''), media: [makeFile('image', { altText: 'A cup' })] },
      { media_type: 'IMAGE', image_url: 'https://files.test/image-1', alt_text: 'A cup' },
    ],
    [
      'a part of a thread answers the one before it, without the settings of the first',
      { ...makeDraft('hi', settings), ...reply },
      { media_type: 'TEXT', text: 'hi', reply_to_id: '91' },
    ],
    [
      'a first comment answers the post',
      { ...makeDraft('hi'), ...reply, role: 'comment' },
      { media_type: 'TEXT', text: 'hi', reply_to_id: '90' },
    ],
  ])('%s', async (_name, draft, form) => {
    server.answer(QUOTA, ok({ id: '1' }), FINISHED)
    expect(await prepare(draft)).toMatchObject({ state: { container: '1' } })
    expect(forms()).toEqual([form])
  })

  test('a carousel: children polled, then the parent', async () => {
    server.answer(
      QUOTA,
      ok({ id: '1' }),
      ok({ id: '2' }),
      FINISHED,
      FINISHED,
      ok({ id: '3' }),
      ok({ id: '3', status: 'IN_PROGRESS' }),
      FINISHED,
    )
    const media = [makeFile(), makeFile('video')]
    expect(await prepare({ ...makeDraft('hi'), media })).toMatchObject({
      state: { children: ['1', '2'], container: '3' },
    })
    expect(forms().at(-1)).toEqual({ media_type: 'CAROUSEL', children: '1,2', text: 'hi' })
  })

  test('waits until the parent is known everywhere', async () => {
    server.answer(QUOTA, NOT_VISIBLE, NOT_VISIBLE, ok({ id: '1' }), FINISHED)
    const bench = makeBench()
    expect(await prepare({ ...makeDraft('hi'), ...reply }, bench)).toMatchObject({
      state: { container: '1' },
    })
    expect(bench.pauses).toEqual([1_000, 1_500])
  })

  test('a topic that is not permitted is left out, and said', async () => {
    server.answer(QUOTA, graphError(100, 4279071), ok({ id: '1' }), FINISHED)
    const prepared = await threads().prepare?.(
      makeDraft('hi', { topic_tag: 'tea' }),
      access,
      publishCall(server),
      makeBench(),
    )
    expect(forms()).toEqual([
      { media_type: 'TEXT', text: 'hi', topic_tag: 'tea' },
      { media_type: 'TEXT', text: 'hi' },
    ])
    server.answer(ok({ id: '5' }), ok({ id: '5', permalink: 'https://t.test/5' }))
    expect(await commit(prepared ?? { state: {} })).toEqual({
      platformPostId: '5',
      permalink: 'https://t.test/5',
      warnings: [expect.objectContaining({ code: 'threads_topic_tag_dropped' })],
    })
  })

  test('replies have a quota of their own', async () => {
    server.answer(ok({ data: [{ reply_config: { quota_total: 1000 }, reply_quota_usage: 1000 }] }))
    expect(await prepare({ ...makeDraft('hi'), ...reply })).toMatchObject({
      kind: 'rate_limited',
      code: 'threads_daily_cap',
    })
    expect(asked(server)[0]?.query).toMatchObject({ fields: 'reply_quota_usage,reply_config' })
  })

  test.each([
    ['FAILED_DOWNLOADING_VIDEO', { kind: 'transient', code: 'threads_media_fetch_failed' }],
    ['UNKNOWN', { kind: 'transient', code: 'threads_media_trouble' }],
    ['INVALID_ASPEC_RATIO', { kind: 'rejected', code: 'threads_processing_failed' }],
    ['FAILED_PROCESSING_VIDEO', { kind: 'rejected', code: 'threads_processing_failed' }],
  ])('a container that failed by %s', async (error_message, expected) => {
    server.answer(QUOTA, ok({ id: '1' }), ok({ id: '1', status: 'ERROR', error_message }))
    expect(await prepare(makeDraft('hi'))).toMatchObject(expected)
  })
})

describe('commit', () => {
  test.each<[string, ReturnType<typeof graphError>, object]>([
    ['24/4279009', NOT_VISIBLE, { kind: 'transient', code: 'threads_not_visible' }],
    ['24', graphError(24), { kind: 'rejected', code: 'threads_not_found' }],
    ['1', graphError(1), { kind: 'outcome_unknown' }],
    ['190', graphError(190, 463), { kind: 'auth_expired' }],
    ['4279013', graphError(100, 4279013), { kind: 'rejected' }],
    ['links', graphError(100, 1, 'THREADS_API__LINK_LIMIT_EXCEEDED'), { kind: 'rejected' }],
    ['613', graphError(613), { kind: 'rate_limited' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await commit({ state: { container: '1' } })).toMatchObject(expected)
    expect(forms()).toEqual([{ creation_id: '1' }])
  })
})

describe('confirm', () => {
  const prepared = { state: { container: '1' } }
  const confirm = (draft: Draft) =>
    threads().confirm?.(makeAttempt(draft, { prepared }), access, publishCall(server))
  const PUBLISHED = ok({ id: '1', status: 'PUBLISHED' })
  const item = (id: string, more: object = {}) => ({
    id,
    text: 'a tag',
    timestamp: '2026-11-21T12:00:20+0000',
    media_type: 'TEXT_POST',
    ...more,
  })

  test('the first hashtag may have lost its sign; reposts are no posts', async () => {
    server.answer(PUBLISHED, ok({ data: [item('6', { media_type: 'REPOST_FACADE' }), item('5')] }))
    expect(await confirm(makeDraft('a #tag'))).toEqual({
      outcome: 'found',
      post: { platformPostId: '5', permalink: null },
    })
    expect(asked(server)[1]).toMatchObject({
      call: 'GET /v1.0/me/threads',
      query: { since: `${Date.parse('2026-11-21T11:59:00Z') / 1000}` },
    })
  })

  test('a reply is looked for among the replies to its parent', async () => {
    const others = [
      item('6', { replied_to: { id: '92' } }),
      item('5', { replied_to: { id: '91' } }),
    ]
    server.answer(PUBLISHED, ok({ data: others }))
    const parent = { platformPostId: '91' }
    expect(await confirm({ ...makeDraft('a tag'), role: 'reply', parent })).toMatchObject({
      outcome: 'found',
      post: { platformPostId: '5' },
    })
    expect(asked(server)[1]?.call).toBe('GET /v1.0/me/replies')
  })

  test('not published: absent only when nothing can be on its way', async () => {
    server.answer(FINISHED, FINISHED)
    now = new Date('2026-11-21T12:01:00Z')
    expect(await confirm(makeDraft('hi'))).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
    expect(await confirm(makeDraft('hi'))).toEqual({ outcome: 'absent' })
  })
})

test('a deleted post: 24, which counts while the profile answers', async () => {
  const call = publishCall(server)
  server.answer(graphError(24), ok({ id: access.accountId }))
  expect(await threads().lookup?.({ platformPostId: '5' }, access, call)).toEqual({
    state: 'removed',
  })
  server.answer(graphError(24), graphError(190, 458))
  expect(await endOf(threads().remove?.({ platformPostId: '5' }, access, call))).toMatchObject({
    kind: 'auth_revoked',
  })
})
