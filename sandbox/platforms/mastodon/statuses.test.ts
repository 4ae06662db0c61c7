import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { ownId, ownToken, publish } from '../../testing/mastodon-login.ts'

const HOUR_MS = 3_600_000

describe('POST /api/v1/statuses', () => {
  test('answers the status with HTML content, and the source gives the text back', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const status = 'Hi @bob, <b>\nsee https://www.example.com/a/very/long/path/indeed #News'
      const form = { status, visibility: 'unlisted', language: 'de' }
      const { status: code, body, headers } = await call(`${url}/api/v1/statuses`, { form, bearer })
      expect(code).toBe(200)
      const content = [
        `<p>Hi <span class="h-card" translate="no"><a href="${url}/@bob" class="u-url mention">@<span>bob</span></a></span>, &lt;b&gt;<br />see `,
        '<a href="https://www.example.com/a/very/long/path/indeed" target="_blank" rel="nofollow noopener" translate="no">',
        '<span class="invisible">https://www.</span><span class="ellipsis">example.com/a/very/long/path/i</span><span class="invisible">ndeed</span></a> ',
        `<a href="${url}/tags/news" class="mention hashtag" rel="tag">#<span>News</span></a></p>`,
      ].join('')
      expect(body).toMatchObject({
        content,
        visibility: 'unlisted',
        language: 'de',
        application: { name: 'Sandbox access token' },
        mentions: [{ username: 'bob' }],
        tags: [{ name: 'news' }],
        url: `${url}/@alice/${pick(body, 'id')}`,
      })
      expect(headers.get('x-ratelimit-limit')).toBe('300')
      expect(headers.get('x-ratelimit-reset')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
      const source = await call(`${url}/api/v1/statuses/${pick(body, 'id')}/source`, { bearer })
      expect(source.body).toEqual({ id: pick(body, 'id'), text: status, spoiler_text: '' })
      const truth = await call(`${url}/_sandbox/posts?platform=mastodon`)
      expect(truth.body).toMatchObject({ data: [{ text: status, deleted_at: null }] })
    }))

  test.each([
    ['nothing', {}, /Text can't be blank/],
    ['blanks', { status: ' \n ' }, /Text can't be blank/],
    ['501 characters', { status: 'a'.repeat(501) }, /character limit of 500 exceeded/],
    [
      'text and warning over 500',
      { status: 'a'.repeat(400), spoiler_text: 'b'.repeat(101) },
      /limit/,
    ],
    ['a link over the rest', { status: `${'a'.repeat(477)} https://e.com` }, /limit/],
    ['an unknown visibility', { status: 'a', visibility: 'friends' }, /Visibility/],
    ['media that does not exist', { status: 'a', media_ids: ['1'] }, /could not be found/],
    ['one option', { status: 'a', poll: { options: ['a'], expires_in: 600 } }, /more than one/],
    [
      'a poll too short',
      { status: 'a', poll: { options: ['a', 'b'], expires_in: 60 } },
      /too soon/,
    ],
    ['equal options', { status: 'a', poll: { options: ['a', 'a'], expires_in: 600 } }, /duplicate/],
  ])('refuses %s', (_name, json, reason) =>
    withSandbox({}, async ({ url }) => {
      const reply = await publish(url, await ownToken(url), json)
      expect(reply.status).toBe(422)
      expect(pick(reply.body, 'error')).toMatch(reason)
    }),
  )

  test('counts graphemes, a link as 23 and a remote mention as its local part', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const fits = [
        '👩‍👩‍👧‍👦'.repeat(500),
        `${'a'.repeat(476)} https://example.com/${'x'.repeat(200)}`,
        `${'a'.repeat(494)} @carol@a.very.long.instance.example`.slice(1),
      ]
      for (const status of fits) expect((await publish(url, bearer, { status })).status).toBe(200)
    }))

  test('a reply needs its parent', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      expect((await publish(url, bearer, { status: 'a', in_reply_to_id: '1' })).status).toBe(404)
      const id = pick((await publish(url, bearer, { status: 'root' })).body, 'id')
      const reply = await publish(url, bearer, { status: 'a', in_reply_to_id: id })
      expect(reply.body).toMatchObject({ in_reply_to_id: id })
    }))

  test('300 statuses in three hours', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const bearer = await ownToken(url)
      for (let count = 0; count < 300; count++) {
        // The token budget of 300 in five minutes comes first otherwise.
        clock.advance(2000)
        await publish(url, bearer, { status: `n ${count}` })
      }
      const over = await publish(url, bearer, { status: 'over' })
      expect([over.status, over.body]).toEqual([429, { error: 'Too many requests' }])
      expect(over.headers.get('x-ratelimit-remaining')).toBe('0')
    })
  })
})

