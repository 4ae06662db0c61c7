import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Draft } from '../connector.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf, makeAccess, makeDraft, makeMedia } from '../testing/drafts.ts'
import { makeLinkedinConnector } from './connector.ts'

let server: AnswerServer
const timing = { confirmQuietMs: 0, now: () => new Date() }
const member = makeAccess({ accountId: 'urn:li:person:a1', scopes: ['w_member_social'] })
const page = makeAccess({
  accountId: 'urn:li:organization:7',
  scopes: ['w_organization_social', 'r_organization_social'],
})
const URN = 'urn:li:share:7141138937766391808'
const POST = { platformPostId: URN, permalink: `https://www.linkedin.com/feed/update/${URN}` }

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

const linkedin = () =>
  makeLinkedinConnector({ apiBaseUrl: server.url, authBaseUrl: server.url }, timing)
const commit = (draft: Draft, access = member, state?: unknown) =>
  linkedin().commit(draft, access, server.call, { state: Object(state) })
const bodyOf = (index = 0) => JSON.parse(server.received[index]?.body ?? 'null')
const created = { status: 201, headers: { 'x-restli-id': URN } }
const asset = (urn: string) => ({ urn, etags: [], uploaded: true, ready: true })

describe('the body of a post', () => {
  test('text as a member', async () => {
    server.answer(created)
    expect(await commit(makeDraft('Hi (all) #now'))).toEqual(POST)
    expect(server.received[0]).toMatchObject({ method: 'POST', path: '/rest/posts' })
    expect(server.received[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-access-token',
      'linkedin-version': '202608',
      'x-restli-protocol-version': '2.0.0',
    })
    expect(bodyOf()).toEqual({
      author: 'urn:li:person:a1',
      commentary: String.raw`Hi \(all\) {hashtag|\#|now}`,
      visibility: 'PUBLIC',
      distribution: {
        feedDistribution: 'MAIN_FEED',
        targetEntities: [],
        thirdPartyDistributionChannels: [],
      },
      lifecycleState: 'PUBLISHED',
      isReshareDisabledByAuthor: false,
    })
  })

  const link = { url: 'https://a.example/', title: 'A', description: 'B' }
  const image = makeMedia({ altText: 'A cat' })
  const document = makeMedia({ kind: 'document' })
  const poll = { question: 'Q?', options: ['a', 'b'], duration: 'THREE_DAYS' }
  test.each<[string, Partial<Draft>, string[], unknown]>([
    [
      'article with picture',
      { settings: { link }, attached: { thumbnail_media_id: makeMedia() } },
      ['urn:li:image:t'],
      { article: { source: link.url, title: 'A', description: 'B', thumbnail: 'urn:li:image:t' } },
    ],
    ['image', { media: [image] }, ['i'], { media: { id: 'i', altText: 'A cat' } }],
    [
      'album',
      { media: [image, makeMedia()] },
      ['i', 'j'],
      { multiImage: { images: [{ id: 'i', altText: 'A cat' }, { id: 'j' }] } },
    ],
    [
      'document',
      { media: [document], settings: { title: 'Plan' } },
      ['d'],
      { media: { id: 'd', title: 'Plan' } },
    ],
    [
      'poll',
      { settings: { poll } },
      [],
      {
        poll: {
          question: 'Q?',
          options: [{ text: 'a' }, { text: 'b' }],
          settings: { duration: 'THREE_DAYS' },
        },
      },
    ],
  ])('%s', async (_name, more, urns, content) => {
    server.answer(created)
    await commit({ ...makeDraft('x'), ...more }, page, { assets: urns.map(asset) })
    expect(bodyOf()).toMatchObject({ author: 'urn:li:organization:7', content })
  })

  test('files that were not prepared are uploaded anew, and nothing is sent', async () => {
    server.answer(created)
    const failure = await failureOf(commit({ ...makeDraft('x'), media: [image] }))
    expect(failure).toMatchObject({ kind: 'transient', startOver: true })
    expect(server.received).toEqual([])
  })

  test('a first comment is plain text below the post', async () => {
    const comment = `urn:li:comment:(${URN},99)`
    server.answer({ status: 201, body: { id: '99', commentUrn: comment } })
    const draft = { ...makeDraft('More (here)'), role: 'comment' as const, root: POST }
    expect(await commit(draft)).toMatchObject({ platformPostId: comment, metadata: { post: URN } })
    expect(server.received[0]?.path).toBe(`/rest/socialActions/${encodeURIComponent(URN)}/comments`)
    expect(bodyOf()).toEqual({
      actor: 'urn:li:person:a1',
      object: URN,
      message: { text: 'More (here)' },
    })
  })
})

