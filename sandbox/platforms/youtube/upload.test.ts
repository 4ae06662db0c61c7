import { describe, expect, test } from '@jest/globals'
import { accountIdOf } from '../../testing/google-login.ts'
import { makeClock, newAccount, pick, withSandbox } from '../../testing/http.ts'
import {
  clip,
  fault,
  PRIVATE,
  put,
  reasonOf,
  SNIPPET,
  sessionOf,
  signIn,
  start,
  truth,
  UNIT,
} from '../../testing/youtube-upload.ts'

describe('YouTube resumable upload', () => {
  test('units of 256 KiB, the question how far, and the video at the end, again and again', () =>
    withSandbox({}, async ({ url, state }) => {
      const bearer = await signIn(url)
      const session = await sessionOf(url, bearer)
      expect(session.startsWith(`${url}/youtube/upload/`)).toBe(true)
      expect(state.secrets.list()).toContain(new URL(session).searchParams.get('upload_id'))
      expect(await put(session, clip)).toMatchObject({ status: 308, range: null })
      expect(await put(session, clip, 0, UNIT + 100)).toMatchObject({
        status: 308,
        range: `bytes=0-${UNIT - 1}`,
      })
      expect(await put(session, clip, UNIT, UNIT + 100)).toMatchObject({ status: 400 })
      expect(await put(session, clip, 2 * UNIT)).toMatchObject({ status: 400 })
      expect(await put(session, clip)).toMatchObject({ status: 308, range: `bytes=0-${UNIT - 1}` })
      expect(await truth(url)).toEqual([])
      const done = await put(session, clip, UNIT)
      expect(done).toMatchObject({
        status: 200,
        body: { snippet: SNIPPET, status: { uploadStatus: 'uploaded', privacyStatus: 'public' } },
      })
      const id = pick(done.body, 'id')
      expect(id).toMatch(/^[\w-]{11}$/)
      for (const again of [await put(session, clip), await put(session, clip, UNIT)]) {
        expect([again.status, pick(again.body, 'id')]).toEqual([200, id])
      }
      expect(await truth(url)).toMatchObject([
        { platform_post_id: id, text: SNIPPET.description, media: [clip.facts.sha256] },
      ])
    }))

  test('an overlap counts once', () =>
    withSandbox({}, async ({ url }) => {
      const session = await sessionOf(url, await signIn(url))
      await put(session, clip, 0, 2 * UNIT)
      expect(await put(session, clip, 0, UNIT)).toMatchObject({ range: `bytes=0-${2 * UNIT - 1}` })
      expect((await put(session, clip, UNIT)).status).toBe(200)
      expect(await truth(url)).toMatchObject([{ media: [clip.facts.sha256] }])
    }))

  test('an unknown or old session is 404', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const session = await sessionOf(url, await signIn(url))
      expect((await put(session.slice(0, -1), clip)).status).toBe(404)
      clock.advance(7 * 24 * 3_600_000)
      expect((await put(session, clip)).status).toBe(404)
    })
  })

  test.each([
    ['invalidTitle', { snippet: { ...SNIPPET, title: '' } }],
    ['invalidTitle', { snippet: { ...SNIPPET, title: 'x'.repeat(101) } }],
    ['invalidTitle', { snippet: { ...SNIPPET, title: 'a < b' } }],
    ['invalidDescription', { snippet: { ...SNIPPET, description: 'ä'.repeat(2501) } }],
    ['invalidTags', { snippet: { ...SNIPPET, tags: ['a b'.repeat(83), 'c'.repeat(249)] } }],
    ['invalidCategoryId', { snippet: { ...SNIPPET, categoryId: '18' } }],
    ['invalidVideoMetadata', { status: { privacyStatus: 'secret' } }],
    [
      'invalidPublishAt',
      { status: { privacyStatus: 'public', publishAt: '2999-01-01T00:00:00Z' } },
    ],
    ['unknownPart', { query: 'part=snippet,everything' }],
    ['required', { query: '' }],
  ])('%s for %j', (reason, changes) =>
    withSandbox({}, async ({ url }) => {
      expect(reasonOf(await start(url, await signIn(url), changes))).toEqual([400, reason])
    }),
  )

  test('tags of 500 characters with commas and quotes are fine', () =>
    withSandbox({}, async ({ url }) => {
      const tags = ['a b'.repeat(83), 'c'.repeat(248)]
      const taken = await start(url, await signIn(url), { snippet: { ...SNIPPET, tags } })
      expect(taken.status).toBe(200)
    }))

  test('a hundred uploads a day for the project, fifty for a channel', () =>
    withSandbox({}, async ({ url, state }) => {
      const bearer = await signIn(url)
      const now = state.now().getTime()
      const budget = { limit: 50, windowMs: 60_000 }
      const channel = await accountIdOf(url, 'youtube', 'alice')
      state.rateLimits.take(`youtube channel ${channel}`, budget, now, 50)
      expect(reasonOf(await start(url, bearer))).toEqual([400, 'uploadLimitExceeded'])
      const project = { limit: 100, windowMs: 60_000 }
      state.rateLimits.take('youtube uploads sandbox-youtube-client', project, now, 99)
      expect(reasonOf(await start(url, bearer))).toEqual([403, 'quotaExceeded'])
    }))

  test('no channel, no upload; an unverified project uploads in private', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      expect(reasonOf(await start(url, await signIn(url, 'carol')))).toEqual([
        401,
        'youtubeSignupRequired',
      ])
      await newAccount(sandbox, 'youtube', 'unverified.shop')
      const locked = await put(await sessionOf(url, await signIn(url, 'unverified.shop')), clip, 0)
      expect(locked.body).toMatchObject({ status: PRIVATE })
    }))
})

describe('YouTube faults', () => {
  test('the last part is the call that publishes; its answer can be lost', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const account_id = await accountIdOf(url, 'youtube', 'alice')
      const session = await sessionOf(url, bearer)
      await fault(url, { step: 'upload', fault: 'status', status: 503, account_id })
      expect((await put(session, clip, 0, UNIT)).status).toBe(503)
      await fault(url, { step: 'publish', fault: 'drop_after_accept', account_id })
      await expect(put(session, clip, 0)).rejects.toThrow()
      expect(await put(session, clip)).toMatchObject({ status: 200, body: { snippet: SNIPPET } })
      expect(await truth(url)).toHaveLength(1)
    }))

  test('refuse at upload is a refusal of the content', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      await fault(url, { step: 'upload', fault: 'refuse' })
      expect(reasonOf(await start(url, bearer))).toEqual([400, 'invalidVideoMetadata'])
    }))
})
