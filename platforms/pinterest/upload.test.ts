import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makePinterestConnector } from './connector.ts'

let server: AnswerServer
const video = makeMedia({ kind: 'video', mimeType: 'video/mp4', fileName: 'a.mp4' })

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function prepare(bench = makeBench(), media = [video]) {
  const hosts = { apiBaseUrl: server.url, authBaseUrl: server.url }
  const connector = makePinterestConnector(hosts, { confirmQuietMs: 0, now: () => new Date() })
  const draft = { ...makeDraft('x', { board_id: '5' }), media }
  return connector.prepare?.(draft, makeAccess(), server.call, bench)
}

const address = () => `${server.url}/secret-bucket`
const registered = () => ({
  status: 201,
  body: {
    media_id: '9',
    media_type: 'video',
    upload_url: address(),
    upload_parameters: { key: 'uploads/secret-key', policy: 'secret-policy' },
  },
})
const status = (value: string): Answer => ({ status: 200, body: { status: value } })
const saved = (): Prepared => ({
  state: { mediaId: '9', uploaded: false, ready: false },
  secrets: { upload_url: address(), upload_parameters: '{"key":"secret-key"}' },
})
const calls = () => server.received.map(({ method, path }) => `${method} ${path}`)
const done = { state: { mediaId: '9', uploaded: true, ready: true } }

describe('a video', () => {
  test('is registered, sent as a form without the token, and watched', async () => {
    const bench = makeBench()
    server.answer(registered(), { status: 204 }, status('processing'), status('succeeded'))
    expect(await prepare(bench)).toEqual(done)
    expect(calls()).toEqual([
      'POST /v5/media',
      'POST /secret-bucket',
      'GET /v5/media/9',
      'GET /v5/media/9',
    ])
    const { headers, body = '' } = server.received[1] ?? {}
    expect(headers?.authorization).toBeUndefined()
    const names = [...body.matchAll(/name="([^"]+)"/g)].map(([, name]) => name)
    expect(names).toEqual(['key', 'policy', 'file', 'a.mp4'])
    expect(body).toContain('\r\n\r\n0123456789\r\n')
    expect(bench.pausesMs).toEqual([1_000])
    expect(JSON.stringify(bench.saved.map(({ state }) => state))).not.toContain('secret')
    expect(bench.saved.at(-1)).toEqual(done)
  })

  test('whose upload was cut off is sent again under the same number', async () => {
    server.answer(status('registered'), { status: 204 }, status('succeeded'))
    expect(await prepare(makeBench(saved()))).toEqual(done)
    expect(calls()).toEqual(['GET /v5/media/9', 'POST /secret-bucket', 'GET /v5/media/9'])
  })

  test('that had arrived is not sent again', async () => {
    server.answer(status('processing'), status('succeeded'))
    expect(await prepare(makeBench(saved()))).toEqual(done)
    expect(calls()).toEqual(['GET /v5/media/9', 'GET /v5/media/9'])
  })

  test('that is ready asks nothing', async () => {
    server.answer()
    expect(await prepare(makeBench(done))).toEqual(done)
    expect(server.received).toEqual([])
  })

  test.each<[string, () => Answer[], Record<string, unknown>]>([
    [
      'a refused upload starts over',
      () => [registered(), { status: 403, body: '<Error/>' }],
      { kind: 'transient', code: 'pinterest_upload_refused', startOver: true },
    ],
    [
      'a busy storage does not',
      () => [registered(), { status: 503, body: '<Error/>' }],
      { kind: 'transient', startOver: false },
    ],
    [
      'failed processing',
      () => [registered(), { status: 204 }, status('failed')],
      { kind: 'rejected', code: 'pinterest_processing_failed' },
    ],
    [
      'slow processing',
      () => [registered(), { status: 204 }, ...Array(20).fill(status('processing'))],
      { kind: 'transient', code: 'pinterest_still_processing' },
    ],
  ])('%s', async (_name, answers, failure) => {
    server.answer(...answers())
    expect(await failureOf(prepare())).toMatchObject(failure)
  })

  test('a broken upload names no address', async () => {
    const broken = registered()
    broken.body.upload_url = 'http://127.0.0.1:1/secret-bucket'
    server.answer(broken)
    const error = Object(await failureOf(prepare()))
    expect(error.cause).toBeUndefined()
    expect(error.message).not.toContain('secret')
  })
})

test('images need no preparation', async () => {
  server.answer()
  expect(await prepare(makeBench(), [makeMedia()])).toEqual({ state: {} })
  expect(server.received).toEqual([])
})
