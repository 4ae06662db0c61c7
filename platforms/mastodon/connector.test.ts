import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountLimits, Content } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import {
  failureOf,
  makeAccess,
  makeAttempt,
  makeContent,
  makeDraft,
  makeMedia,
} from '../testing/drafts.ts'
import { MASTODON_HOSTS, makeMastodonConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const clock = { confirmQuietMs: 60_000, now: () => now }
const mastodon = makeMastodonConnector(MASTODON_HOSTS, clock)

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const account = () => makeAccess({ serviceUrl: server.url, accountId: 'host.example/42' })
const commit = () => failureOf(mastodon.commit(makeDraft('hi'), account(), server.call))
const refusal = (status: number, error: string): Answer => ({ status, body: { error } })

describe('what an instance answers to a post', () => {
  test.each<[string, Answer, Record<string, unknown>]>([
    ['401', refusal(401, 'The access token is invalid'), { kind: 'auth_revoked' }],
    ['401 revoked', refusal(401, 'The access token was revoked'), { kind: 'auth_revoked' }],
    [
      '403 scope',
      refusal(403, 'This action is outside the authorized scopes'),
      { kind: 'rejected', code: 'mastodon_scope_missing' },
    ],
    [
      '403',
      refusal(403, 'This action is not allowed'),
      { kind: 'rejected', code: 'mastodon_forbidden' },
    ],
    [
      '403 disabled',
      refusal(403, 'Your login is currently disabled'),
      { kind: 'auth_revoked', code: 'mastodon_account_unusable' },
    ],
    [
      '403 unconfirmed',
      refusal(403, 'Your login is missing a confirmed e-mail address'),
      { kind: 'auth_revoked' },
    ],
    [
      '403 pending',
      refusal(403, 'Your login is currently pending approval'),
      { kind: 'auth_revoked' },
    ],
    ['404', refusal(404, 'Record not found'), { kind: 'rejected', code: 'mastodon_not_found' }],
    [
      '404 of another server',
      { status: 404, body: '<html>' },
      { kind: 'transient', code: 'mastodon_instance_unavailable' },
    ],
    ['301', { status: 301 }, { kind: 'transient' }],
    [
      '422 too long',
      refusal(422, 'Validation failed: Text character limit of 500 exceeded'),
      { kind: 'rejected', code: 'mastodon_invalid' },
    ],
    ['422 blank', refusal(422, "Validation failed: Text can't be blank"), { kind: 'rejected' }],
    ['422 media', refusal(422, 'Cannot attach more than 4 files'), { kind: 'rejected' }],
    ['422 in another language', refusal(422, 'Überprüfung fehlgeschlagen'), { kind: 'rejected' }],
    [
      '422 processing',
      refusal(422, 'Cannot attach files that have not finished processing. Try again in a moment!'),
      { kind: 'transient' },
    ],
    [
      '422 duplicate',
      refusal(422, 'Duplicate record'),
      { kind: 'outcome_unknown', code: 'mastodon_duplicate' },
    ],
    [
      '422 no user',
      refusal(422, 'This method requires an authenticated user'),
      { kind: 'auth_revoked' },
    ],
    ['429', refusal(429, 'Throttled'), { kind: 'rate_limited' }],
    ['500', refusal(500, 'Internal'), { kind: 'outcome_unknown' }],
    [
      '500 thumbnail',
      refusal(500, 'Error processing thumbnail for uploaded media'),
      { kind: 'rejected' },
    ],
    ['502', { status: 502, body: '<html>' }, { kind: 'outcome_unknown' }],
    [
      '503',
      refusal(503, 'There was a temporary problem serving your request, please try again'),
      { kind: 'outcome_unknown' },
    ],
    ['504', { status: 504 }, { kind: 'outcome_unknown' }],
    ['400', refusal(400, 'bad'), { kind: 'rejected', code: 'mastodon_invalid_request' }],
    [
      '200 without id',
      { status: 200, body: {} },
      { kind: 'outcome_unknown', code: 'unreadable_answer' },
    ],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await commit()).toMatchObject(expected)
  })

  test('the reset is an ISO instant', async () => {
    const resetsAt = new Date(Date.now() + 90_000)
    server.answer({ status: 429, headers: { 'X-RateLimit-Reset': resetsAt.toISOString() } })
    expect(await commit()).toMatchObject({ retryAt: resetsAt })
  })

  test('the request on the wire', async () => {
    server.answer({
      status: 200,
      body: { id: '9', url: 'https://m.test/@a/9', uri: 'https://m.test/9' },
    })
    const draft = makeDraft('hi', { visibility: 'unlisted', language: 'de' })
    expect(await mastodon.commit(draft, account(), server.call)).toEqual({
      platformPostId: '9',
      permalink: 'https://m.test/@a/9',
      metadata: { uri: 'https://m.test/9' },
    })
    const [sent] = server.received
    expect(sent?.headers['idempotency-key']).toBe('intent-1')
    const body = { status: 'hi', visibility: 'unlisted', language: 'de' }
    expect(JSON.parse(sent?.body ?? '')).toEqual(body)
  })
})

