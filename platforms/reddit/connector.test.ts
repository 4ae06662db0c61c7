import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Attempt, Draft, Prepared } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { makeAccess, makeAttempt, makeBench, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeRedditConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const timing = { confirmQuietMs: 60_000, now: () => now }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const access = makeAccess()
const reddit = () =>
  makeRedditConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing)

/** What it gives, or what it throws. */
const answerOf = (promise: Promise<unknown> | undefined) =>
  Promise.resolve(promise).catch((error: unknown) => error)

const ok = (body: unknown): Answer => ({ status: 200, body })
const about = (data: object = {}) => ok({ kind: 't5', data: { display_name: 'pics', ...data } })
const requirements = (more: object = {}) => ok({ is_flair_required: false, ...more })
const refused = (...error: unknown[]) => ok({ json: { errors: [error] } })
const submitted = (data: object) => ok({ json: { errors: [], data } })
/** The address has no scheme, as Reddit's has not. */
const lease = (id: string) =>
  ok({
    args: {
      action: `${server.url.replace('http:', '')}/bucket`,
      fields: [
        { name: 'key', value: `k/${id}` },
        { name: 'x-amz-signature', value: 'sbx_signature' },
      ],
    },
    asset: { asset_id: id },
  })
const STORED: Answer = { status: 201, body: '<PostResponse/>' }
const asset = (id: string) => ({ asset_id: id, url: `${server.url}/bucket/k/${id}` })
const READ = { rules_read: true, assets: [] }

const postOf = (settings: Draft['settings'] = {}, more: Partial<Draft> = {}): Draft => ({
  ...makeDraft('Body & <b>', { subreddit: 'r/pics', title: 'Title', ...settings }),
  ...more,
})
const photo = makeMedia({ id: 'a' })
const video = makeMedia({ id: 'v', kind: 'video', mimeType: 'video/mp4', fileName: 'v.mp4' })

const prepare = (draft: Draft, bench = makeBench()) =>
  answerOf(reddit().prepare?.(draft, access, server.call, bench))
const commit = (draft: Draft, prepared?: Prepared) =>
  answerOf(reddit().commit(draft, access, server.call, prepared))
const confirm = (attempt: Attempt) => answerOf(reddit().confirm?.(attempt, access, server.call))
const paths = () => server.received.map(({ path }) => path.replace(/[?&]raw_json=1/, ''))
const form = (index = 0) => Object.fromEntries(new URLSearchParams(server.received[index]?.body))

