import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeAttempt, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeXConnector } from './connector.ts'

let server: AnswerServer
let now = new Date('2026-11-21T12:05:00Z')
const clock = { confirmQuietMs: 60_000, now: () => now }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function x() {
  return makeXConnector({ apiBaseUrl: server.url, authBaseUrl: 'https://x.com' }, clock)
}

const commit = () => failureOf(x().commit(makeDraft('hi'), makeAccess(), server.call))
const problem = (detail: string, type = 'about:blank', title = 'Forbidden') => ({
  detail,
  type,
  title,
})
const PROBLEMS = 'https://api.twitter.com/2/problems'

describe('what X answers to a post', () => {
  const table: [string, Answer, Record<string, unknown>][] = [
    [
      '429',
      { status: 429, body: problem('Too Many Requests') },
      { kind: 'rate_limited', code: 'x_rate_limited' },
    ],
    [
      '429 of the cap',
      { status: 429, body: problem('cap', `${PROBLEMS}/usage-capped`) },
      { kind: 'rate_limited', code: 'x_usage_capped' },
    ],
    [
      'v1 code 88',
      { status: 400, body: { errors: [{ code: 88, message: 'Rate limit exceeded' }] } },
      { kind: 'rate_limited' },
    ],
    [
      '402',
      { status: 402, body: problem('no credits', `${PROBLEMS}/credits`, 'CreditsDepleted') },
      { kind: 'rate_limited', code: 'x_credits_depleted' },
    ],
    ['500', { status: 500, body: 'oops' }, { kind: 'outcome_unknown', code: 'x_unavailable' }],
    ['502', { status: 502, body: '<html>' }, { kind: 'outcome_unknown' }],
    ['503', { status: 503, body: { title: 'Service Unavailable' } }, { kind: 'outcome_unknown' }],
    ['504', { status: 504 }, { kind: 'outcome_unknown' }],
    ['408', { status: 408 }, { kind: 'outcome_unknown' }],
    [
      '401',
      { status: 401, body: problem('Unauthorized', 'about:blank', 'Unauthorized') },
      { kind: 'auth_expired' },
    ],
    [
      '401 code 89',
      { status: 401, body: { errors: [{ code: 89, message: 'Invalid or expired token.' }] } },
      { kind: 'auth_expired' },
    ],
    [
      '403 not permitted',
      { status: 403, body: problem('You are not permitted to perform this action.') },
      { kind: 'rejected', code: 'x_forbidden' },
    ],
    [
      '403 duplicate',
      {
        status: 403,
        body: problem('You are not allowed to create a Tweet with duplicate content.'),
      },
      { kind: 'outcome_unknown', code: 'x_duplicate' },
    ],
    [
      '403 reply',
      {
        status: 403,
        body: problem(
          'Reply to this conversation is not allowed because you have not been mentioned',
        ),
      },
      { kind: 'rejected', code: 'x_reply_not_allowed' },
    ],
    [
      '403 quote',
      { status: 403, body: problem('Quoting this post is not allowed') },
      { kind: 'rejected', code: 'x_reply_not_allowed' },
    ],
    [
      '403 client-forbidden',
      { status: 403, body: problem('x', `${PROBLEMS}/client-forbidden`) },
      { kind: 'rejected', code: 'x_app_not_permitted' },
    ],
    [
      '403 oauth1-permissions',
      { status: 403, body: problem('x', `${PROBLEMS}/oauth1-permissions`) },
      { kind: 'rejected', code: 'x_app_not_permitted' },
    ],
    [
      '403 app-only token',
      { status: 403, body: problem('x', `${PROBLEMS}/unsupported-authentication`) },
      { kind: 'rejected', code: 'x_app_not_permitted' },
    ],
    [
      '403 suspended',
      { status: 403, body: problem('User is suspended', `${PROBLEMS}/user-suspended`) },
      { kind: 'auth_revoked', code: 'x_account_locked' },
    ],
    [
      'code 326',
      { status: 403, body: { errors: [{ code: 326, message: 'locked' }] } },
      { kind: 'auth_revoked' },
    ],
    [
      'code 64',
      { status: 403, body: { errors: [{ code: 64, message: 'suspended' }] } },
      { kind: 'auth_revoked' },
    ],
    [
      '400',
      { status: 400, body: { title: 'Invalid Request', errors: [{ message: 'bad text' }] } },
      { kind: 'rejected', code: 'x_invalid_request' },
    ],
    ['302', { status: 302, headers: { location: 'https://example.com' } }, { kind: 'transient' }],
    [
      '201 without id',
      { status: 201, body: { data: {} } },
      { kind: 'outcome_unknown', code: 'unreadable_answer' },
    ],
    [
      '200 that is no JSON',
      { status: 200, body: 'fine' },
      { kind: 'outcome_unknown', code: 'unreadable_answer' },
    ],
  ]

  test.each(table)('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await commit()).toMatchObject(expected)
  })

  test('the wait is the one X names, and told to the connection', async () => {
    const reset = Math.floor(Date.now() / 1000) + 300
    const headers = {
      'x-rate-limit-limit': '100',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': `${reset}`,
    }
    server.answer({ status: 429, headers })
    const told: unknown[] = []
    const call = { ...server.call, onRateLimit: (state: unknown) => told.push(state) }
    const failure = await failureOf(x().commit(makeDraft('hi'), makeAccess(), call))
    const resetsAt = new Date(reset * 1000)
    expect(failure).toMatchObject({ retryAt: resetsAt })
    expect(told).toEqual([{ limit: 100, remaining: 0, resetsAt }])
  })

  test('the request on the wire; nothing secret in a failure', async () => {
    server.answer({ status: 500, body: { detail: 'secret-access-token' } })
    const draft = makeDraft('hi', { reply_settings: 'following' })
    const failure = await failureOf(x().commit(draft, makeAccess(), server.call))
    const [request] = server.received
    expect(request).toMatchObject({ method: 'POST', path: '/2/tweets' })
    expect(request?.headers.authorization).toBe('Bearer secret-access-token')
    expect(JSON.parse(request?.body ?? '')).toEqual({ text: 'hi', reply_settings: 'following' })
    expect(`${JSON.stringify(failure)} ${failure}`).not.toContain('secret-access-token')
  })
})

