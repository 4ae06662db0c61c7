import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeXConnector } from './connector.ts'

let server: AnswerServer
const now = () => new Date('2026-11-21T12:00:00Z')

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const photo = makeMedia({ altText: 'A cat' })
const video = makeMedia({
  kind: 'video',
  mimeType: 'video/mp4',
  fileName: 'film.mp4',
  bytes: 9_000_001,
  durationMs: 60_000,
})

async function prepare(media: Media[], prepared?: Prepared, access = makeAccess()) {
  const hosts = { apiBaseUrl: server.url, authBaseUrl: server.url }
  const x = makeXConnector(hosts, { confirmQuietMs: 0, now })
  const bench = makeBench(prepared)
  const draft = { ...makeDraft('hi'), media }
  const result = await failureOf(x.prepare?.(draft, access, server.call, bench))
  return { bench, result, made: Object(result).unexpected }
}

const data = (more: object = {}): Answer => ({ status: 200, body: { data: { id: '11', ...more } } })
const working = (state: string, more = {}) => data({ processing_info: { state, ...more } })
const ok: Answer = { status: 200, body: {} }
const paths = () => server.received.map(({ method, path }) => `${method} ${path}`)

describe('pictures', () => {
  test('one request with the file, then its description', async () => {
    server.answer(data({ media_key: '3_11', expires_after_secs: 86_400 }), ok)
    const { made, bench } = await prepare([photo])
    expect(paths()).toEqual(['POST /2/media/upload', 'POST /2/media/metadata'])
    const [upload, metadata] = server.received
    expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(upload?.headers['content-length']).toBe(String(upload?.body.length))
    expect(upload?.body).toContain('name="media_category"\r\n\r\ntweet_image\r\n')
    expect(upload?.body).toContain('name="media"; filename="photo.jpg"')
    expect(upload?.body).toContain('\r\n\r\n0123456789\r\n')
    expect(JSON.parse(metadata?.body ?? '')).toEqual({
      id: '11',
      metadata: { alt_text: { text: 'A cat' } },
    })
    expect(made.state.uploads).toEqual([
      {
        id: '11',
        mediaKey: '3_11',
        step: 'ready',
        nextSegment: 0,
        expiresAt: '2026-11-22T12:00:00.000Z',
      },
    ])
    expect(bench.saved.at(-1)).toEqual(made)
  })

  test('a description that failed does not send the file again', async () => {
    server.answer(data(), { status: 503 })
    const { bench, result } = await prepare([photo])
    expect(result).toMatchObject({ kind: 'transient' })
    server.answer(ok)
    await prepare([photo], bench.saved.at(-1))
    expect(paths()).toEqual(['POST /2/media/metadata'])
  })

  test('what is ready is left alone, what X has forgotten is sent again', async () => {
    const upload = { id: '5', step: 'ready', nextSegment: 0 }
    const fresh = { ...upload, expiresAt: '2026-11-21T12:00:01Z' }
    server.answer()
    await prepare([photo], { state: { uploads: [fresh] } })
    expect(paths()).toEqual([])
    server.answer(data(), ok)
    await prepare([photo], {
      state: { uploads: [{ ...upload, expiresAt: '2026-11-21T12:00:00Z' }] },
    })
    expect(paths()).toEqual(['POST /2/media/upload', 'POST /2/media/metadata'])
  })
})

