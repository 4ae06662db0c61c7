import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import {
  failureOf,
  makeAccess,
  makeAttempt,
  makeContent,
  makeDraft,
  makeMedia,
} from '../testing/drafts.ts'
import { makeBlueskyConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const clock = { confirmQuietMs: 60_000, now: () => now }
const access = makeAccess({ accountId: 'did:plc:alice' })

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function bluesky() {
  return makeBlueskyConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, clock)
}

const commit = (text = 'hi', settings = {}) =>
  bluesky().commit(makeDraft(text, settings), access, server.call)
const xrpcError = (status: number, error: string, message = 'text'): Answer => ({
  status,
  body: { error, message },
})
const written: Answer = {
  status: 200,
  body: { uri: 'at://did:plc:alice/app.bsky.feed.post/3abc', cid: 'bafy' },
}
const stored = (text: string, createdAt = '2026-11-21T12:00:00.123Z'): Answer => ({
  status: 200,
  body: { ...Object(written.body), value: { text, createdAt } },
})

describe('what a PDS answers to a post', () => {
  test.each<[string, Answer, Record<string, unknown>]>([
    ['429', xrpcError(429, 'RateLimitExceeded'), { kind: 'rate_limited' }],
    [
      'expired',
      xrpcError(400, 'ExpiredToken'),
      { kind: 'auth_expired', code: 'bluesky_token_expired' },
    ],
    ['invalid token', xrpcError(400, 'InvalidToken'), { kind: 'auth_expired' }],
    ['no token', xrpcError(401, 'AuthMissing'), { kind: 'auth_expired' }],
    ['other 401', { status: 401 }, { kind: 'auth_expired', code: 'bluesky_unauthorized' }],
    [
      'bad password',
      xrpcError(401, 'AuthenticationRequired'),
      { kind: 'auth_revoked', code: 'bluesky_login_refused' },
    ],
    ['second factor', xrpcError(401, 'AuthFactorTokenRequired'), { kind: 'auth_revoked' }],
    [
      'takedown',
      xrpcError(401, 'AccountTakedown'),
      { kind: 'auth_revoked', code: 'bluesky_account_closed' },
    ],
    ['deactivated', xrpcError(401, 'AccountDeactivated'), { kind: 'auth_revoked' }],
    ['account gone', xrpcError(403, 'AccountNotFound'), { kind: 'auth_revoked' }],
    [
      'invalid record',
      xrpcError(400, 'InvalidRequest', 'Invalid app.bsky.feed.post record'),
      { kind: 'rejected', code: 'bluesky_invalid_request' },
    ],
    [
      'too large',
      xrpcError(413, 'PayloadTooLarge'),
      { kind: 'rejected', code: 'bluesky_too_large' },
    ],
    ['blob type', xrpcError(400, 'InvalidMimeType'), { kind: 'rejected' }],
    ['blob gone', xrpcError(400, 'BlobNotFound'), { kind: 'transient', startOver: true }],
    ['scope', xrpcError(403, 'Forbidden'), { kind: 'rejected', code: 'bluesky_forbidden' }],
    ['500', xrpcError(500, 'InternalServerError'), { kind: 'outcome_unknown' }],
    ['502', xrpcError(502, 'UpstreamFailure'), { kind: 'outcome_unknown' }],
    ['503', { status: 503 }, { kind: 'outcome_unknown' }],
    ['504', xrpcError(504, 'UpstreamTimeout'), { kind: 'outcome_unknown' }],
    ['301', { status: 301 }, { kind: 'transient' }],
    [
      '200 without uri',
      { status: 200, body: {} },
      { kind: 'outcome_unknown', code: 'unreadable_answer' },
    ],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(commit())).toMatchObject(expected)
  })

  test('the record on the wire: frozen time, own key, null swap, settings', async () => {
    server.answer(written)
    await commit('hi', { langs: ['de'], labels: ['porn'], tags: ['extra'] })
    const body = JSON.parse(server.received[0]?.body ?? '')
    expect(body).toEqual({
      repo: 'did:plc:alice',
      collection: 'app.bsky.feed.post',
      rkey: expect.stringMatching(/^3[a-z2-7]{12}$/),
      swapRecord: null,
      record: {
        $type: 'app.bsky.feed.post',
        text: 'hi',
        createdAt: '2026-11-21T12:00:00.123Z',
        langs: ['de'],
        tags: ['extra'],
        labels: { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'porn' }] },
      },
    })
    server.answer(written)
    await commit('hi')
    expect(JSON.parse(server.received[0]?.body ?? '').rkey).toBe(body.rkey)
  })
})

describe('a key that is taken', () => {
  const taken = xrpcError(400, 'InvalidSwap', 'Record was at bafy')

  test('by our own earlier try, whatever its facets', async () => {
    server.answer(taken, stored('hi'))
    expect(await commit()).toMatchObject({ metadata: { cid: 'bafy' } })
  })

  test.each([stored('other'), stored('hi', '2026-11-21T12:00:00.124Z')])(
    'by something else',
    async (other) => {
      server.answer(taken, other)
      expect(await failureOf(commit())).toMatchObject({ code: 'bluesky_key_taken' })
    },
  )

  test('when the look fails or finds nothing it is unknown, never transient', async () => {
    for (const answer of [{ status: 500 }, xrpcError(400, 'RecordNotFound')]) {
      server.answer(taken, answer)
      expect(await failureOf(commit())).toMatchObject({
        kind: 'outcome_unknown',
        code: 'bluesky_record_exists',
      })
    }
  })
})