describe('rules', () => {
  test('are read before anything is uploaded, and once', async () => {
    server.answer(about(), requirements(), lease('one'), STORED)
    const bench = makeBench()
    const draft = postOf({}, { media: [photo] })
    const prepared = { state: { rules_read: true, assets: [asset('one')] } }
    expect(await prepare(draft, bench)).toEqual(prepared)
    expect(paths()).toEqual([
      '/r/pics/about',
      '/api/v1/pics/post_requirements',
      '/api/media/asset.json',
      '/bucket',
    ])
    expect(bench.saved).toEqual([{ state: READ }, prepared])
    server.answer()
    expect(await prepare(draft, makeBench(prepared))).toEqual(prepared)
    expect(server.received).toEqual([])
  })

  test('the own profile has none', async () => {
    server.answer()
    expect(await prepare(postOf({ subreddit: 'u/Alice' }))).toEqual({ state: READ })
    expect(server.received).toEqual([])
  })

  test.each<[string, Answer[], Record<string, unknown>]>([
    ['no such subreddit', [{ status: 404 }], { code: 'reddit_subreddit_noexist' }],
    ['a redirect to the search', [{ status: 302 }], { code: 'reddit_subreddit_noexist' }],
    ['private', [{ status: 403 }], { code: 'reddit_subreddit_private' }],
    ['banned', [about({ user_is_banned: true })], { code: 'reddit_banned_from_subreddit' }],
    ['archived', [about({ subreddit_type: 'archived' })], { code: 'reddit_subreddit_archived' }],
    [
      'restricted',
      [about({ subreddit_type: 'restricted' })],
      { code: 'reddit_subreddit_restricted' },
    ],
    ['only links', [about({ submission_type: 'link' })], { code: 'reddit_no_selfs' }],
    ['a short text', [about(), requirements({ body_text_min_length: 99 })], { kind: 'rejected' }],
    [
      'a flair',
      [about(), requirements({ is_flair_required: true }), ok([{ id: 'f1', text: 'News' }])],
      { code: 'reddit_flair_required', message: expect.stringContaining('“News” (f1)') },
    ],
    ['trouble', [{ status: 503 }], { kind: 'transient' }],
    ['a stale token', [{ status: 401 }], { kind: 'auth_expired' }],
  ])('%s', async (_name, answers, expected) => {
    server.answer(...answers)
    expect(await prepare(postOf())).toMatchObject(expected)
    expect(server.received).toHaveLength(answers.length)
  })

  test('requirements that are not told do not hinder', async () => {
    server.answer(about({ subreddit_type: 'restricted', user_is_contributor: true }), {
      status: 403,
    })
    expect(await prepare(postOf())).toEqual({ state: READ })
  })

  test.each<[string, Draft['settings'], string | undefined]>([
    ['known', { flair_id: 'f1' }, undefined],
    ['changed', { flair_id: 'f2', flair_text: 'Mine' }, undefined],
    ['unknown', { flair_id: 'f3' }, 'reddit_bad_flair_template_id'],
    ['fixed', { flair_id: 'f1', flair_text: 'Mine' }, 'reddit_flair_text_fixed'],
  ])('a flair that is %s', async (_name, settings, code) => {
    const flairs = [
      { id: 'f1', text: 'News', text_editable: false },
      { id: 'f2', text: 'Own', text_editable: true },
    ]
    server.answer(about(), requirements(), ok(flairs))
    const result = await prepare(postOf(settings))
    expect(Object(result).code).toBe(code)
  })
})

describe('files', () => {
  test('the fields of the lease come first, the file last, and both stay secret', async () => {
    const answer = { status: 400, body: '<Error><Code>ExpiredToken</Code></Error>' }
    server.answer(about(), requirements(), lease('one'), answer)
    const bench = makeBench()
    const failure = await prepare(postOf({}, { media: [photo] }), bench)
    expect(failure).toMatchObject({ kind: 'transient', code: 'reddit_upload_failed' })
    const body = server.received[3]?.body ?? ''
    expect(body.indexOf('name="file"')).toBeGreaterThan(body.indexOf('sbx_signature'))
    expect(body).toContain('0123456789')
    expect(server.received[3]?.headers).not.toHaveProperty('authorization')
    expect(inspect([failure, bench.saved], { depth: 9 })).not.toContain('sbx_signature')
  })

  test('too large for Reddit', async () => {
    const body =
      '<Error><Code>EntityTooLarge</Code><MaxSizeAllowed>20971520</MaxSizeAllowed></Error>'
    server.answer(lease('one'), { status: 400, body })
    const failure = await prepare(postOf({}, { media: [photo] }), makeBench({ state: READ }))
    expect(failure).toMatchObject({
      kind: 'rejected',
      code: 'reddit_media_too_large',
      message: expect.stringContaining('20 MB'),
    })
  })

  test('a video brings its poster along', async () => {
    server.answer(lease('v'), STORED, lease('p'), STORED)
    const draft = postOf({}, { media: [video], attached: { poster_media_id: photo } })
    const prepared = await reddit().prepare?.(
      draft,
      access,
      server.call,
      makeBench({ state: READ }),
    )
    server.answer(submitted({ user_submitted_page: 'u', websocket_url: 'wss://x' }))
    expect(await commit(draft, prepared)).toEqual({ accepted: { kind: 'video' } })
    expect(form()).toMatchObject({
      kind: 'video',
      url: asset('v').url,
      video_poster_url: asset('p').url,
    })
  })
})