describe('videos', () => {
  test('in segments, finalized, waited for as X says', async () => {
    server.answer(
      data({ media_key: '7_11' }),
      ...[ok, ok, ok],
      working('pending', { check_after_secs: 4 }),
      working('in_progress', { check_after_secs: 60 }),
      working('succeeded'),
    )
    const { made, bench } = await prepare([video])
    expect(paths()).toEqual([
      'POST /2/media/upload/initialize',
      'POST /2/media/upload/11/append',
      'POST /2/media/upload/11/append',
      'POST /2/media/upload/11/append',
      'POST /2/media/upload/11/finalize',
      'GET /2/media/upload?command=STATUS&media_id=11',
      'GET /2/media/upload?command=STATUS&media_id=11',
    ])
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      media_type: 'video/mp4',
      total_bytes: 9_000_001,
      media_category: 'tweet_video',
    })
    const segments = server.received.slice(1, 4).map(({ body }) => ({
      index: /name="segment_index"\r\n\r\n(\d+)/.exec(body)?.[1],
      bytes: /\r\n\r\n([0-9]+)\r\n--[^\r]+--\r\n$/.exec(body)?.[1]?.length,
    }))
    expect(segments).toEqual([
      { index: '0', bytes: 4_000_000 },
      { index: '1', bytes: 4_000_000 },
      { index: '2', bytes: 1_000_001 },
    ])
    expect(bench.pausesMs).toEqual([4_000, 10_000])
    expect(made.state.uploads).toMatchObject([{ id: '11', step: 'ready' }])
  })

  test('GIFs and long videos have their own category', async () => {
    const gif = makeMedia({ kind: 'gif', mimeType: 'image/gif' })
    for (const [media, category] of [
      [gif, 'tweet_gif'],
      [{ ...video, durationMs: 140_001 }, 'amplify_video'],
    ] as const) {
      server.answer({ status: 503 })
      await prepare([media])
      expect(JSON.parse(server.received[0]?.body ?? '').media_category).toBe(category)
    }
  })

  test('goes on with the segment that was under way', async () => {
    server.answer(data(), ok, { status: 503 })
    const { bench, result } = await prepare([video])
    expect(result).toMatchObject({ kind: 'transient', code: 'x_unavailable' })
    server.answer(ok, ok, data())
    const { made } = await prepare([video], bench.saved.at(-1))
    expect(server.received.map(({ body }) => /index"\r\n\r\n(\d+)/.exec(body)?.[1])).toEqual([
      '1',
      '2',
      undefined,
    ])
    expect(made.state.uploads).toMatchObject([{ step: 'ready' }])
  })

  test('a lost answer to finalize: X is asked first, no byte goes again', async () => {
    const state = { uploads: [{ id: '11', step: 'finalizing', nextSegment: 3 }] }
    server.answer(working('succeeded'))
    await prepare([video], { state })
    expect(paths()).toEqual(['GET /2/media/upload?command=STATUS&media_id=11'])
    server.answer({ status: 404 }, data())
    await prepare([video], { state })
    expect(paths().at(-1)).toBe('POST /2/media/upload/11/finalize')
  })

  test('an upload that X has lost is started over; a fresh one that it refuses is not', async () => {
    const state = { uploads: [{ id: '11', step: 'sending', nextSegment: 1 }] }
    server.answer({ status: 404 })
    expect((await prepare([video], { state })).result).toMatchObject({
      kind: 'transient',
      startOver: true,
    })
    server.answer({ status: 400, body: { errors: [{ message: 'media type unrecognized' }] } })
    expect((await prepare([video])).result).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('media type unrecognized'),
    })
  })

  test('a video that X cannot process is refused with its words', async () => {
    const error = { message: 'Unsupported codec' }
    server.answer(data(), ok, ok, ok, working('failed', { error }))
    expect((await prepare([video])).result).toMatchObject({
      kind: 'rejected',
      code: 'x_processing_failed',
      message: expect.stringMatching(/film\.mp4.*Unsupported codec/),
    })
  })

  test('slow processing ends the run; the next one only asks', async () => {
    const slow = Array.from({ length: 20 }, () => working('in_progress'))
    server.answer(data(), ok, ok, ok, ...slow)
    const { bench, result } = await prepare([video])
    expect(result).toMatchObject({ kind: 'transient', code: 'x_still_processing' })
    server.answer(working('succeeded'))
    await prepare([video], bench.saved.at(-1))
    expect(paths()).toEqual(['GET /2/media/upload?command=STATUS&media_id=11'])
  })
})

describe('who may upload', () => {
  test('a connection without the scope is told before anything is sent', async () => {
    server.answer()
    const access = makeAccess({ scopes: ['tweet.write'] })
    const { result } = await prepare([photo], undefined, access)
    expect(result).toMatchObject({ kind: 'rejected', code: 'x_media_scope_missing' })
    expect(server.received).toEqual([])
  })

  test('OAuth 1.0a signs the address, not the multipart body', async () => {
    const secrets = { api_key: 'k', api_secret: 's', token_secret: 't' }
    server.answer(data())
    const plain = makeMedia()
    const access = makeAccess({ tokenType: 'oauth1', secrets })
    expect((await prepare([plain], undefined, access)).made.state.uploads).toHaveLength(1)
    expect(server.received[0]?.headers.authorization).toMatch(/^OAuth .*oauth_signature="/)
  })
})