describe('mentions', () => {
  test('an unknown handle stays text, one that nobody can look up now stops the post', async () => {
    server.answer(xrpcError(400, 'InvalidRequest', 'Unable to resolve handle'), written)
    await commit('hi @nobody.test')
    expect(JSON.parse(server.received[1]?.body ?? '').record).not.toHaveProperty('facets')
    server.answer(xrpcError(502, 'UpstreamFailure'))
    expect(await failureOf(commit('hi @alice.test'))).toMatchObject({ kind: 'transient' })
    expect(server.received).toHaveLength(1)
  })

  test('each handle is asked for once', async () => {
    server.answer({ status: 200, body: { did: 'did:plc:bob' } }, written)
    await commit('@bob.test and @BOB.test')
    expect(server.received).toHaveLength(2)
    const { facets } = JSON.parse(server.received[1]?.body ?? '').record
    expect(facets).toMatchObject([
      { index: { byteStart: 0, byteEnd: 9 } },
      { index: { byteStart: 14 } },
    ])
  })
})

describe('confirm', () => {
  const confirm = () => bluesky().confirm?.(makeAttempt(makeDraft('hi')), access, server.call)

  test.each<[string, Answer, string, string]>([
    ['ours', stored('hi'), '2026-11-21T12:00:31Z', 'found'],
    ['changed', stored('edited'), '2026-11-21T13:00:00Z', 'cannot_tell'],
    ['none, early', xrpcError(400, 'RecordNotFound'), '2026-11-21T12:01:30.000Z', 'cannot_tell'],
    ['none, late', xrpcError(400, 'RecordNotFound'), '2026-11-21T12:01:30.001Z', 'absent'],
  ])('%s', async (_name, answer, instant, outcome) => {
    now = new Date(instant)
    server.answer(answer)
    expect(await confirm()).toMatchObject({ outcome })
  })

  test('another 400 proves nothing', async () => {
    server.answer(xrpcError(400, 'InvalidRequest', 'Could not find repo'))
    expect(await failureOf(confirm())).toMatchObject({ kind: 'rejected' })
    server.answer({ status: 502 })
    expect(await failureOf(confirm())).toMatchObject({ kind: 'transient' })
  })
})

describe('validate', () => {
  const codes = (text: string, settings = {}) =>
    bluesky()
      .validate(makeContent(text, { settings }))
      .map(({ code, path }) => `${code} ${path}`)

  test.each([
    ['a'.repeat(300), []],
    ['a'.repeat(301), ['text_too_long content']],
    ['👩‍👩‍👧'.repeat(166), []],
    ['👩‍👩‍👧'.repeat(167), ['text_too_many_bytes content']],
    ['👩‍👩‍👧'.repeat(301), ['text_too_long content', 'text_too_many_bytes content']],
    ['', ['empty_text content']],
    ['half \ud83d', ['invalid_characters content']],
  ])('%j', (text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test('settings', () => {
    expect(codes('a', { langs: ['en', 'pt-BR'], labels: ['nudity'], tags: ['a'] })).toEqual([])
    const bad = { langs: ['en', 'de', 'fr', 'it'], labels: ['spam'], tags: [''], visibility: 'x' }
    expect(codes('a', bad).sort()).toEqual([
      'invalid_setting settings.labels.0',
      'invalid_setting settings.langs',
      'invalid_setting settings.tags.0',
      'unknown_setting settings.visibility',
    ])
  })

  const photo = makeMedia()
  const film = makeMedia({ kind: 'video', mimeType: 'video/mp4', durationMs: 60_000 })
  const found = (content: Partial<Content>) =>
    bluesky()
      .validate(makeContent('hi', content))
      .map(({ code, path }) => `${code} ${path}`)

  test.each<[string, Partial<Content>, string[]]>([
    ['a picture without text', { text: '', media: [photo] }, []],
    ['five pictures', { media: Array.from({ length: 5 }, () => photo) }, ['too_many_media media']],
    ['picture and video', { media: [photo, film] }, ['media_mix media']],
    ['two videos', { media: [film, film] }, ['media_mix media']],
    ['two million bytes', { media: [{ ...photo, bytes: 2_000_000 }] }, []],
    ['one more', { media: [{ ...photo, bytes: 2_000_001 }] }, ['media_too_large media.0']],
    ['a long video', { media: [{ ...film, durationMs: 180_001 }] }, ['media_too_long media.0']],
    ['a heavy video', { media: [{ ...film, bytes: 300_000_001 }] }, ['media_too_large media.0']],
    ['QuickTime', { media: [{ ...film, mimeType: 'video/quicktime' }] }, ['media_type media.0']],
    [
      'card and picture',
      { media: [photo], settings: { link_card: { url: 'https://a.com' } } },
      ['not_together settings.link_card'],
    ],
    [
      'card of no link',
      { settings: { link_card: true } },
      ['link_card_without_link settings.link_card'],
    ],
    ['card of the first link', { text: 'see a.com', settings: { link_card: true } }, []],
    [
      'card of no address',
      { settings: { link_card: { url: 'javascript:1' } } },
      ['invalid_setting settings.link_card.url'],
    ],
    [
      'a quote of no post',
      { settings: { quote_uri: 'https://bsky.app/profile/bob' } },
      ['invalid_setting settings.quote_uri'],
    ],
    [
      'a thread and a first comment',
      {
        thread: [
          { text: 'a'.repeat(301), media: [] },
          { text: ' ', media: [] },
          { text: '', media: [film, photo] },
        ],
        firstComment: ' ',
      },
      [
        'text_too_long settings.thread.0.content',
        'empty_text settings.thread.1.content',
        'media_mix settings.thread.2.media',
        'empty_text settings.first_comment',
      ],
    ],
  ])('%s', (_name, content, expected) => {
    expect(found(content)).toEqual(expected)
  })
})