const problem = (status: number, message: string, more: object = {}): Answer => ({
  status,
  body: { status, message, ...more },
})
const duplicate = (message: string) =>
  problem(422, message, {
    errorDetailType: 'com.linkedin.common.error.BadRequest',
    errorDetails: { inputErrors: [{ description: 'x', input: {}, code: 'DUPLICATE_POST' }] },
  })

describe('what LinkedIn answers to a post', () => {
  test.each<[string, Answer, Record<string, unknown>]>([
    ['429', problem(429, 'throttle limit'), { kind: 'rate_limited' }],
    ['500', problem(500, 'oops'), { kind: 'outcome_unknown' }],
    ['503 in HTML', { status: 503, body: '<html>' }, { kind: 'outcome_unknown' }],
    ['201 without an id', { status: 201 }, { kind: 'outcome_unknown', code: 'unreadable_answer' }],
    ['activity', problem(400, 'Unable to obtain activity'), { kind: 'outcome_unknown' }],
    ['409', problem(409, 'CONFLICT'), { kind: 'transient', code: 'linkedin_conflict' }],
    [
      '403',
      problem(403, 'Not enough permissions'),
      { kind: 'rejected', code: 'linkedin_forbidden' },
    ],
    [
      '400 of a member token',
      problem(400, 'Organization permissions must be used when using organization as author'),
      { kind: 'rejected', code: 'linkedin_forbidden' },
    ],
    [
      'too long',
      problem(400, 'too long', { code: 'FIELD_LENGTH_TOO_LONG' }),
      { kind: 'rejected', code: 'linkedin_text_too_long' },
    ],
    ['422', problem(422, 'No such image'), { kind: 'rejected', code: 'linkedin_invalid_request' }],
    [
      '426',
      problem(426, 'x', { code: 'NONEXISTENT_VERSION' }),
      { kind: 'rejected', code: 'linkedin_version_ended' },
    ],
    [
      'duplicate without a URN',
      duplicate('Content is a duplicate'),
      { kind: 'outcome_unknown', code: 'linkedin_duplicate' },
    ],
  ])('%s', async (_name, answer, failure) => {
    server.answer(answer)
    expect(await failureOf(commit(makeDraft('x')))).toMatchObject(failure)
  })

  test('429 waits for midnight UTC', async () => {
    server.answer(problem(429, 'throttle limit'))
    const failure = Object(await failureOf(commit(makeDraft('x'))))
    expect(failure.retryAt.toISOString()).toMatch(/T(00:00:00|23:59:59)/)
  })

  test('a duplicate that names a post is left to the confirmation', async () => {
    server.answer(duplicate(`Content is a duplicate of ${URN}`))
    expect(await commit(makeDraft('x'))).toEqual({ accepted: { duplicate_of: URN } })
  })

  test('a refused token is tried once more, as it may be new', async () => {
    const revoked = problem(401, 'revoked', { serviceErrorCode: 65601 })
    server.answer(revoked, created)
    expect(await commit(makeDraft('x'))).toEqual(POST)
    server.answer(revoked, revoked)
    expect(await failureOf(commit(makeDraft('x')))).toMatchObject({ kind: 'auth_revoked' })
    server.answer(problem(401, 'expired', { serviceErrorCode: 65602 }))
    expect(await failureOf(commit(makeDraft('x')))).toMatchObject({ kind: 'auth_expired' })
  })
})

describe('afterwards', () => {
  test('posts and comments are removed, gone or not', async () => {
    server.answer({ status: 204 })
    await linkedin().remove?.(POST, page, server.call)
    expect(server.received[0]).toMatchObject({
      method: 'DELETE',
      path: `/rest/posts/${encodeURIComponent(URN)}`,
    })
    server.answer({ status: 404, body: {} })
    const comment = {
      platformPostId: `urn:li:comment:(urn:li:activity:5,99)`,
      metadata: { post: URN },
    }
    await linkedin().remove?.(comment, member, server.call)
    expect(server.received[0]?.path).toBe(
      `/rest/socialActions/${encodeURIComponent(URN)}/comments/99?actor=urn%3Ali%3Aperson%3Aa1`,
    )
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['live', { status: 200, body: { id: URN, lifecycleState: 'PUBLISHED' } }, { state: 'live' }],
    ['removed', { status: 404, body: {} }, { state: 'removed' }],
    ['hidden', { status: 403, body: {} }, { state: 'unknown' }],
  ])('%s', async (_name, answer, looked) => {
    server.answer(answer)
    expect(await linkedin().lookup?.(POST, page, server.call)).toMatchObject(looked)
  })
})
