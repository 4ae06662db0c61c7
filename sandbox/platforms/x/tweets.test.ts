import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { login, tweet } from '../../testing/x-login.ts'

const DUPLICATE = {
  detail: 'You are not allowed to create a Tweet with duplicate content.',
  type: 'about:blank',
  title: 'Forbidden',
  status: 403,
}

async function timeline(url: string, bearer: string, query = '') {
  const me = await call(`${url}/x/2/users/me`, { bearer })
  return call(`${url}/x/2/users/${pick(me.body, 'data', 'id')}/tweets${query}`, { bearer })
}

describe('POST /2/tweets', () => {
  test('answers 201 with t.co links, budget headers and the ground truth expanded', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const text = 'Read & share https://example.com/a/page #news @bob'
      const reply = await tweet(url, access, { text })
      expect(reply.status).toBe(201)
      const id = pick(reply.body, 'data', 'id')
      expect(reply.body).toEqual({
        data: {
          id: expect.stringMatching(/^\d{19}$/),
          text: expect.stringMatching(/^Read &amp; share https:\/\/t\.co\/\w{10} #news @bob$/),
          edit_history_post_ids: [id],
        },
      })
      expect(reply.headers.get('x-rate-limit-limit')).toBe('100')
      expect(reply.headers.get('x-rate-limit-remaining')).toBe('99')
      expect(Number(reply.headers.get('x-rate-limit-reset'))).toBeGreaterThan(Date.now() / 1000)
      const truth = await call(`${url}/_sandbox/posts?platform=x&text=share`)
      expect(truth.body).toMatchObject({ data: [{ platform_post_id: id, text, deleted_at: null }] })
    }))

  test('refuses what X refuses', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const refused = async (body: unknown, status: number, reason: RegExp) => {
        const reply = await tweet(url, access, body)
        expect(reply.status).toBe(status)
        expect(JSON.stringify(reply.body)).toMatch(reason)
      }
      await refused({}, 400, /invalid-request/)
      await refused({ text: '  ' }, 400, /text/)
      await refused({ text: 'a', colour: 1 }, 400, /\$\.colour: is not defined in the schema/)
      await refused({ text: 'é'.repeat(281) }, 403, /too long/)
      await refused({ text: '漢'.repeat(141) }, 403, /too long/)
      await refused({ text: 'Buy $AAPL and $MSFT' }, 403, /maximum of one cashtag/)
      await refused({ text: 'a', media: { media_ids: ['1'] } }, 400, /media IDs are invalid/)
      await refused(
        { text: 'a', reply: { in_reply_to_tweet_id: '1' } },
        403,
        /deleted or not visible/,
      )
      await refused({ text: 'a', poll: { options: ['only'], duration_minutes: 5 } }, 400, /poll/)
      expect((await tweet(url, access, { text: '漢'.repeat(140) })).status).toBe(201)
      expect(
        (await tweet(url, access, { text: `${'a'.repeat(256)} https://e.com/${'x'.repeat(300)}` }))
          .status,
      ).toBe(201)
    }))

  test('the same text again within a day is a duplicate, without the existing id', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const first = await login(url)
      expect((await tweet(url, first.access, { text: 'Once' })).status).toBe(201)
      clock.advance(3_600_000)
      const again = await tweet(url, first.access, { text: 'Once ' })
      expect(again.status).toBe(403)
      expect(again.body).toEqual(DUPLICATE)
      const other = await login(url, { sandbox_account: 'bob' })
      expect((await tweet(url, other.access, { text: 'Once' })).status).toBe(201)
      clock.advance(24 * 3_600_000)
      const later = await login(url)
      expect((await tweet(url, later.access, { text: 'Once' })).status).toBe(201)
    })
  })

  test('needs tweet.write and a live token', () =>
    withSandbox({}, async ({ url }) => {
      const reader = await login(url, { scope: 'tweet.read users.read' })
      expect((await tweet(url, reader.access, { text: 'a' })).status).toBe(403)
      const stranger = await tweet(url, 'sbx_secret_nothing', { text: 'a' })
      expect(stranger.status).toBe(401)
      expect(stranger.headers.get('content-type')).toMatch('application/problem+json')
    }))

  test('the hundred and first in 15 minutes is 429 until the reset', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { access } = await login(url)
      for (let count = 0; count < 100; count++) await tweet(url, access, { text: `n ${count}` })
      const over = await tweet(url, access, { text: 'over' })
      expect(over.status).toBe(429)
      expect(over.body).toMatchObject({ title: 'Too Many Requests', status: 429 })
      expect(over.headers.get('x-rate-limit-remaining')).toBe('0')
      clock.advance(15 * 60_000)
      expect((await tweet(url, access, { text: 'over' })).status).toBe(201)
    })
  })

  test('replies: to yourself and to who mentioned you, to nobody else', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const root = pick((await tweet(url, alice.access, { text: 'Hello' })).body, 'data', 'id')
      const to = (id: string) => ({ text: `re ${id}`, reply: { in_reply_to_tweet_id: id } })
      expect((await tweet(url, bob.access, to(root))).status).toBe(403)
      expect((await tweet(url, alice.access, to(root))).status).toBe(201)
      const call_ = await tweet(url, alice.access, { text: 'Hello @bob' })
      expect((await tweet(url, bob.access, to(pick(call_.body, 'data', 'id')))).status).toBe(201)
    }))
})

