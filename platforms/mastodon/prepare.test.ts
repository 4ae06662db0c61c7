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
import { MASTODON_HOSTS, makeMastodonConnector } from './connector.ts'

let server: AnswerServer
const now = () => new Date('2026-11-21T13:00:00Z')
const mastodon = makeMastodonConnector(MASTODON_HOSTS, { confirmQuietMs: 60_000, now })

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const account = () => makeAccess({ serviceUrl: server.url, accountId: 'host.example/42' })
const photo = makeMedia({ altText: 'A “cat”' })
const film = makeMedia({ kind: 'video', mimeType: 'video/mp4', fileName: 'film.mp4' })

async function prepare(more: Partial<Draft>, prepared?: Prepared) {
  const bench = makeBench(prepared)
  const draft = { ...makeDraft('hi'), ...more }
  const result = await failureOf(mastodon.prepare?.(draft, account(), server.call, bench))
  return { bench, result, made: Object(result).unexpected }
}

const media = (status: number, id = '11'): Answer => ({ status, body: { id, url: null } })
const refusal = (status: number, error: string): Answer => ({ status, body: { error } })
const paths = () => server.received.map(({ method, path }) => `${method} ${path}`)

describe('prepare', () => {
  test('each file in one streamed request of known length, with its words and focus', async () => {
    server.answer(media(200, '11'), media(200, '12'))
    const settings = { focus: ['0.5,-0.25', ''] }
    const { made } = await prepare({ media: [photo, makeMedia()], settings })
    expect(made).toEqual({ state: { mediaIds: ['11', '12'] } })
    const [first, second] = server.received
    expect(first).toMatchObject({ method: 'POST', path: '/api/v2/media' })
    expect(first?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(first?.headers['content-length']).toBe(String(Buffer.byteLength(first?.body ?? '')))
    expect(first?.body).toContain('name="description"\r\n\r\nA “cat”\r\n')
    expect(first?.body).toContain('name="focus"\r\n\r\n0.5,-0.25\r\n')
    expect(first?.body).toContain(
      'name="file"; filename="photo.jpg"\r\ncontent-type: image/jpeg\r\n\r\n0123456789\r\n',
    )
    expect(second?.body).not.toMatch(/description|focus/)
  })

  test('waits for what the server still works on', async () => {
    server.answer(media(202), media(206), media(206), media(200))
    const { bench, made } = await prepare({ media: [film] })
    expect(made.state.mediaIds).toEqual(['11'])
    expect(paths().slice(1)).toEqual(Array(3).fill('GET /api/v1/media/11'))
    expect(bench.pausesMs).toHaveLength(2)
  })

  test('too slow for one run: the next one asks and sends nothing', async () => {
    server.answer(media(202), ...Array.from({ length: 20 }, () => media(206)))
    const { bench, result } = await prepare({ media: [film] })
    expect(result).toMatchObject({ kind: 'transient', code: 'mastodon_still_processing' })
    server.answer(media(200))
    await prepare({ media: [film] }, bench.saved.at(-1))
    expect(paths()).toEqual(['GET /api/v1/media/11'])
  })

  test('goes on with the file that failed', async () => {
    server.answer(media(200, '11'), { status: 503 })
    const { bench, result } = await prepare({ media: [photo, photo] })
    expect(result).toMatchObject({ kind: 'transient' })
    server.answer(media(200, '12'), media(200, '11'))
    const { made } = await prepare({ media: [photo, photo] }, bench.saved.at(-1))
    expect(made.state.mediaIds).toEqual(['11', '12'])
    expect(paths()).toEqual(['POST /api/v2/media', 'GET /api/v1/media/11'])
  })

  test.each<[string, Answer, object]>([
    ['gone', refusal(404, 'Record not found'), { kind: 'transient', startOver: true }],
    ['unusable', refusal(422, 'failed'), { kind: 'rejected', code: 'mastodon_processing_failed' }],
    ['down', { status: 502 }, { kind: 'transient' }],
  ])('a saved file that is %s', async (_name, answer, expected) => {
    server.answer(answer)
    const prepared = { state: { mediaIds: ['11'] } }
    expect((await prepare({ media: [film] }, prepared)).result).toMatchObject(expected)
  })

  test('a type that the server refuses, in its words', async () => {
    server.answer(refusal(422, 'Validation failed: File content type is invalid'))
    expect((await prepare({ media: [photo] })).result).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('content type is invalid'),
    })
  })
})