describe('confirm', () => {
  const confirm = (more = {}) =>
    mastodon.confirm?.(makeAttempt(makeDraft('hi'), more), account(), server.call)
  const status = (id: string, created_at = '2026-11-21T12:00:01.000Z') => ({ id, created_at })
  const list = (...statuses: object[]): Answer => ({ status: 200, body: statuses })
  const source = (text: string): Answer => ({ status: 200, body: { text, spoiler_text: '' } })
  const old = status('1', '2026-11-21T11:58:59.000Z')

  test('reads sources of the window only, and finds the text', async () => {
    server.answer(list(status('3'), status('2'), old), source('other'), source(' hi\r\n'))
    expect(await confirm()).toMatchObject({ outcome: 'found', post: { platformPostId: '2' } })
    expect(server.received.map(({ path }) => path.split('?')[0])).toEqual([
      '/api/v1/accounts/42/statuses',
      '/api/v1/statuses/3/source',
      '/api/v1/statuses/2/source',
    ])
  })

  test('pages back until the window is covered', async () => {
    now = new Date('2026-11-21T13:00:00Z')
    server.answer(list(status('3')), source('other'))
    server.answer(list(status('3')), list(status('2')), list(old), source('other'), source('x'))
    expect(await confirm()).toEqual({ outcome: 'absent' })
    expect(server.received[1]?.path).toContain('max_id=3')
  })

  test.each([
    ['2026-11-21T12:01:30.000Z', 'cannot_tell'],
    ['2026-11-21T12:01:30.001Z', 'absent'],
  ])('quiet period: at %s it says %s', async (instant, outcome) => {
    now = new Date(instant)
    server.answer(list(old))
    expect(await confirm()).toMatchObject({ outcome })
  })

  test('not absent: a source that cannot be read, pages without end, a duplicate', async () => {
    now = new Date('2026-11-21T13:00:00Z')
    server.answer(list(status('2'), old), refusal(404, 'Record not found'))
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    const pages = ['9', '8', '7', '6', '5'].map((id) => list(status(id)))
    const sources = pages.map(() => source('other'))
    server.answer(...pages, ...sources)
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    server.answer(list(old))
    expect(await confirm({ failureCode: 'mastodon_duplicate' })).toMatchObject({
      outcome: 'cannot_tell',
    })
  })

  test('trouble while reading is transient', async () => {
    server.answer({ status: 503 })
    expect(await failureOf(confirm())).toMatchObject({ kind: 'transient' })
  })
})

