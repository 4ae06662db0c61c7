import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeLinkedinConnector } from './connector.ts'

let server: AnswerServer
const access = makeAccess({ accountId: 'urn:li:person:a1' })
const image = makeMedia()
const video = makeMedia({ kind: 'video', mimeType: 'video/mp4', bytes: 10 })

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function prepare(media: Media[], bench = makeBench()) {
  const hosts = { apiBaseUrl: server.url, authBaseUrl: server.url }
  const connector = makeLinkedinConnector(hosts, { confirmQuietMs: 0, now: () => new Date() })
  const draft = { ...makeDraft('x'), media }
  return connector.prepare?.(draft, access, server.call, bench)
}

const secretAddress = (name: string) => `${server.url}/secret-upload/${name}`
const available = { status: 200, body: { status: 'AVAILABLE' } }
const asset = (more: object) => ({
  urn: 'urn:li:video:v',
  etags: [],
  uploaded: false,
  ready: false,
  ...more,
})
const begun = (more: object = {}) => ({
  status: 200,
  body: {
    value: {
      video: 'urn:li:video:v',
      uploadToken: 'secret-token',
      uploadUrlsExpireAt: Date.now() + 3_600_000,
      uploadInstructions: [
        { uploadUrl: secretAddress('b'), firstByte: 4, lastByte: 7 },
        { uploadUrl: secretAddress('a'), firstByte: 0, lastByte: 3 },
        { uploadUrl: secretAddress('c'), firstByte: 8, lastByte: 9 },
      ],
      ...more,
    },
  },
})
const part = (etag: string): Answer => ({ status: 200, headers: { etag } })
const calls = () => server.received.map(({ method, path }) => `${method} ${path}`)

describe('an image', () => {
  test('is announced, sent with the token, and watched', async () => {
    const bench = makeBench()
    server.answer(
      { status: 200, body: { value: { uploadUrl: secretAddress('i'), image: 'urn:li:image:i' } } },
      { status: 201 },
      { status: 200, body: { status: 'PROCESSING' } },
      available,
    )
    const ready = { urn: 'urn:li:image:i', etags: [], uploaded: true, ready: true }
    expect(await prepare([image], bench)).toEqual({ state: { assets: [ready] } })
    expect(calls()).toEqual([
      'POST /rest/images?action=initializeUpload',
      'PUT /secret-upload/i',
      'GET /rest/images/urn%3Ali%3Aimage%3Ai',
      'GET /rest/images/urn%3Ali%3Aimage%3Ai',
    ])
    expect(server.received[1]).toMatchObject({
      body: '0123456789',
      headers: { authorization: 'Bearer secret-access-token', 'content-type': 'image/jpeg' },
    })
    expect(bench.pausesMs).toEqual([1_000])
    expect(JSON.stringify(bench.saved)).not.toContain('secret')
  })

  test('whose state a member may not see gets one wait', async () => {
    const bench = makeBench()
    server.answer(
      { status: 200, body: { value: { uploadUrl: secretAddress('i'), image: 'urn:li:image:i' } } },
      { status: 201 },
      { status: 403, body: {} },
      { status: 403, body: {} },
    )
    await prepare([image], bench)
    expect(bench.pausesMs).toHaveLength(1)
  })

  test('that is there already is not sent again', async () => {
    const assets = [{ urn: 'urn:li:image:i', etags: [], uploaded: true, ready: true }]
    server.answer()
    expect(await prepare([image], makeBench({ state: { assets } }))).toEqual({ state: { assets } })
    expect(server.received).toEqual([])
  })
})