describe('the body of each part', () => {
  const settings = { reply_settings: 'following', made_with_ai: true, poll: undefined }
  const bodyOf = async (more: Partial<Draft>) => {
    server.answer({ status: 201, body: { data: { id: '9' } } })
    await x().commit({ ...makeDraft('hi', settings), ...more }, makeAccess(), server.call)
    return JSON.parse(server.received[0]?.body ?? '')
  }
  const parent = { platformPostId: '7' }

  test('a reply answers the part before it and keeps only the disclosures', async () => {
    expect(await bodyOf({ role: 'reply', parent })).toEqual({
      text: 'hi',
      reply: { in_reply_to_tweet_id: '7' },
      made_with_ai: true,
    })
  })

  test('poll, quote, and a reply to another post', async () => {
    const poll = { options: ['a', 'b'], duration_minutes: 5 }
    expect(await bodyOf({ settings: { poll } })).toEqual({ text: 'hi', poll })
    expect(await bodyOf({ settings: { quote_tweet_id: '3' } })).toEqual({
      text: 'hi',
      quote_tweet_id: '3',
    })
    expect(await bodyOf({ settings: { in_reply_to_tweet_id: '3' } })).toEqual({
      text: 'hi',
      reply: { in_reply_to_tweet_id: '3' },
    })
  })

  test('files by their ids, a text that is empty left out', async () => {
    const media = [makeMedia()]
    const upload = { id: '11', step: 'ready', nextSegment: 0 }
    server.answer({ status: 201, body: { data: { id: '9' } } })
    const draft = { ...makeDraft('', { tagged_user_ids: ['5'] }), media }
    const prepared = { state: { uploads: [upload] } }
    await x().commit(draft, makeAccess(), server.call, prepared)
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      media: { media_ids: ['11'], tagged_user_ids: ['5'] },
    })
  })

  test('files that X has forgotten are never sent', async () => {
    now = new Date('2026-11-22T12:00:00Z')
    const upload = { id: '11', step: 'ready', nextSegment: 0, expiresAt: '2026-11-22T12:00:00Z' }
    const draft = { ...makeDraft('hi'), media: [makeMedia()] }
    server.answer()
    const prepared = { state: { uploads: [upload] } }
    const failure = await failureOf(x().commit(draft, makeAccess(), server.call, prepared))
    expect(failure).toMatchObject({ kind: 'transient', code: 'x_media_expired', startOver: true })
    expect(server.received).toEqual([])
  })
})