describe('the body of each part', () => {
  const settings = {
    visibility: 'unlisted',
    spoiler_text: 'careful',
    sensitive: true,
    language: 'de',
    poll: { options: ['a', 'b'], expires_in: 300 },
  }
  const bodyOf = async (more: Partial<Draft>, mediaIds: string[] = []) => {
    server.answer({ status: 200, body: { id: '9' } })
    const draft = { ...makeDraft('hi', settings), ...more }
    await mastodon.commit(draft, account(), server.call, { state: { mediaIds } })
    return JSON.parse(server.received[0]?.body ?? '')
  }

  test('the post opens with everything, its thread keeps audience and warning', async () => {
    expect(await bodyOf({})).toEqual({ status: 'hi', ...settings })
    const { poll: _poll, ...shared } = settings
    const reply = { role: 'reply' as const, parent: { platformPostId: '7' } }
    expect(await bodyOf(reply)).toEqual({ status: 'hi', ...shared, in_reply_to_id: '7' })
  })

  test('files by their ids; an answer to a post of others', async () => {
    const more = { settings: { in_reply_to_id: '3', focus: ['0,0'] }, media: [photo] }
    expect(await bodyOf(more, ['11'])).toEqual({
      status: 'hi',
      media_ids: ['11'],
      in_reply_to_id: '3',
    })
  })

  test('never without its files', async () => {
    server.answer()
    const draft = { ...makeDraft('hi'), media: [photo] }
    const failure = await failureOf(mastodon.commit(draft, account(), server.call))
    expect(failure).toMatchObject({ kind: 'transient', startOver: true })
    expect(server.received).toEqual([])
  })

  test('a server that leaves the quote out is told about', async () => {
    const draft = makeDraft('hi', { quoted_status_id: '5' })
    for (const [quote, warnings] of [
      [undefined, [{ code: 'mastodon_quote_left_out' }]],
      [{ state: 'pending' }, undefined],
    ] as const) {
      server.answer({ status: 200, body: { id: '9', quote } })
      const made = await mastodon.commit(draft, account(), server.call)
      if (warnings) expect(made).toMatchObject({ warnings })
      else expect(made).not.toHaveProperty('warnings')
    }
  })

  test('files that the server calls used or gone leave the outcome open', async () => {
    server.answer(refusal(422, 'Media 11 could not be found'))
    const draft = { ...makeDraft('hi'), media: [photo] }
    const prepared = { state: { mediaIds: ['11'] } }
    expect(await failureOf(mastodon.commit(draft, account(), server.call, prepared))).toMatchObject(
      {
        kind: 'outcome_unknown',
        code: 'mastodon_media_gone',
      },
    )
  })
})

describe('confirm', () => {
  const created_at = '2026-11-21T12:00:01.000Z'
  const old = { id: '1', created_at: '2026-11-21T11:58:59.000Z' }
  const listed = (id: string, files: string[] = [], more: object = {}) => ({
    id,
    created_at,
    in_reply_to_id: null,
    media_attachments: files.map((file) => ({ id: file })),
    ...more,
  })
  const list = (...statuses: object[]): Answer => ({ status: 200, body: [...statuses, old] })
  const source = (text: string): Answer => ({ status: 200, body: { text, spoiler_text: '' } })
  const prepared = { state: { mediaIds: ['11'] } }
  const confirm = (draft: Partial<Draft>, more: Partial<Attempt> = {}) =>
    mastodon.confirm?.(makeAttempt({ ...makeDraft('hi'), ...draft }, more), account(), server.call)

  test('the id of a file proves the post, whatever its text', async () => {
    server.answer(list(listed('3', ['99']), listed('2', ['11'])))
    const found = await confirm({ text: '', media: [photo] }, { prepared })
    expect(found).toMatchObject({ outcome: 'found', post: { platformPostId: '2' } })
    expect(server.received).toHaveLength(1)
  })

  test('without it the same text with as many files counts', async () => {
    server.answer(list(listed('4'), listed('3', ['98', '99']), listed('2', ['99'])), source('hi'))
    expect(await confirm({ media: [photo] }, { prepared })).toMatchObject({
      post: { platformPostId: '2' },
    })
    expect(server.received[1]?.path).toBe('/api/v1/statuses/2/source')
  })

  test('no text and other files prove nothing', async () => {
    server.answer(list(listed('2', ['99'])), source(''))
    expect(await confirm({ text: '', media: [photo] }, { prepared })).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test('absent only while the files are free, or the server itself denied them', async () => {
    const free = media(200)
    const taken = refusal(404, 'Record not found')
    const draft = { media: [photo] }
    server.answer(list(), free)
    expect(await confirm(draft, { prepared })).toEqual({ outcome: 'absent' })
    server.answer(list(), taken)
    expect(await confirm(draft, { prepared })).toMatchObject({ outcome: 'cannot_tell' })
    server.answer(list())
    const denied = { prepared, failureCode: 'mastodon_media_gone' }
    expect(await confirm(draft, denied)).toEqual({ outcome: 'absent' })
  })

  test('the same words under another parent are another post', async () => {
    const reply = { role: 'reply' as const, parent: { platformPostId: '7' } }
    const same = (parentId: string | null) => listed('2', [], { in_reply_to_id: parentId })
    server.answer(list(same('7')), source('hi'))
    expect(await confirm(reply)).toMatchObject({ outcome: 'found' })
    for (const parentId of ['8', null]) {
      server.answer(list(same(parentId)))
      expect(await confirm(reply)).toEqual({ outcome: 'absent' })
    }
    server.answer(list(same('7')))
    expect(await confirm({})).toEqual({ outcome: 'absent' })
  })
})

describe('lookup', () => {
  test.each<[string, Answer, object]>([
    [
      'live',
      { status: 200, body: { id: '9', url: 'https://m.test/@a/9' } },
      { state: 'live', permalink: 'https://m.test/@a/9' },
    ],
    ['removed', refusal(404, 'Record not found'), { state: 'removed' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await mastodon.lookup?.({ platformPostId: '9' }, account(), server.call)).toEqual(
      expected,
    )
  })
})