describe('a video', () => {
  test('goes in parts without the token, remembered one by one', async () => {
    const bench = makeBench()
    server.answer(begun(), part('e1'), part('e2'), part('e3'), { status: 200 }, available)
    await prepare([video], bench)
    expect(calls()).toEqual([
      'POST /rest/videos?action=initializeUpload',
      'PUT /secret-upload/a',
      'PUT /secret-upload/b',
      'PUT /secret-upload/c',
      'POST /rest/videos?action=finalizeUpload',
      'GET /rest/videos/urn%3Ali%3Avideo%3Av',
    ])
    expect(server.received.slice(1, 4).map(({ body }) => body)).toEqual(['0123', '4567', '89'])
    expect(server.received[1]?.headers.authorization).toBeUndefined()
    expect(JSON.parse(server.received[4]?.body ?? '')).toEqual({
      finalizeUploadRequest: {
        video: 'urn:li:video:v',
        uploadToken: 'secret-token',
        uploadedPartIds: ['e1', 'e2', 'e3'],
      },
    })
    const etags = bench.saved.map(({ state }) => Object(state).assets[0].etags.length)
    expect(etags).toEqual([0, 1, 2, 3, 3, 3])
    expect(JSON.stringify(bench.saved.map(({ state }) => state))).not.toContain('secret')
  })

  const saved = (etags: string[], more: object = {}): Prepared => {
    const { uploadToken: token, uploadInstructions } = begun().body.value
    const parts = uploadInstructions.toSorted((a, b) => a.firstByte - b.firstByte)
    const secrets = { video_upload: JSON.stringify({ token, parts }) }
    return {
      state: { assets: [asset({ etags, expiresAt: Date.now() + 3_600_000, ...more })] },
      secrets,
    }
  }

  test('continues at the part that is missing', async () => {
    server.answer(part('e3'), { status: 200 }, available)
    await prepare([video], makeBench(saved(['e1', 'e2'])))
    expect(calls()[0]).toBe('PUT /secret-upload/c')
    expect(server.received[0]?.body).toBe('89')
  })

  test('starts anew when its addresses have ended', async () => {
    server.answer({ status: 500 })
    await failureOf(prepare([video], makeBench(saved(['e1'], { expiresAt: Date.now() }))))
    expect(calls()).toEqual(['POST /rest/videos?action=initializeUpload'])
  })

  test('that was finalized by a try whose answer was lost goes on', async () => {
    server.answer(
      { status: 400, body: {} },
      { status: 200, body: { status: 'PROCESSING' } },
      available,
    )
    expect(await prepare([video], makeBench(saved(['e1', 'e2', 'e3'])))).toMatchObject({
      state: { assets: [{ ready: true }] },
    })
  })

  test.each<[string, () => Answer[], Record<string, unknown>]>([
    [
      'a refused part starts over',
      () => [begun(), { status: 403 }],
      { kind: 'transient', startOver: true },
    ],
    [
      'a part without ETag too',
      () => [begun(), { status: 200 }],
      { kind: 'transient', startOver: true },
    ],
    ['a busy storage', () => [begun(), { status: 503 }], { kind: 'transient', startOver: false }],
    [
      'failed processing',
      () => [
        begun(),
        part('1'),
        part('2'),
        part('3'),
        { status: 200 },
        { status: 200, body: { status: 'PROCESSING_FAILED', processingFailureReason: 'codec' } },
      ],
      { kind: 'rejected', code: 'linkedin_processing_failed' },
    ],
    [
      'slow processing',
      () => [
        begun(),
        part('1'),
        part('2'),
        part('3'),
        { status: 200 },
        ...Array.from({ length: 20 }, () => ({ status: 200, body: { status: 'PROCESSING' } })),
      ],
      { kind: 'transient', code: 'linkedin_still_processing' },
    ],
  ])('%s', async (_name, answers, failure) => {
    server.answer(...answers())
    const error = await failureOf(prepare([video]))
    expect(error).toMatchObject(failure)
    expect(Object(error).message).not.toContain('secret')
  })

  test('an upload that breaks off names no address', async () => {
    const gone = { uploadUrl: 'http://127.0.0.1:1/secret-upload', firstByte: 0, lastByte: 9 }
    server.answer(begun({ uploadInstructions: [gone] }))
    const error = Object(await failureOf(prepare([video])))
    expect(error.kind).toMatch(/transient|rejected/)
    expect(error.cause).toBeUndefined()
  })
})
