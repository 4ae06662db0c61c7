import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeAttempt, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makePinterestConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 60_000, now: () => now }
const access = makeAccess()
const POST = { platformPostId: '77', permalink: 'https://www.pinterest.com/pin/77/' }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const pinterest = () =>
  makePinterestConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing)
const image = makeMedia({ altText: 'A cat' })
const second = makeMedia({ id: 'file-2' })
const video = makeMedia({ id: 'video-1', kind: 'video', mimeType: 'video/mp4' })
const settings = { board_id: '5', title: 'T', link: 'https://a.example/' }
const draftOf = (more: Partial<Draft> = {}): Draft => ({
  ...makeDraft('Soup', settings),
  media: [image],
  ...more,
})
const commit = (draft = draftOf(), state: unknown = {}) =>
  pinterest().commit(draft, access, server.call, { state: Object(state) })
const created = { status: 201, body: { id: '77', created_at: '2026-11-21T12:00:00' } }

describe('the body of a Pin', () => {
  test('an image by its address', async () => {
    server.answer(created)
    expect(await commit()).toEqual(POST)
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/v5/pins' })
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      board_id: '5',
      title: 'T',
      description: 'Soup',
      link: 'https://a.example/',
      alt_text: 'A cat',
      media_source: { source_type: 'image_url', url: 'https://files.example/file-1' },
    })
  })

  const ready = { mediaId: '9', uploaded: true, ready: true }
  test.each<[string, Partial<Draft>, unknown]>([
    [
      'several images',
      { media: [image, second] },
      {
        source_type: 'multiple_image_urls',
        items: [{ url: 'https://files.example/file-1' }, { url: 'https://files.example/file-2' }],
        index: 0,
      },
    ],
    [
      'a video with its first frame',
      { media: [video] },
      { source_type: 'video_id', media_id: '9', cover_image_key_frame_time: 0 },
    ],
    [
      'a video with a cover',
      { media: [video], attached: { cover_media_id: second } },
      { source_type: 'video_id', media_id: '9', cover_image_url: 'https://files.example/file-2' },
    ],
  ])('%s', async (_name, more, media_source) => {
    server.answer(created)
    await commit(draftOf(more), ready)
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({ media_source })
  })

  test('a video that is not ready is uploaded anew, and nothing is sent', async () => {
    server.answer(created)
    const failure = await failureOf(commit(draftOf({ media: [video] }), { ...ready, ready: false }))
    expect(failure).toMatchObject({ kind: 'transient', startOver: true })
    expect(server.received).toEqual([])
  })
})

describe('what Pinterest answers to a Pin', () => {
  const error = (status: number, code: number, message: string): Answer => ({
    status,
    body: { code, message },
  })
  test.each<[string, Answer, Record<string, unknown>]>([
    ['429', error(429, 8, 'rate'), { kind: 'rate_limited' }],
    ['401', error(401, 2, 'Authentication failed.'), { kind: 'auth_expired' }],
    ['500', error(500, 0, 'x'), { kind: 'outcome_unknown' }],
    ['201 without an id', { status: 201, body: {} }, { kind: 'outcome_unknown' }],
    ['409', error(409, 0, 'x'), { kind: 'transient' }],
    [
      'unreachable picture',
      error(400, 1, 'Unable to reach the URL. Please check the URL.'),
      { kind: 'transient', code: 'pinterest_media_unreachable' },
    ],
    [
      'trial',
      error(403, 29, 'Apps with Trial access may not create Pins in production'),
      { kind: 'rejected', code: 'pinterest_app_trial' },
    ],
    ['403', error(403, 29, 'Not permitted.'), { kind: 'rejected', code: 'pinterest_forbidden' }],
    ['scope', error(403, 3, 'x'), { kind: 'rejected', code: 'pinterest_permission_missing' }],
    ['board of others', error(403, 7, 'x'), { code: 'pinterest_board_forbidden' }],
    ['no board', error(404, 40, 'Board not found.'), { code: 'pinterest_board_not_found' }],
    ['review', error(403, 2626, 'x'), { code: 'pinterest_account_restricted' }],
    ['400', error(400, 1, 'Invalid request'), { code: 'pinterest_invalid_request' }],
  ])('%s', async (_name, answer, failure) => {
    server.answer(answer)
    expect(await failureOf(commit())).toMatchObject(failure)
  })
})

describe('a lost answer', () => {
  const pin = {
    id: '77',
    created_at: '2026-11-21T12:00:05',
    title: 'T',
    description: 'Soup',
    link: 'https://a.example/',
  }
  const listed = (items: object[], bookmark: string | null = null) => ({
    status: 200,
    body: { items, bookmark },
  })
  const confirm = (more = {}) =>
    pinterest().confirm?.(makeAttempt(draftOf(), more), access, server.call)

  test('is found among the Pins of its board', async () => {
    server.answer(listed([{ ...pin, id: '1', title: 'Other' }, pin]))
    expect(await confirm()).toEqual({ outcome: 'found', post: POST })
    expect(server.received[0]?.path).toBe('/v5/boards/5/pins?page_size=250')
  })

  test.each<[string, object]>([
    ['older', { ...pin, created_at: '2026-11-21T11:58:59' }],
    ['with another link', { ...pin, link: null }],
    ['with another text', { ...pin, description: 'Stew' }],
  ])('a Pin %s is not it', async (_name, other) => {
    server.answer(listed([other]))
    expect(await confirm()).toEqual({ outcome: 'absent' })
  })

  test('nor is the Pin of another target', async () => {
    server.answer(listed([pin]))
    expect(await confirm({ excludedPostIds: ['77'] })).toEqual({ outcome: 'absent' })
  })

  test('later pages are read until they lie before the time in question', async () => {
    const old = { ...pin, id: '2', created_at: '2026-11-20T12:00:00' }
    server.answer(listed([{ ...pin, title: '' }], 'b1'), listed([old], 'b2'))
    expect(await confirm()).toEqual({ outcome: 'absent' })
    expect(server.received[1]?.path).toContain('bookmark=b1')
  })

  test('an order that is not by time proves nothing', async () => {
    const old = { ...pin, id: '2', created_at: '2026-11-20T12:00:00' }
    const newer = { ...pin, id: '3', title: '' }
    server.answer(listed([old, newer, old], 'b'), listed([pin]))
    expect(await confirm()).toMatchObject({ outcome: 'found' })
  })

  test('is not absent while it may still come, nor when the board is hidden', async () => {
    server.answer({ status: 404, body: { code: 40, message: 'Board not found.' } })
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:01:00Z')
    server.answer(listed([]))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
  })
})

describe('afterwards', () => {
  const gone = { status: 404, body: { code: 50, message: 'Pin not found.' } }

  test('a Pin is removed, gone or not', async () => {
    server.answer({ status: 204 }, gone)
    await pinterest().remove?.(POST, access, server.call)
    await pinterest().remove?.(POST, access, server.call)
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /v5/pins/77',
      'DELETE /v5/pins/77',
    ])
  })

  test('and looked up', async () => {
    server.answer(created, gone)
    const look = () => pinterest().lookup?.(POST, access, server.call)
    expect(await look()).toEqual({ state: 'live', permalink: POST.permalink })
    expect(await look()).toEqual({ state: 'removed' })
  })
})