describe('lookup', () => {
  const PROBLEM = `${PROBLEMS}/resource-not-found`
  test.each<[string, Answer, object]>([
    [
      'live',
      { status: 200, body: { data: { id: '9' } } },
      { state: 'live', permalink: 'https://x.com/alice/status/9' },
    ],
    ['gone', { status: 200, body: { errors: [{ type: PROBLEM }] } }, { state: 'removed' }],
    ['404', { status: 404, body: { type: PROBLEM } }, { state: 'removed' }],
    [
      'hidden',
      { status: 200, body: { errors: [{ type: `${PROBLEMS}/not-authorized-for-resource` }] } },
      { state: 'unknown' },
    ],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    const looked = await x().lookup?.({ platformPostId: '9' }, makeAccess(), server.call)
    expect(looked).toEqual(expected)
  })
})

describe('confirm', () => {
  const confirm = (more = {}) =>
    x().confirm?.(makeAttempt(makeDraft('hi'), more), makeAccess(), server.call)
  const created_at = '2026-11-21T12:00:00.000Z'
  const page = (posts: string[], meta: object = {}): Answer => ({
    status: 200,
    body: {
      data: posts.map((text, index) => ({ id: `${index + 1}`, text, created_at })),
      meta: { result_count: posts.length, ...meta },
    },
  })

  test('reads the window of the intent, page by page, and finds the text', async () => {
    now = new Date('2026-11-21T12:00:31Z')
    server.answer(page(['other'], { next_token: 'next' }), page(['hi']))
    expect(await confirm()).toMatchObject({
      outcome: 'found',
      post: { platformPostId: '1', permalink: 'https://x.com/alice/status/1' },
    })
    const query = new URLSearchParams(server.received[0]?.path.split('?')[1])
    expect(query.get('start_time')).toBe('2026-11-21T11:59:00Z')
    expect(server.received[1]?.path).toContain('pagination_token=next')
  })

  test.each([
    ['2026-11-21T12:01:30.000Z', 'cannot_tell'],
    ['2026-11-21T12:01:30.001Z', 'absent'],
  ])('quiet period: at %s it says %s', async (instant, outcome) => {
    now = new Date(instant)
    server.answer(page(['other']))
    expect(await confirm()).toMatchObject({ outcome })
  })

  test('not absent: pages without end, a partial or bare answer, a duplicate answer', async () => {
    now = new Date('2026-11-21T13:00:00Z')
    const endless = page(['other'], { next_token: 'more' })
    server.answer(endless, endless, endless)
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    server.answer({ status: 200, body: { errors: [{}], meta: { result_count: 0 } } })
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    const bare = { data: [{ id: '1', text: 'other' }], meta: { result_count: 1 } }
    server.answer({ status: 200, body: bare })
    expect(await confirm()).toMatchObject({ outcome: 'cannot_tell' })
    server.answer({ status: 200, body: { errors: [{ title: 'Not Found Error' }] } })
    expect(await failureOf(confirm())).toMatchObject({ kind: 'transient' })
    server.answer(page([]))
    expect(await confirm({ failureCode: 'x_duplicate' })).toMatchObject({ outcome: 'cannot_tell' })
  })

  test('trouble while reading is transient', async () => {
    server.answer({ status: 503 })
    expect(await failureOf(confirm())).toMatchObject({ kind: 'transient' })
  })

  test('posts without text are told apart by their files', async () => {
    now = new Date('2026-11-21T13:00:00Z')
    const listed = (id: string, fileId: string) => ({
      id,
      text: 'https://t.co/f',
      entities: { urls: [{ url: 'https://t.co/f', media_key: `3_${fileId}` }] },
      attachments: { media_keys: [`3_${fileId}`] },
    })
    const timeline = (...data: object[]): Answer => ({
      status: 200,
      body: { data, meta: { result_count: data.length } },
    })
    const draft = { ...makeDraft(''), media: [makeMedia()] }
    const prepared = { state: { uploads: [{ id: '11', step: 'ready', nextSegment: 0 }] } }
    const attempt = makeAttempt(draft, { prepared })
    server.answer(timeline(listed('1', '99'), listed('2', '11')))
    expect(await x().confirm?.(attempt, makeAccess(), server.call)).toMatchObject({
      post: { platformPostId: '2' },
    })
    server.answer(timeline(listed('1', '99')))
    expect(await x().confirm?.(attempt, makeAccess(), server.call)).toMatchObject({
      outcome: 'cannot_tell',
    })
  })
})