describe('submit', () => {
  test('a text', async () => {
    const url = 'https://www.reddit.com/r/pics/comments/abc/title/'
    server.answer(submitted({ id: 'abc', name: 't3_abc', url }))
    const draft = postOf({ flair_id: 'f1', nsfw: true, sendreplies: false })
    expect(await commit(draft)).toEqual({ platformPostId: 't3_abc', permalink: url })
    expect(paths()).toEqual(['/api/submit'])
    expect(form()).toEqual({
      api_type: 'json',
      sr: 'pics',
      kind: 'self',
      title: 'Title',
      text: 'Body & <b>',
      resubmit: 'true',
      validate_on_submit: 'true',
      flair_id: 'f1',
      nsfw: 'true',
      sendreplies: 'false',
    })
    expect(server.received[0]?.headers).toMatchObject({ 'accept-language': 'en' })
  })

  test('a gallery', async () => {
    server.answer(submitted({ id: 't3_abc' }))
    const draft = postOf({}, { media: [photo, photo] })
    const state = { rules_read: true, assets: [asset('one'), asset('two')] }
    expect(await commit(draft, { state })).toEqual({
      platformPostId: 't3_abc',
      permalink: 'https://www.reddit.com/r/pics/comments/abc/',
    })
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({
      sr: 'pics',
      items: [{ media_id: 'one' }, { media_id: 'two' }],
      text: 'Body & <b>',
    })
  })

  test('without its files it starts over', async () => {
    server.answer()
    for (const media of [[photo], [photo, photo]]) {
      expect(await commit(postOf({}, { media }), { state: READ })).toMatchObject({
        kind: 'transient',
        startOver: true,
      })
    }
    expect(server.received).toEqual([])
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    [
      '429',
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' } },
      { kind: 'rate_limited' },
    ],
    ['a throttle', refused('RATELIMIT', 'for 2 minutes', 'ratelimit'), { kind: 'rate_limited' }],
    ['a link again', refused('ALREADY_SUB', 'x', 'url'), { kind: 'outcome_unknown' }],
    ['a refusal', refused('NO_LINKS', 'x', 'sr'), { kind: 'rejected', code: 'reddit_no_links' }],
    ['403', { status: 403 }, { kind: 'rejected', code: 'reddit_forbidden' }],
    ['401', { status: 401 }, { kind: 'auth_expired' }],
    ['500', { status: 500 }, { kind: 'outcome_unknown' }],
    ['504', { status: 504 }, { kind: 'outcome_unknown' }],
    ['no JSON', { status: 200, body: '<html>' }, { kind: 'outcome_unknown' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await commit(postOf())).toMatchObject(expected)
  })

  test('a comment', async () => {
    const permalink = '/r/pics/comments/abc/title/c1/'
    const things = [{ kind: 't1', data: { id: 'c1', name: 't1_c1', permalink } }]
    server.answer(submitted({ things }))
    const root = { platformPostId: 't3_abc' }
    expect(await commit(postOf({}, { role: 'comment', text: 'First', root }))).toEqual({
      platformPostId: 't1_c1',
      permalink: `https://www.reddit.com${permalink}`,
    })
    expect(form()).toEqual({ api_type: 'json', thing_id: 't3_abc', text: 'First' })
  })
})

describe('confirm', () => {
  const created_utc = Date.parse('2026-11-21T12:00:10Z') / 1000
  const ours = {
    id: 'abc',
    name: 't3_abc',
    subreddit: 'Pics',
    title: 'Title',
    created_utc,
    permalink: '/r/pics/comments/abc/title/',
  }
  const listing = (things: object[], after: string | null = null) =>
    ok({ data: { after, children: things.map((data) => ({ data })) } })
  const permalink = 'https://www.reddit.com/r/pics/comments/abc/title/'

  test('subreddit, title and time', async () => {
    const others = [
      { ...ours, title: 'Other' },
      { ...ours, subreddit: 'cats' },
      { ...ours, created_utc: created_utc - 3600 },
    ]
    server.answer(listing([...others.slice(0, 2), ours]), listing(others))
    expect(await confirm(makeAttempt(postOf()))).toEqual({
      outcome: 'found',
      post: { platformPostId: 't3_abc', permalink },
    })
    expect(paths()[0]).toBe('/user/alice/submitted&sort=new&limit=100')
    expect(await confirm(makeAttempt(postOf()))).toEqual({ outcome: 'absent' })
  })

  test('another text or link under the same title decides nothing', async () => {
    const link = 'https://example.com/a'
    const other = { ...ours, selftext: 'Other' }
    const same = { ...ours, selftext: 'Body & <b>' }
    server.answer(
      listing([other]),
      listing([other, same]),
      listing([{ ...ours, url: `${link}b` }]),
      listing([{ ...ours, url: link }]),
    )
    const outcomes = []
    for (const draft of [postOf(), postOf(), postOf({ link }), postOf({ link })]) {
      outcomes.push(Object(await confirm(makeAttempt(draft))).outcome)
    }
    expect(outcomes).toEqual(['cannot_tell', 'found', 'cannot_tell', 'found'])
  })

  test('a post of another target is not ours, a filtered one is', async () => {
    server.answer(listing([ours]), listing([{ ...ours, removed_by_category: 'automod_filtered' }]))
    expect(await confirm(makeAttempt(postOf(), { excludedPostIds: ['t3_abc'] }))).toEqual({
      outcome: 'absent',
    })
    expect(await confirm(makeAttempt(postOf()))).toMatchObject({
      outcome: 'found',
      post: { warnings: [{ code: 'reddit_removed' }] },
    })
  })

  test('nothing is concluded too early, or from a list cut short', async () => {
    server.answer(
      listing([]),
      ...['a', 'b', 'c'].map((after) => listing([{ ...ours, title: 'x' }], after)),
    )
    const sendBefore = new Date('2026-11-21T12:04:30Z')
    expect(await confirm(makeAttempt(postOf(), { sendBefore }))).toMatchObject({
      outcome: 'cannot_tell',
    })
    expect(await confirm(makeAttempt(postOf()))).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('a duplicate of somebody else is a refusal', async () => {
    server.answer(listing([]))
    const attempt = makeAttempt(postOf(), { failureCode: 'reddit_duplicate' })
    expect(await confirm(attempt)).toMatchObject({ outcome: 'refused' })
  })

  test('files take time: lost ones ten minutes, taken ones an hour', async () => {
    const draft = postOf({}, { media: [photo] })
    const taken = makeAttempt(draft, { accepted: { kind: 'image' } })
    const empty = listing([])
    server.answer(empty, empty, empty, empty, empty)
    expect(await confirm(makeAttempt(draft))).toMatchObject({ outcome: 'processing' })
    expect(await confirm(taken)).toMatchObject({ outcome: 'processing' })
    now = new Date('2026-11-21T12:10:01Z')
    expect(await confirm(makeAttempt(draft))).toEqual({ outcome: 'absent' })
    expect(await confirm(taken)).toMatchObject({ outcome: 'processing' })
    now = new Date('2026-11-21T13:00:01Z')
    expect(await confirm(taken)).toMatchObject({ outcome: 'cannot_tell' })
    now = new Date('2026-11-21T12:05:00Z')
  })

  test('a comment: text and place', async () => {
    const root = { platformPostId: 't3_abc' }
    const draft = postOf({}, { role: 'comment', text: 'First', root })
    const comment = { id: 'c1', name: 't1_c1', body: 'First', parent_id: 't3_abc', created_utc }
    server.answer(listing([{ ...comment, parent_id: 't3_x' }, comment]), listing([]))
    expect(await confirm(makeAttempt(draft))).toMatchObject({ post: { platformPostId: 't1_c1' } })
    expect(paths()[0]).toMatch(/^\/user\/alice\/comments/)
    expect(await confirm(makeAttempt(draft))).toEqual({ outcome: 'absent' })
  })
})

test('deleted, removed and unknown posts are gone', async () => {
  const look = () => reddit().lookup?.({ platformPostId: 't3_abc' }, access, server.call)
  const info = (...things: object[]) => ok({ data: { children: things.map((data) => ({ data })) } })
  const thing = { author: 'alice', permalink: '/r/pics/comments/abc/t/' }
  server.answer(
    info(thing),
    info({ ...thing, author: '[deleted]' }),
    info({ ...thing, removed_by_category: 'moderator' }),
    info(),
  )
  expect(await look()).toMatchObject({ state: 'live' })
  for (let rest = 0; rest < 3; rest++) expect(await look()).toEqual({ state: 'removed' })
})
