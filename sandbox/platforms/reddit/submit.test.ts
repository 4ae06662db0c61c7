import { describe, expect, test } from '@jest/globals'
import { call, pick, withSandbox } from '../../testing/http.ts'
import { get } from '../../testing/reddit-login.ts'
import {
  post,
  refusals,
  SELF,
  signIn,
  submit,
  submitted,
  truth,
} from '../../testing/reddit-submit.ts'

const FLAIR = 'a1b2c3d4-0000-4000-8000-000000000001'

describe('Reddit text and links', () => {
  test('a text post has an id at once, is listed, and leads to its author', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const { status, headers, body } = await submit(url, bearer, SELF)
      expect([status, headers.get('x-ratelimit-used')]).toEqual([200, '1'])
      const id = pick(body, 'json', 'data', 'id')
      const permalink = `/r/clarion_sandbox/comments/${id}/hello/`
      expect(body).toEqual({
        json: {
          errors: [],
          data: { id, name: `t3_${id}`, url: `${url}/reddit${permalink}`, drafts_count: 0 },
        },
      })
      expect(await submitted(url, bearer)).toMatchObject([
        {
          name: `t3_${id}`,
          title: 'Hello',
          selftext: 'A & b',
          permalink,
          removed_by_category: null,
        },
      ])
      expect(await submitted(url, bearer, '')).toMatchObject([{ selftext: 'A &amp; b' }])
      const visit = await call(`${url}/reddit${permalink}`)
      expect(visit.headers.get('location')).toMatch(/^\/\?platform=reddit&account=/)
      expect(await truth(url)).toMatchObject([
        { platform_post_id: `t3_${id}`, text: 'A & b', media: [] },
      ])
    }))

  test('a link, with flair and marks', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const link = { sr: 'r/flair_first', kind: 'link', title: 'T', url: 'https://example.com/' }
      const made = await submit(url, bearer, { ...link, flair_id: FLAIR, nsfw: 'true' })
      expect(refusals(made)).toEqual([200])
      expect(await submitted(url, bearer)).toMatchObject([
        {
          url: link.url,
          link_flair_text: 'Question',
          over_18: true,
          spoiler: false,
          is_self: false,
        },
      ])
    }))

  test.each<[string, Record<string, string>]>([
    ['NO_TEXT title', { title: ' ' }],
    ['TOO_LONG title', { title: 'x'.repeat(301) }],
    ['TOO_LONG text', { text: 'x'.repeat(40_001) }],
    ['INVALID_OPTION kind', { kind: 'song' }],
    ['SUBREDDIT_REQUIRED sr', { sr: '' }],
    ['SUBREDDIT_NOEXIST sr', { sr: 'nowhere' }],
    ['SUBREDDIT_NOTALLOWED sr', { sr: 'members_only_posts' }],
    ['SUBREDDIT_NOTALLOWED sr', { sr: 'carols_den' }],
    ['SUBREDDIT_NOTALLOWED sr', { sr: 'u_bob' }],
    ['BANNED_FROM_SUBREDDIT sr', { sr: 'you_are_banned' }],
    ['SUBMIT_VALIDATION_FLAIR_REQUIRED flair', { sr: 'flair_first' }],
    ['BAD_FLAIR_TEMPLATE_ID flair_id', { flair_id: FLAIR }],
    ['NO_URL url', { kind: 'link' }],
    ['BAD_URL url', { kind: 'link', url: 'example.com' }],
    ['BAD_URL url', { kind: 'image', url: 'https://example.com/rte_images/none' }],
    [
      'NO_LINKS sr',
      { sr: 'text_only', kind: 'link', url: 'https://a.example/', title: '[OC] 1234567' },
    ],
    [
      'DOMAIN_BANNED url',
      { sr: 'links_only', kind: 'link', url: 'https://www.spam.example/', text: '' },
    ],
    ['SUBMIT_VALIDATION_BODY_REQUIRED text', { sr: 'text_only', title: '[OC] 1234567', text: '' }],
    ['SUBMIT_VALIDATION_MIN_LENGTH text', { sr: 'text_only', title: '[OC] 1234567' }],
  ])('%s for %j', (code, changes) =>
    withSandbox({}, async ({ url }) => {
      const refused = await submit(url, await signIn(url), { ...SELF, ...changes })
      expect(refusals(refused)).toEqual([200, code])
      expect(await truth(url)).toEqual([])
    }),
  )

  test('everything that is wrong is told at once', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const text = await submit(url, bearer, { ...SELF, sr: 'text_only', title: 'Upvote' })
      expect(refusals(text)).toEqual([
        200,
        'SUBMIT_VALIDATION_MIN_LENGTH title',
        'SUBMIT_VALIDATION_TITLE_REQUIRED_STRING title',
        'SUBMIT_VALIDATION_TITLE_BLACKLISTED_STRING title',
        'SUBMIT_VALIDATION_MIN_LENGTH text',
      ])
      const links = await submit(url, bearer, { ...SELF, sr: 'links_only' })
      expect(refusals(links)).toEqual([
        200,
        'NO_SELFS sr',
        'SUBMIT_VALIDATION_BODY_NOT_ALLOWED text',
      ])
    }))

  test('approved users post where it is restricted, everyone on their profile', () =>
    withSandbox({}, async ({ url }) => {
      const bob = await signIn(url, 'bob')
      expect(refusals(await submit(url, bob, { ...SELF, sr: 'members_only_posts' }))).toEqual([200])
      expect(refusals(await submit(url, bob, { ...SELF, sr: 'u_bob' }))).toEqual([200])
    }))

  test('without api_type=json the answer is for the old site', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await submit(url, await signIn(url), { ...SELF, api_type: '' })
      expect(body).toEqual({ jquery: [], success: true })
    }))

  test('a client that does not say who it is gets nothing', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const form = { api_type: 'json', ...SELF }
      const blocked = await call(`${url}/reddit/api/submit`, { bearer, form })
      expect(blocked.status).toBe(429)
      expect(await truth(url)).toEqual([])
    }))
})

