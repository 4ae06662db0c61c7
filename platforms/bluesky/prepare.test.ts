import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft, Prepared } from '../connector.ts'
import type { Http } from '../http.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeBlueskyConnector } from './connector.ts'

let server: AnswerServer
const now = () => new Date('2026-11-21T12:00:00Z')

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const photo = makeMedia({ altText: 'A cat' })
const film = makeMedia({ kind: 'video', mimeType: 'video/mp4', fileName: 'film.mp4' })

function connector() {
  return makeBlueskyConnector(
    { apiBaseUrl: server.url, authBaseUrl: server.url },
    { confirmQuietMs: 0, now },
  )
}

const account = () => makeAccess({ accountId: 'did:plc:alice', serviceUrl: server.url })

async function prepare(more: Partial<Draft>, prepared?: Prepared) {
  const bench = makeBench(prepared)
  const draft = { ...makeDraft('hi'), ...more }
  const result = await failureOf(connector().prepare?.(draft, account(), server.call, bench))
  return { bench, result, state: Object(result).unexpected?.state }
}

/** The record that a commit with this state would write. */
async function recordOf(draft: Draft, state: Record<string, unknown>) {
  server.answer({
    status: 200,
    body: { uri: 'at://did:plc:alice/app.bsky.feed.post/3k', cid: 'c' },
  })
  await connector().commit(draft, account(), server.call, { state })
  return JSON.parse(server.received[0]?.body ?? '').record
}

const blob = (link: string, mimeType = 'image/jpeg') => ({
  $type: 'blob',
  ref: { $link: link },
  mimeType,
  size: 10,
})
const uploaded = (link: string): Answer => ({ status: 200, body: { blob: blob(link) } })
const ok = (body: object): Answer => ({ status: 200, body })
const token = ok({ token: 'service-token' })
const paths = () => server.received.map(({ path }) => path.replace('/xrpc/', '').split('?')[0])

describe('pictures', () => {
  test('bytes as they are, and the record that shows them', async () => {
    server.answer(uploaded('bafy1'), uploaded('bafy2'))
    const media = [photo, makeMedia({ mimeType: 'image/png' })]
    const { state } = await prepare({ media })
    const [first, second] = server.received
    expect(first).toMatchObject({
      path: '/xrpc/com.atproto.repo.uploadBlob',
      body: '0123456789',
      headers: {
        'content-type': 'image/jpeg',
        'content-length': '10',
        authorization: 'Bearer secret-access-token',
      },
    })
    expect(second?.headers['content-type']).toBe('image/png')
    const { embed } = await recordOf({ ...makeDraft('hi'), media }, state)
    const aspectRatio = { width: 1200, height: 800 }
    expect(embed).toEqual({
      $type: 'app.bsky.embed.images',
      images: [
        { image: blob('bafy1'), alt: 'A cat', aspectRatio },
        { image: blob('bafy2'), alt: '', aspectRatio },
      ],
    })
  })

  test('goes on with the file that failed', async () => {
    server.answer(uploaded('bafy1'), { status: 502 })
    const { bench, result } = await prepare({ media: [photo, photo] })
    expect(result).toMatchObject({ kind: 'transient' })
    server.answer(uploaded('bafy2'))
    const { state } = await prepare({ media: [photo, photo] }, bench.saved.at(-1))
    expect(state.blobs).toEqual([blob('bafy1'), blob('bafy2')])
    expect(server.received).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    [
      '400',
      {
        status: 400,
        body: {
          error: 'BlobTooLarge',
          message: 'This file is too large. It is 1.2MB but the maximum size is 976.56KB.',
        },
      },
    ],
    [
      '400 of a record',
      {
        status: 400,
        body: {
          error: 'InvalidRequest',
          message:
            'Invalid app.bsky.feed.post record: blob too big (maximum 2000000, got 2007205) at $.record.embed.images[0].image',
        },
      },
    ],
    [
      '413',
      { status: 413, body: { error: 'PayloadTooLarge', message: 'request entity too large' } },
    ],
  ])('the limit of a server, %s, in words', async (_name, answer) => {
    server.answer(answer)
    expect((await prepare({ media: [photo] })).result).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_too_large',
      message: expect.stringContaining('make it smaller'),
    })
  })

  test('a post never goes out without its files', async () => {
    server.answer()
    const draft = { ...makeDraft('hi'), media: [photo, photo] }
    const state = { blobs: [blob('bafy1')] }
    const failure = await failureOf(connector().commit(draft, account(), server.call, { state }))
    expect(failure).toMatchObject({ kind: 'transient', startOver: true })
    expect(server.received).toEqual([])
  })
})