describe('reading and deleting', () => {
  test('a timeline gives fields, expanded links, ranges and pages', () => {
    const clock = makeClock('2026-12-01T09:00:00.250Z')
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const { access } = await login(url)
      expect((await timeline(url, access)).body).toEqual({ meta: { result_count: 0 } })
      const ids: string[] = []
      for (let count = 0; count < 7; count++) {
        const { body } = await tweet(url, access, {
          text: `${count} see https://example.com/${count}`,
        })
        ids.push(pick(body, 'data', 'id'))
        clock.advance(1000)
      }
      const page = await timeline(url, access, '?max_results=5&tweet.fields=created_at,entities')
      expect(page.body).toMatchObject({
        data: ids
          .slice(2)
          .map((id) => ({ id }))
          .reverse(),
        meta: { result_count: 5, newest_id: ids[6], oldest_id: ids[2] },
      })
      expect(pick(page.body, 'data', 0, 'created_at')).toBe('2026-12-01T09:00:06.000Z')
      const link = pick(page.body, 'data', 0, 'entities', 'urls', 0, 'expanded_url')
      expect(link).toBe('https://example.com/6')
      const token = pick(page.body, 'meta', 'next_token')
      const rest = await timeline(url, access, `?max_results=5&pagination_token=${token}`)
      expect(rest.body).toMatchObject({ data: [{ id: ids[1] }, { id: ids[0] }] })
      const since = await timeline(url, access, `?since_id=${ids[5]}`)
      expect(since.body).toMatchObject({ data: [{ id: ids[6] }] })
      const from = await timeline(url, access, '?start_time=2026-12-01T09:00:06Z')
      expect(from.body).toMatchObject({ data: [{ id: ids[6] }] })
    })
  })

  test('refuses parameters the API does not know', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const queries = [
        '?max_results=4',
        '?max_results=101',
        '?limit=5',
        '?start_time=yesterday',
        '?since_id=abc',
        '?exclude=likes',
        '?tweet.fields=colour',
        '?pagination_token=zzz',
      ]
      for (const query of queries) {
        const reply = await timeline(url, access, query)
        expect([query, reply.status]).toEqual([query, 400])
        expect(reply.body).toMatchObject({ title: 'Invalid Request' })
      }
    }))

  test('delete removes, and lookup then reports it missing beside a 200', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const id = pick((await tweet(url, alice.access, { text: 'Bye' })).body, 'data', 'id')
      const path = `${url}/x/2/tweets/${id}`
      const remove = { method: 'DELETE' }
      expect((await call(path, { ...remove, bearer: bob.access })).status).toBe(403)
      const gone = await call(path, { ...remove, bearer: alice.access })
      expect(gone.body).toEqual({ data: { deleted: true } })
      const lookup = await call(`${url}/x/2/tweets?ids=${id}`, { bearer: alice.access })
      expect(lookup.status).toBe(200)
      expect(pick(lookup.body, 'errors', 0, 'type')).toMatch(/resource-not-found$/)
      const truth = await call(`${url}/_sandbox/posts?platform=x`)
      expect(pick(truth.body, 'data', 0, 'deleted_at')).toMatch(/Z$/)
      expect((await tweet(url, alice.access, { text: 'Bye' })).status).toBe(201)
    }))
})
