import { describe, expect, test } from '@jest/globals'
import { makeClock, pick, withSandbox } from '../../testing/http.ts'
import { get, login } from '../../testing/reddit-login.ts'

function names(body: unknown): string[] {
  return Object.values(Object(body).data.children).map((one) => pick(one, 'data', 'display_name'))
}

describe('Reddit account and subreddits', () => {
  test('me has a base-36 id and texts that are escaped unless raw', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const { body } = await get(url, '/api/v1/me', access)
      expect(body).toMatchObject({
        id: expect.stringMatching(/^[a-z0-9]{9}$/),
        name: 'alice',
        total_karma: 200,
        has_verified_email: true,
        is_suspended: false,
        subreddit: { display_name: 'u_alice' },
      })
      expect(pick(body, 'icon_img')).toMatch(/\?width=256&amp;s=/)
      const raw = await get(url, '/api/v1/me?raw_json=1', access)
      expect(pick(raw.body, 'icon_img')).toMatch(/\?width=256&s=/)
    }))

  test('a missing scope is 403 and says which kind', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: 'identity' })
      const refused = await get(url, '/subreddits/mine/subscriber', access)
      expect([refused.status, refused.body]).toEqual([403, { message: 'Forbidden', error: 403 }])
      expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope')
      const kept = await login(url, { sandbox_scopes: 'read' })
      expect((await get(url, '/api/v1/me', kept.access)).status).toBe(403)
    }))

  test('subscriptions are paged by fullname', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const seen: string[] = []
      let after: unknown = ''
      for (let page = 0; page < 3; page++) {
        const query = `?limit=2${after === '' ? '' : `&after=${after}`}`
        const { body } = await get(url, `/subreddits/mine/subscriber${query}`, access)
        seen.push(...names(body))
        after = Object(body).data.after
      }
      expect(after).toBeNull()
      expect(seen).toEqual([
        'clarion_sandbox',
        'flair_first',
        'members_only_posts',
        'you_are_banned',
        'links_only',
        'text_only',
      ])
      const all = await get(url, '/subreddits/mine/subscriber?limit=1000', access)
      expect(names(all.body)).toEqual(seen)
    }))

  test('moderator and contributor lists are one account’s own', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const of = async (where: string, bearer: string) =>
        names((await get(url, `/subreddits/mine/${where}`, bearer)).body)
      expect(await of('moderator', alice.access)).toEqual(['clarion_sandbox'])
      expect(await of('moderator', bob.access)).toEqual([])
      expect(await of('contributor', bob.access)).toEqual(['members_only_posts'])
      expect((await get(url, '/subreddits/mine/streams', bob.access)).status).toBe(404)
    }))

  test('about tells what may be posted and by whom', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const about = async (name: string, bearer = alice.access) =>
        (await get(url, `/r/${name}/about`, bearer)).body
      const restricted = { kind: 't5', data: { subreddit_type: 'restricted' } }
      expect(await about('members_only_posts')).toMatchObject(restricted)
      expect(await about('members_only_posts')).toMatchObject({
        data: { user_is_contributor: false },
      })
      expect(await about('members_only_posts', bob.access)).toMatchObject({
        data: { user_is_contributor: true },
      })
      expect(await about('YOU_ARE_BANNED')).toMatchObject({ data: { user_is_banned: true } })
      expect(await about('links_only')).toMatchObject({ data: { submission_type: 'link' } })
      expect(await about('u_alice')).toMatchObject({
        data: { subreddit_type: 'user', user_is_moderator: true },
      })
      expect(await about('nowhere')).toEqual({ message: 'Not Found', error: 404 })
      expect(await about('carols_den')).toMatchObject({ reason: 'private', error: 403 })
    }))

  test('rules, posting requirements and flairs', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const rules = await get(url, '/r/flair_first/about/rules', access)
      expect(rules.body).toMatchObject({ rules: [{ short_name: 'Flair your post', priority: 0 }] })
      const requirements = async (name: string) =>
        (await get(url, `/api/v1/${name}/post_requirements`, access)).body
      expect(await requirements('flair_first')).toMatchObject({ is_flair_required: true })
      expect(await requirements('text_only')).toMatchObject({
        is_flair_required: false,
        title_required_strings: ['[OC]'],
        body_restriction_policy: 'required',
      })
      const flairs = await get(url, '/r/flair_first/api/link_flair_v2', access)
      expect(flairs.body).toMatchObject([{ text: 'Question' }, { text: 'News' }])
      expect((await get(url, '/r/links_only/api/link_flair_v2', access)).status).toBe(403)
    }))

  test('a thousand calls in ten minutes, then 429; reset is in seconds', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { access } = await login(url)
      const first = await get(url, '/api/v1/me', access)
      const header = (name: string) => first.headers.get(`x-ratelimit-${name}`)
      expect([header('used'), header('remaining'), header('reset')]).toEqual(['1', '999.0', '600'])
      for (let count = 1; count < 1000; count++) await get(url, '/api/v1/me', access)
      clock.advance(590_000)
      const over = await get(url, '/api/v1/me', access)
      expect([over.status, over.headers.get('x-ratelimit-reset')]).toEqual([429, '10'])
      clock.advance(10_000)
      expect((await get(url, '/api/v1/me', access)).status).toBe(200)
    })
  })
})