describe('videos', () => {
  const job = (state: string, more = {}) => ok({ jobStatus: { jobId: 'j1', state, ...more } })
  const stored = { blob: blob('bafyv', 'video/mp4') }
  const may = ok({ canUpload: true })

  test('by the video service, under tokens of the server', async () => {
    server.answer(
      token,
      may,
      token,
      job('JOB_STATE_CREATED'),
      job('JOB_STATE_ENCODING'),
      job('JOB_STATE_COMPLETED', stored),
    )
    const { state, bench } = await prepare({ media: [film] })
    expect(paths()).toEqual([
      'com.atproto.server.getServiceAuth',
      'app.bsky.video.getUploadLimits',
      'com.atproto.server.getServiceAuth',
      'app.bsky.video.uploadVideo',
      'app.bsky.video.getJobStatus',
      'app.bsky.video.getJobStatus',
    ])
    const asked = new URLSearchParams(server.received[2]?.path.split('?')[1])
    expect(Object.fromEntries(asked)).toEqual({
      aud: `did:web:127.0.0.1%3A${new URL(server.url).port}`,
      lxm: 'com.atproto.repo.uploadBlob',
      exp: String(now().getTime() / 1000 + 1800),
    })
    const [, , , upload, poll] = server.received
    expect(upload?.path).toContain('did=did%3Aplc%3Aalice&name=film.mp4')
    expect(upload?.headers.authorization).toBe('Bearer service-token')
    expect(upload?.body).toBe('0123456789')
    expect(poll?.headers.authorization).toBeUndefined()
    expect(bench.pausesMs).toHaveLength(1)
    expect(JSON.stringify(bench.saved)).not.toContain('token')
    const record = await recordOf({ ...makeDraft('hi'), media: [film] }, state)
    expect(record.embed).toEqual({
      $type: 'app.bsky.embed.video',
      video: stored.blob,
      aspectRatio: { width: 1200, height: 800 },
    })
  })

  test('an answer that is not nested, and a video that is known already', async () => {
    const known = { error: 'already_exists', message: 'Video already processed', jobId: 'j7' }
    server.answer(
      token,
      may,
      token,
      { status: 409, body: known },
      ok({ jobId: 'j7', state: 'JOB_STATE_COMPLETED', ...stored }),
    )
    expect((await prepare({ media: [film] })).state.blobs).toEqual([stored.blob])
    expect(server.received.at(-1)?.path).toContain('jobId=j7')
  })

  test.each<[string, Answer[]]>([
    [
      'a server that stands alone',
      [
        token,
        {
          status: 400,
          body: {
            error: 'InvalidRequest',
            message: 'No service configured for app.bsky.video.getUploadLimits',
          },
        },
        token,
        {
          status: 400,
          body: {
            error: 'InvalidRequest',
            message: 'No service configured for app.bsky.video.uploadVideo',
          },
        },
      ],
    ],
    ['a server without service tokens', [{ status: 501, body: { error: 'MethodNotImplemented' } }]],
    [
      'a service that does not know the server',
      [token, may, token, { status: 401, body: { error: 'Unauthorized' } }],
    ],
  ])('%s: straight into the repository', async (_name, answers) => {
    server.answer(...answers, uploaded('bafyv'))
    expect((await prepare({ media: [film] })).state.blobs).toEqual([blob('bafyv')])
    expect(paths().at(-1)).toBe('com.atproto.repo.uploadBlob')
  })

  test('an account that may not upload is told why', async () => {
    server.answer(token, ok({ canUpload: false, message: 'Please verify your e-mail.' }))
    expect((await prepare({ media: [film] })).result).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_video_not_allowed',
      message: expect.stringContaining('verify your e-mail'),
    })
  })

  test.each([
    ['validation_failure', { kind: 'rejected', code: 'bluesky_processing_failed' }],
    ['pds_upload_unsupported_blob_size', { kind: 'rejected' }],
    ['pds_upload_failure', { kind: 'transient', startOver: true }],
    ['generic_failure', { kind: 'transient', startOver: true }],
  ])('a job that ends with %s', async (failureCode, expected) => {
    server.answer(job('JOB_STATE_FAILED', { failureCode, message: 'No luck' }))
    const prepared = { state: { videoJobId: 'j1' } }
    expect((await prepare({ media: [film] }, prepared)).result).toMatchObject(expected)
  })

  test('slow work is asked about again, never uploaded again', async () => {
    const slow = Array.from({ length: 20 }, () => job('JOB_STATE_ENCODING'))
    server.answer(token, may, token, job('JOB_STATE_CREATED'), ...slow)
    const { bench, result } = await prepare({ media: [film] })
    expect(result).toMatchObject({ kind: 'transient', code: 'bluesky_still_processing' })
    server.answer(job('JOB_STATE_COMPLETED', stored))
    await prepare({ media: [film] }, bench.saved.at(-1))
    expect(paths()).toEqual(['app.bsky.video.getJobStatus'])
  })
})

