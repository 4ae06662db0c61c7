import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { postOf, publish, publisher, rest } from '../../testing/linkedin-posts.ts'

const at = (urn: string) => `/posts/${encodeURIComponent(urn)}`

describe('POST /rest/posts', () => {
  test('answers 201 without a body, the URN in a header, the text resolved in the truth', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const commentary = String.raw`Hello \(you\), see https://example.com/a\_b`
      const { status, body, headers } = await rest(who, '/posts', {
        json: postOf(who.person, commentary),
      })
      expect([status, body]).toEqual([201, ''])
      const urn = headers.get('x-restli-id') ?? ''
      expect(urn).toMatch(/^urn:li:share:\d{19}$/)
      const truth = await call(`${url}/_sandbox/posts?platform=linkedin`)
      expect(truth.body).toMatchObject({
        data: [
          {
            account_id: who.person.split(':').at(-1),
            platform_post_id: urn,
            text: 'Hello (you), see https://example.com/a_b',
          },
        ],
      })
      expect(headers.has('x-ratelimit-limit') || headers.has('retry-after')).toBe(false)
    }))

  test('cuts silently at an unescaped reserved character', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      await publish(who, postOf(who.person, 'Price (net) is 5'))
      const truth = await call(`${url}/_sandbox/posts?platform=linkedin`)
      expect(truth.body).toMatchObject({ data: [{ text: 'Price ' }] })
    }))

  test('the same body again names the post it repeats, also when that is deleted', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const who = await publisher(url)
      const json = postOf(who.person, 'Once')
      const urn = await publish(who, json)
      const again = await rest(who, '/posts', { json })
      expect([again.status, again.body]).toEqual([
        422,
        expect.objectContaining({
          message: `Content is a duplicate of ${urn}`,
          errorDetails: { inputErrors: [expect.objectContaining({ code: 'DUPLICATE_POST' })] },
        }),
      ])
      expect((await rest(who, at(urn), { method: 'DELETE' })).status).toBe(204)
      expect((await rest(who, at(urn), { method: 'DELETE' })).status).toBe(204)
      expect((await rest(who, '/posts', { json })).status).toBe(422)
      clock.advance(24 * 3_600_000)
      expect((await rest(who, '/posts', { json })).status).toBe(201)
    })
  })

  test.each([
    ['no commentary', { commentary: undefined }, 'MISSING_FIELD'],
    ['nothing at all', { commentary: ' ' }, 'MISSING_FIELD'],
    ['3001 characters', { commentary: 'a'.repeat(3001) }, 'FIELD_LENGTH_TOO_LONG'],
    ['a visibility of its own', { visibility: 'FRIENDS' }, 'INVALID_VALUE_FOR_FIELD'],
    ['an unknown member', { colour: 1 }, 'UNPERMITTED_FIELDS'],
    ['an author that is none', { author: 'urn:li:group:1' }, 'INVALID_URN_TYPE'],
    ['a draft', { lifecycleState: 'DRAFT' }, 'INVALID_VALUE_FOR_FIELD'],
    [
      'an article without a title',
      { content: { article: { source: 'https://e.com' } } },
      'MISSING_FIELD',
    ],
    ['media of another type', { content: { media: { id: 'urn:li:share:1' } } }, 'INVALID_URN_TYPE'],
    [
      'media that is not there',
      { content: { media: { id: 'urn:li:image:1' } } },
      'RESOURCE_NOT_FOUND',
    ],
    ['a reshare of nothing', { reshareContext: { parent: 'urn:li:share:1' } }, 'ILLEGAL_ARGUMENT'],
  ])('refuses %s', (_name, change, code) =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const json = { ...postOf(who.person, 'a'), ...change }
      const reply = await rest(who, '/posts', { json })
      expect(reply.status).toBe(code === 'RESOURCE_NOT_FOUND' ? 404 : 400)
      expect(pick(reply.body, 'code')).toBe(code)
    }),
  )

  test('articles, polls and reshares', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const article = { source: 'https://example.com', title: 'A page', description: 'About it' }
      const urn = await publish(who, postOf(who.organization, 'Read', { content: { article } }))
      const question = {
        question: 'Well?',
        options: [{ text: 'yes' }, { text: 'no' }],
        settings: { duration: 'THREE_DAYS' },
      }
      const poll = await publish(who, postOf(who.person, 'Vote', { content: { poll: question } }))
      expect(poll).toMatch(/^urn:li:ugcPost:/)
      await publish(who, postOf(who.person, '', { reshareContext: { parent: urn } }))
      const seen = await rest(who, at(urn))
      expect(seen.body).toMatchObject({ id: urn, commentary: 'Read', content: { article } })
    }))

  test('150 a day, then 429 without a header that tells until when', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const who = await publisher(url)
      for (let count = 0; count < 150; count++) await publish(who, postOf(who.person, `n ${count}`))
      const over = await rest(who, '/posts', { json: postOf(who.person, 'over') })
      expect(over.status).toBe(429)
      expect(over.headers.has('retry-after')).toBe(false)
      clock.advance(15 * 3_600_000)
      expect((await rest(who, '/posts', { json: postOf(who.person, 'over') })).status).toBe(201)
    })
  })
})