describe('validate', () => {
  const codes = (text: string, settings = {}, limits = {}) =>
    mastodon
      .validate(makeContent(text, { settings }), limits)
      .map(({ code, path }) => `${code} ${path}`)

  test.each([
    ['a'.repeat(500), {}, {}, []],
    ['a'.repeat(501), {}, {}, ['text_too_long content']],
    ['a'.repeat(501), {}, { maxTextLength: 5000 }, []],
    ['a'.repeat(495), { spoiler_text: 'careful' }, {}, ['text_too_long content']],
    ['', {}, {}, ['empty_text content']],
    ['a', { visibility: 'direct', sensitive: true, language: 'pt-BR' }, {}, []],
    [
      'a',
      { visibility: 'all', sensitive: 'yes', scheduled_at: '' },
      {},
      [
        'invalid_setting settings.sensitive',
        'invalid_setting settings.visibility',
        'unknown_setting settings.scheduled_at',
      ],
    ],
  ])('%#', (text, settings, limits, expected) => {
    expect(codes(text, settings, limits).sort()).toEqual(expected)
  })

  const photo = makeMedia()
  const gif = makeMedia({ kind: 'gif', mimeType: 'image/gif' })
  const film = makeMedia({ kind: 'video', mimeType: 'video/mp4', width: 1920, height: 1080 })
  const poll = { options: ['yes', 'no'], expires_in: 3600 }
  const found = (content: Partial<Content>, account: AccountLimits = {}) =>
    mastodon
      .validate(makeContent('hi', content), account)
      .map(({ code, path }) => `${code} ${path}`)

  test.each<[string, Partial<Content>, AccountLimits, string[]]>([
    ['a picture without text', { text: '', media: [photo] }, {}, []],
    ['five pictures', { media: Array(5).fill(photo) }, {}, ['too_many_media media']],
    ['where five are shown', { media: Array(5).fill(photo) }, { maxMedia: 6 }, []],
    ['picture and video', { media: [photo, film] }, {}, ['media_mix media']],
    ['two GIFs', { media: [gif, gif] }, {}, ['media_mix media']],
    [
      'a heavy picture',
      { media: [{ ...photo, bytes: 16_777_217 }] },
      {},
      ['media_too_large media.0'],
    ],
    [
      'where it may be heavier',
      { media: [{ ...photo, bytes: 16_777_217 }] },
      { maxImageBytes: 20_000_000 },
      [],
    ],
    [
      'a heavy video',
      { media: [{ ...film, bytes: 40_000_001 }] },
      { maxVideoBytes: 40_000_000 },
      ['media_too_large media.0'],
    ],
    [
      '8K video',
      { media: [{ ...film, width: 7680, height: 4320 }] },
      {},
      ['media_dimensions media.0'],
    ],
    [
      'a type the instance lacks',
      { media: [{ ...photo, mimeType: 'image/avif' }] },
      { mimeTypes: ['image/png', 'video/mp4'] },
      ['media_type media.0'],
    ],
    [
      'PDF',
      { media: [{ ...photo, kind: 'document', mimeType: 'application/pdf' }] },
      {},
      ['media_type media.0'],
    ],
    [
      'alt text',
      { media: [{ ...photo, altText: 'x'.repeat(1501) }] },
      {},
      ['alt_text_too_long media.0'],
    ],
    ['a poll', { settings: { poll } }, {}, []],
    [
      'poll and picture',
      { settings: { poll }, media: [photo] },
      {},
      ['not_together settings.poll'],
    ],
    [
      'equal answers',
      { settings: { poll: { ...poll, options: ['a', 'a'] } } },
      {},
      ['invalid_setting settings.poll.options'],
    ],
    [
      'a poll of a minute',
      { settings: { poll: { ...poll, expires_in: 60 } } },
      {},
      ['invalid_setting settings.poll.expires_in'],
    ],
    [
      'focus beside the picture',
      { settings: { focus: ['1.5,0'] }, media: [photo] },
      {},
      ['invalid_setting settings.focus.0'],
    ],
    [
      'a thread and a first comment, the warning counted in each',
      {
        settings: { spoiler_text: 'abc' },
        thread: [
          { text: 'a'.repeat(498), media: [] },
          { text: '', media: [] },
        ],
        firstComment: 'a'.repeat(498),
      },
      {},
      [
        'text_too_long settings.thread.0.content',
        'empty_text settings.thread.1.content',
        'text_too_long settings.first_comment',
      ],
    ],
  ])('%s', (_name, content, account, expected) => {
    expect(found(content, account)).toEqual(expected)
  })
})