describe('link cards', () => {
  const page = (html: string): Answer => ({
    status: 200,
    body: html,
    headers: { 'content-type': 'text/html' },
  })
  const carded = (link_card: unknown, prepared?: Prepared) =>
    prepare({ settings: { link_card } }, prepared)

  test('what is given wins over what the page says; the picture is its own', async () => {
    const html =
      '<title>Theirs</title><meta property="og:description" content="About"><meta property="og:image" content="p.png">'
    const picture = { status: 200, body: 'png', headers: { 'content-type': 'image/png' } }
    server.answer(
      { status: 302, headers: { location: '/to/page' } },
      page(html),
      picture,
      uploaded('t'),
    )
    const { state } = await carded({ url: `${server.url}/from`, title: 'Ours' })
    expect(server.received.map(({ path }) => path)).toEqual([
      '/from',
      '/to/page',
      '/to/p.png',
      '/xrpc/com.atproto.repo.uploadBlob',
    ])
    expect(server.received[0]?.headers.authorization).toBeUndefined()
    expect(state).toMatchObject({
      card: { uri: `${server.url}/from`, title: 'Ours', description: 'About', thumb: blob('t') },
      warnings: [],
    })
    const { embed } = await recordOf(makeDraft('hi'), state)
    expect(embed).toEqual({ $type: 'app.bsky.embed.external', external: state.card })
  })

  test.each<[string, Answer]>([
    [
      'too large',
      { status: 200, body: 'x'.repeat(1_000_001), headers: { 'content-type': 'image/png' } },
    ],
    ['no picture', { status: 200, body: '<svg/>', headers: { 'content-type': 'image/svg+xml' } }],
    ['gone', { status: 404 }],
  ])('a picture that is %s is left out', async (_name, picture) => {
    server.answer(page('<title>T</title><meta property="og:image" content="/p">'), picture)
    const { state } = await carded({ url: `${server.url}/` })
    expect(state.card).toEqual({ uri: `${server.url}/`, title: 'T', description: '' })
  })

  test('a page that leads in circles or cannot be read: its address, and a warning', async () => {
    const circle = { status: 302, headers: { location: '/' } }
    server.answer(...Array.from({ length: 9 }, () => circle))
    const { state } = await carded({ url: `${server.url}/` })
    expect(server.received).toHaveLength(5)
    expect(state.card).toMatchObject({ title: new URL(server.url).host, description: '' })
    expect(state.warnings).toMatchObject([{ code: 'bluesky_card_without_preview' }])
  })

  test.each<[unknown, string[]]>([
    [true, ['https://first.example.com/']],
    [{ url: 'https://c.example.com/x' }, ['https://c.example.com/x']],
    [false, []],
    [undefined, []],
  ])('asked for as %j it looks at %j', async (link_card, pages) => {
    const asked: string[] = []
    const download: Http['download'] = async ({ url }) => {
      asked.push(String(url))
      const headers = new Headers()
      return { status: 404, headers, body: Readable.from([]), cancel: () => undefined }
    }
    const call = { ...server.call, http: { ...server.http, download } }
    const draft = makeDraft('see first.example.com and b.org', { link_card })
    await connector().prepare?.(draft, account(), call, makeBench())
    expect(asked).toEqual(pages)
  })

  test('a card that was made is not made again', async () => {
    server.answer()
    const card = { uri: 'https://a.com/', title: 'A', description: '' }
    const { state } = await carded({ url: 'https://a.com' }, { state: { card } })
    expect(state.card).toEqual(card)
    expect(server.received).toEqual([])
  })
})