describe('Reddit comments and deleting', () => {
  test('a comment is no post; both can be deleted, again and again', () =>
    withSandbox({}, async ({ url, state }) => {
      const bearer = await signIn(url)
      const made = await submit(url, bearer, SELF)
      const name = pick(made.body, 'json', 'data', 'name')
      const said = await post(url, bearer, '/api/comment', { thing_id: name, text: 'First' })
      const thing = Object(said.body).json.data.things[0]
      expect(thing).toMatchObject({ kind: 't1', data: { parent_id: name, body: 'First' } })
      const reply = { thing_id: thing.data.name, text: 'Second' }
      expect(refusals(await post(url, bearer, '/api/comment', reply))).toEqual([200])
      expect(state.comments.list()).toMatchObject([
        { platform_post_id: name, comment_id: thing.data.name, text: 'First' },
        { platform_post_id: name, text: 'Second' },
      ])
      const comments = await get(url, '/user/alice/comments', bearer)
      expect(Object(comments.body).data.children).toHaveLength(2)
      const bob = await signIn(url, 'bob')
      expect((await post(url, bob, '/api/del', { id: name })).status).toBe(403)
      for (const id of [thing.data.name, name, name, 't3_none']) {
        const gone = await post(url, bearer, '/api/del', { id })
        expect([gone.status, gone.body]).toEqual([200, {}])
      }
      expect(state.comments.list()[0]?.deleted_at).not.toBeNull()
      expect(await truth(url)).toMatchObject([{ deleted_at: expect.any(String) }])
      const info = await get(url, `/api/info?id=${name},${thing.data.name},t3_none`, bearer)
      expect(Object(info.body).data.children).toMatchObject([
        { data: { author: '[deleted]', selftext: '[deleted]', num_comments: 1 } },
        { data: { author: '[deleted]', body: '[deleted]' } },
      ])
      expect(await submitted(url, bearer)).toEqual([])
    }))

  test('a thread shows the post and what was said', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const id = pick((await submit(url, bearer, SELF)).body, 'json', 'data', 'id')
      await post(url, bearer, '/api/comment', { thing_id: `t3_${id}`, text: 'First' })
      const { body } = await get(url, `/comments/${id}?sort=new`, bearer)
      expect(body).toMatchObject([
        { data: { children: [{ kind: 't3', data: { id } }] } },
        { data: { children: [{ kind: 't1', data: { body: 'First' } }] } },
      ])
    }))

  test.each<[string, Record<string, string>]>([
    ['NO_TEXT text', { text: '' }],
    ['TOO_LONG text', { text: 'x'.repeat(10_001) }],
    ['NO_THING_ID parent', { thing_id: 't3_none' }],
  ])('%s for %j', (code, changes) =>
    withSandbox({}, async ({ url }) => {
      const bearer = await signIn(url)
      const thing_id = pick((await submit(url, bearer, SELF)).body, 'json', 'data', 'name')
      const refused = await post(url, bearer, '/api/comment', { thing_id, text: 'Hi', ...changes })
      expect(refusals(refused)).toEqual([200, code])
    }),
  )
})