describe('Idempotency-Key', () => {
  test('repeats, also concurrent ones and with another body, give the first status', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const replies = await Promise.all(
        ['a', 'a', 'b', 'c'].map((status) => publish(url, bearer, { status }, 'key-1')),
      )
      const ids = new Set(replies.map(({ body }) => pick(body, 'id')))
      expect(ids.size).toBe(1)
      const other = await publish(url, bearer, { status: 'a' }, 'key-2')
      expect(ids.has(pick(other.body, 'id'))).toBe(false)
      const bob = await publish(url, await ownToken(url, 1), { status: 'a' }, 'key-1')
      expect(ids.has(pick(bob.body, 'id'))).toBe(false)
      const truth = await call(`${url}/_sandbox/posts`)
      expect(truth.body).toMatchObject({ data: { length: 3 } })
    }))

  test('is forgotten after an hour; a refused request leaves no key', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const bearer = await ownToken(url)
      expect((await publish(url, bearer, {}, 'k')).status).toBe(422)
      const first = await publish(url, bearer, { status: 'a' }, 'k')
      clock.advance(HOUR_MS - 1)
      const same = await publish(url, bearer, { status: 'a' }, 'k')
      expect(pick(same.body, 'id')).toBe(pick(first.body, 'id'))
      clock.advance(1)
      const later = await publish(url, bearer, { status: 'a' }, 'k')
      expect(pick(later.body, 'id')).not.toBe(pick(first.body, 'id'))
    })
  })
})

describe('reading and deleting', () => {
  test('a timeline pages by ids and hides private statuses from others', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const ids: string[] = []
      for (const visibility of ['public', 'private', 'direct', 'public']) {
        ids.push(pick((await publish(url, bearer, { status: visibility, visibility })).body, 'id'))
      }
      const path = `${url}/api/v1/accounts/${await ownId(url)}/statuses`
      const mine = await call(`${path}?exclude_reblogs=true`, { bearer })
      expect(mine.body).toMatchObject([3, 2, 1, 0].map((index) => ({ id: ids[index] })))
      const anyone = await call(path)
      expect(anyone.body).toMatchObject([{ id: ids[3] }, { id: ids[0] }])
      const above = await call(`${path}?min_id=${ids[0]}&limit=2`, { bearer })
      expect(above.body).toMatchObject([{ id: ids[2] }, { id: ids[1] }])
      const newest = await call(`${path}?since_id=${ids[0]}&limit=2`, { bearer })
      expect(newest.body).toMatchObject([{ id: ids[3] }, { id: ids[2] }])
      expect(newest.headers.get('link')).toMatch(/rel="next".*rel="prev"/)
      expect((await call(`${url}/api/v1/statuses/${ids[1]}`)).status).toBe(404)
    }))

  test('delete answers the source once, then 404', () =>
    withSandbox({}, async ({ url }) => {
      const bearer = await ownToken(url)
      const id = pick((await publish(url, bearer, { status: 'Bye' })).body, 'id')
      const path = `${url}/api/v1/statuses/${id}`
      const foreign = await call(path, { method: 'DELETE', bearer: await ownToken(url, 1) })
      expect(foreign.status).toBe(404)
      const gone = await call(path, { method: 'DELETE', bearer })
      expect([gone.status, pick(gone.body, 'text')]).toEqual([200, 'Bye'])
      const again = await call(path, { method: 'DELETE', bearer })
      expect([again.status, again.body]).toEqual([404, { error: 'Record not found' }])
    }))

  test('the instance tells its limits', () =>
    withSandbox({}, async ({ url }) => {
      const v2 = await call(`${url}/api/v2/instance`)
      const statuses = { max_characters: 500, characters_reserved_per_url: 23 }
      expect(v2.body).toMatchObject({ configuration: { statuses }, domain: new URL(url).host })
      const v1 = await call(`${url}/mastodon/api/v1/instance`)
      expect(v1.body).toMatchObject({ configuration: { statuses } })
    }))
})