describe('quotes, replies and gates', () => {
  const uri = 'at://did:plc:bob/app.bsky.feed.post/3k'

  test('a quote by address, beside pictures', async () => {
    server.answer(uploaded('bafy1'), ok({ did: 'did:plc:bob' }), ok({ uri, cid: 'q' }))
    const settings = { quote_uri: 'https://bsky.app/profile/bob.test/post/3k' }
    const { state } = await prepare({ media: [photo], settings })
    const record = 'repo=did%3Aplc%3Abob&collection=app.bsky.feed.post&rkey=3k'
    expect(server.received.at(-1)?.path).toBe(`/xrpc/com.atproto.repo.getRecord?${record}`)
    const { embed } = await recordOf({ ...makeDraft('hi'), media: [photo] }, state)
    expect(embed).toMatchObject({
      $type: 'app.bsky.embed.recordWithMedia',
      record: { $type: 'app.bsky.embed.record', record: { uri, cid: 'q' } },
      media: { $type: 'app.bsky.embed.images' },
    })
  })

  test.each([
    ['here', { error: 'RecordNotFound', message: 'Could not locate record: at://…' }],
    ['on another server', { error: 'InvalidRequest', message: 'Could not locate record' }],
  ])('a quote that is gone %s stops the post', async (_where, body) => {
    server.answer({ status: 400, body })
    expect((await prepare({ settings: { quote_uri: uri } })).result).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_quote_not_found',
    })
  })

  const ref = (name: string, collection = 'app.bsky.feed.post') => ({
    platformPostId: `at://did:plc:alice/${collection}/${name}`,
    metadata: { cid: `cid-${name}` },
  })

  test('a reply names root and parent; an addition between them is nothing to answer', async () => {
    const settings = { langs: ['en'], tags: ['once'], labels: ['nudity'] }
    const reply = { ...makeDraft('next', settings), role: 'reply' as const, root: ref('1') }
    const root = { uri: ref('1').platformPostId, cid: 'cid-1' }
    const record = await recordOf({ ...reply, parent: ref('2') }, {})
    expect(record.reply).toEqual({ root, parent: { uri: ref('2').platformPostId, cid: 'cid-2' } })
    expect(record).toMatchObject({ langs: ['en'], labels: { values: [{ val: 'nudity' }] } })
    expect(record).not.toHaveProperty('tags')
    const gate = ref('1', 'app.bsky.feed.threadgate')
    expect((await recordOf({ ...reply, parent: gate }, {})).reply).toEqual({ root, parent: root })
  })

  test('the version of a part that a person found is read, once for both ends', async () => {
    const root = { platformPostId: ref('1').platformPostId }
    const reply = { ...makeDraft('next'), role: 'reply' as const, root, parent: root }
    server.answer(ok({ uri: root.platformPostId, cid: 'read' }))
    const { state } = await prepare(reply)
    expect(paths()).toEqual(['com.atproto.repo.getRecord'])
    const version = { uri: root.platformPostId, cid: 'read' }
    const record = await recordOf(reply, state)
    expect(record.reply).toEqual({ root: version, parent: version })
    server.answer()
    expect((await prepare(reply, { state })).state).toEqual(state)
    expect(server.received).toEqual([])
  })

  test('only the end whose version is unknown is read', async () => {
    const parent = { platformPostId: ref('2').platformPostId }
    const reply = { ...makeDraft('next'), role: 'reply' as const, root: ref('1'), parent }
    server.answer(ok({ uri: parent.platformPostId, cid: 'read' }))
    expect((await prepare(reply)).state.answered).toEqual({
      root: { uri: ref('1').platformPostId, cid: 'cid-1' },
      parent: { uri: parent.platformPostId, cid: 'read' },
    })
    expect(server.received[0]?.path).toContain('rkey=2')
  })

  test('an answer to what is gone is refused, one to what cannot be read comes back', async () => {
    const root = { platformPostId: ref('1').platformPostId }
    const reply = { ...makeDraft('next'), role: 'reply' as const, root, parent: root }
    server.answer({ status: 400, body: { error: 'RecordNotFound' } })
    expect((await prepare(reply)).result).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_parent_not_found',
    })
    server.answer({ status: 502 })
    expect((await prepare(reply)).result).toMatchObject({ kind: 'transient' })
  })

  test('a parent without its version is refused before anything is sent', async () => {
    server.answer()
    const root = { platformPostId: ref('1').platformPostId }
    const draft = { ...makeDraft('next'), role: 'reply' as const, root, parent: root }
    const failure = await failureOf(
      connector().commit(draft, account(), server.call, { state: {} }),
    )
    expect(failure).toMatchObject({ kind: 'rejected', code: 'bluesky_parent_unknown' })
    expect(server.received).toEqual([])
  })

  test.each<[string, object]>([
    ['threadgate', { allow: [{ $type: 'app.bsky.feed.threadgate#mentionRule' }] }],
    ['postgate', { embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }] }],
  ])('%s: under the key of the post, and found there', async (extra, rules) => {
    const settings = { threadgate: { allow: ['mention'] }, disable_quotes: true }
    const draft = { ...makeDraft('hi', settings), role: 'extra' as const, extra, root: ref('3k') }
    const written = ok({ uri: `at://did:plc:alice/app.bsky.feed.${extra}/3k`, cid: 'g' })
    server.answer(written)
    const made = await connector().commit(draft, account(), server.call, { state: {} })
    expect(made).toMatchObject({ permalink: null, metadata: { cid: 'g' } })
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({
      collection: `app.bsky.feed.${extra}`,
      rkey: '3k',
      record: { post: ref('3k').platformPostId, ...rules },
    })
    const attempt = { draft, startedAt: now(), sendBefore: new Date(0) }
    server.answer(written)
    expect(await connector().confirm?.(attempt, account(), server.call)).toMatchObject({
      outcome: 'found',
    })
    server.answer({ status: 400, body: { error: 'RecordNotFound' } })
    expect(await connector().confirm?.(attempt, account(), server.call)).toEqual({
      outcome: 'absent',
    })
  })

  test('gates are additions only when asked for; an empty list means nobody', () => {
    const extras = (settings: Record<string, unknown>) =>
      connector().extras?.({ text: 'hi', settings, media: [], attached: {}, thread: [] })
    expect(extras({})).toEqual([])
    expect(extras({ threadgate: { allow: [] }, disable_quotes: false })).toEqual(['threadgate'])
    expect(extras({ disable_quotes: true })).toEqual(['postgate'])
  })
})