describe('who may do what', () => {
  test('organizations need a role, and only their posts can be read', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await publisher(url)
      const carol = await publisher(url, 'carol')
      const urn = await publish(alice, postOf(alice.organization, 'Ours'))
      const mine = await publish(alice, postOf(alice.person, 'Mine'))
      const foreign = await rest(carol, '/posts', { json: postOf(alice.organization, 'No') })
      expect([foreign.status, pick(foreign.body, 'message')]).toEqual([
        403,
        expect.stringMatching(/^Organization permissions must be used/),
      ])
      expect((await rest(carol, '/posts', { json: postOf(alice.person, 'No') })).status).toBe(403)
      expect((await rest(carol, at(urn), { method: 'DELETE' })).status).toBe(403)
      expect((await rest(alice, at(urn))).status).toBe(200)
      expect((await rest(alice, at(mine))).status).toBe(403)
      const list = `/posts?author=${encodeURIComponent(alice.organization)}&q=author&count=10&sortBy=LAST_MODIFIED`
      const finder = { headers: { 'x-restli-method': 'FINDER' } }
      const found = await rest(alice, list, finder)
      expect(found.body).toMatchObject({ elements: [{ id: urn, author: alice.organization }] })
      expect((await rest(alice, list)).status).toBe(400)
      const own = `/posts?author=${encodeURIComponent(alice.person)}&q=author`
      expect((await rest(alice, own, finder)).status).toBe(403)
    }))

  test('a version, Rest.li 2.0.0 and encoded URNs are needed', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const urn = await publish(who, postOf(who.organization, 'a'))
      expect((await rest(who, `/posts/${urn}`)).status).toBe(400)
      const wrong: Record<string, string>[] = [
        { 'linkedin-version': '202401' },
        { 'x-restli-protocol-version': '1.0.0' },
      ]
      const statuses = wrong.map(async (headers) => (await rest(who, at(urn), { headers })).status)
      expect(await Promise.all(statuses)).toEqual([426, 400])
    }))
})

describe('comments', () => {
  test('stand under their post, and are no posts', () =>
    withSandbox({}, async ({ url }) => {
      const who = await publisher(url)
      const urn = await publish(who, postOf(who.organization, 'Look'))
      const path = `/socialActions/${encodeURIComponent(urn)}/comments`
      const comment = (text: string) => ({
        actor: who.organization,
        object: urn,
        message: { text },
      })
      const made = await rest(who, path, { json: comment('First (of all)') })
      expect(made.status).toBe(201)
      const id = made.headers.get('x-restli-id') ?? ''
      const commentUrn = `urn:li:comment:(urn:li:activity:${urn.split(':').at(-1)},${id})`
      expect(made.body).toMatchObject({ id, commentUrn, message: { text: 'First (of all)' } })
      expect((await rest(who, path)).body).toMatchObject({ elements: [{ id }] })
      const long = await rest(who, path, { json: comment('a'.repeat(1251)) })
      expect(pick(long.body, 'code')).toBe('FIELD_LENGTH_TOO_LONG')
      const truth = await call(`${url}/_sandbox/comments?platform=linkedin&text=First`)
      expect(truth.body).toEqual({
        data: [
          {
            platform: 'linkedin',
            account_id: '100200300',
            platform_post_id: urn,
            comment_id: commentUrn,
            text: 'First (of all)',
            accepted_at: expect.any(String),
            deleted_at: null,
          },
        ],
      })
      expect((await call(`${url}/_sandbox/posts`)).body).toMatchObject({ data: { length: 1 } })
      expect((await rest(who, `${path}/${id}`, { method: 'DELETE' })).status).toBe(204)
      const after = await call(`${url}/_sandbox/comments?platform_post_id=${urn}`)
      expect(pick(after.body, 'data', 0, 'deleted_at')).toMatch(/Z$/)
      await call(`${url}/_sandbox/posts`, { method: 'DELETE' })
      expect((await call(`${url}/_sandbox/comments`)).body).toEqual({ data: [] })
    }))
})
