import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft, Prepared } from '../connector.ts'
import { endOf, makeBench, makeFile, publishCall } from '../meta/testing/publish.ts'
import { asked, graphError, ok } from '../meta/testing/requests.ts'
import { type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeDraft } from '../testing/drafts.ts'
import { makeFacebookConnector } from './connector.ts'

let server: AnswerServer
const clock = { confirmQuietMs: 60_000, now: () => new Date('2026-11-21T12:05:00Z') }

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

describe('posts', () => {
  test('a text goes straight to the feed', async () => {
    server.answer(ok({ id: '615500000000001_7' }), ok({ permalink_url: 'https://f.test/7' }))
    const draft = draftOf({ settings: { link: 'https://a.test/' } })
    expect(await commit(draft)).toEqual({
      platformPostId: '615500000000001_7',
      permalink: 'https://f.test/7',
    })
    expect(asked(server)[0]).toMatchObject({
      call: `POST ${PAGE}/feed`,
      query: {},
      form: { message: 'hi', link: 'https://a.test/' },
      authorization: 'Bearer secret-access-token',
    })
  })

  test('pictures go up unseen, one by one; a later run sends only what is missing', async () => {
    const media = [makeFile('image', { altText: 'A loaf' }), makeFile('image', { bytes: 7 })]
    server.answer(ok({ id: '1' }), graphError(2))
    const bench = makeBench()
    expect(await prepare(draftOf({ media }), bench)).toMatchObject({ kind: 'transient' })
    expect(server.received.map(({ body }) => partsOf(body))).toEqual([
      { published: 'false', alt_text_custom: 'A loaf', source: '100000' },
      { published: 'false', source: '7' },
    ])
    server.answer(ok({ id: '2' }))
    const prepared = await prepare(draftOf({ media }), makeBench(bench.saves.at(-1)))
    expect(prepared).toEqual({ state: { photos: ['1', '2'] } })
    server.answer(ok({ id: '3_4' }), graphError(100, 33))
    await commit(draftOf({ media }), { state: { photos: ['1', '2'] } })
    expect(asked(server)[0]?.form).toEqual({
      message: 'hi',
      attached_media: '[{"media_fbid":"1"},{"media_fbid":"2"}]',
    })
  })

  test('without its pictures nothing is sent', async () => {
    server.answer()
    expect(await commit(draftOf({ media: [makeFile()] }))).toMatchObject({
      kind: 'rejected',
      code: 'facebook_not_prepared',
    })
    expect(calls()).toEqual([])
  })

  test('a comment goes to the video where there is one', async () => {
    server.answer(ok({ id: '7_8' }))
    const root = { platformPostId: '5', metadata: { video_id: '6' } }
    await commit(draftOf({ role: 'comment', root, parent: root }))
    expect(asked(server)[0]).toMatchObject({
      call: 'POST /v25.0/6/comments',
      form: { message: 'hi' },
    })
  })

  test('a story with a picture', async () => {
    const draft = draftOf({ media: [makeFile()], settings: { kind: 'story' } })
    server.answer(ok({ success: true, post_id: '9' }), graphError(100, 33))
    expect(await commit(draft, { state: { photos: ['1'] } })).toMatchObject({
      platformPostId: '9',
      warnings: [{ code: 'facebook_story_without_text' }],
    })
    expect(asked(server)[0]).toMatchObject({
      call: `POST ${PAGE}/photo_stories`,
      form: { photo_id: '1' },
    })
  })
})

describe('confirm a post', () => {
  const item = (id: string, more: object = {}) => ({
    id,
    message: 'hi',
    created_time: '2026-11-21T12:00:20+0000',
    ...more,
  })
  const old = item('1', { created_time: '2026-11-20T12:00:20+0000' })

  test.each<[string, object[], object, object]>([
    ['found', [item('6', { message: 'other' }), item('5'), old], {}, { outcome: 'found' }],
    ['another target', [item('5'), old], { excludedPostIds: ['5'] }, { outcome: 'absent' }],
    ['an old one is none', [old], {}, { outcome: 'absent' }],
    ['two alike', [item('5'), item('6')], {}, { outcome: 'cannot_tell' }],
    ['a duplicate', [], { failureCode: 'facebook_duplicate' }, { outcome: 'cannot_tell' }],
    ['too early', [], { sendBefore: new Date('2026-11-21T12:04:30Z') }, { outcome: 'cannot_tell' }],
  ])('%s', async (_name, data, more, expected) => {
    server.answer(ok({ data }))
    expect(await confirm(draftOf(), more)).toMatchObject(expected)
  })

  test('a list without an end proves no absence', async () => {
    const next = `${server.url}/next?after=x&access_token=secret`
    const page = ok({ data: [item('5', { message: 'other' })], paging: { next } })
    server.answer(...Array.from({ length: 30 }, () => page))
    expect(await confirm(draftOf())).toMatchObject({ outcome: 'cannot_tell' })
    expect(server.received.length).toBeLessThan(20)
  })

  test('a story with a picture by its photo, and never absent', async () => {
    const draft = draftOf({ media: [makeFile()], settings: { kind: 'story' } })
    const prepared = { state: { photos: ['3'] } }
    const story = (media_id: string) => ({ post_id: '8', media_id, creation_time: '1795262420' })
    server.answer(ok({ data: [story('3')] }))
    expect(await confirm(draft, { prepared })).toMatchObject({
      outcome: 'found',
      post: { platformPostId: '8' },
    })
    server.answer(ok({ data: [story('4')] }))
    expect(await confirm(draft, { prepared })).toMatchObject({ outcome: 'cannot_tell' })
  })
})

test('videos are removed by their own id', async () => {
  server.answer(ok({ success: true }))
  const post = { platformPostId: '7', metadata: { video_id: '1' } }
  await facebook().remove?.(post, access, publishCall(server))
  expect(calls()).toEqual(['DELETE /v25.0/1'])
})
