import { describe, expect, test } from '@jest/globals'
import { accountIdOf, login, refresh } from '../../testing/google-login.ts'
import { call, makeClock, pick, type Reply, withSandbox } from '../../testing/http.ts'

function channels(url: string, bearer: string, query: string): Promise<Reply> {
  return call(`${url}/youtube/youtube/v3/channels?${query}`, { bearer })
}

describe('YouTube channels', () => {
  test('shows the parts that are asked for, counts as strings', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'youtube')
      const { body } = await channels(
        url,
        access,
        'part=snippet,statistics,contentDetails&mine=true',
      )
      const id = await accountIdOf(url, 'youtube', 'alice')
      expect(id).toMatch(/^UC[\w-]{22}$/)
      expect(body).toMatchObject({
        kind: 'youtube#channelListResponse',
        pageInfo: { totalResults: 1 },
        items: [
          {
            id,
            snippet: { title: 'Alice Adler', customUrl: '@alice' },
            statistics: { subscriberCount: '42', videoCount: '0', hiddenSubscriberCount: false },
            contentDetails: { relatedPlaylists: { uploads: `UU${id.slice(2)}` } },
          },
        ],
      })
      const bare = await channels(url, access, `part=id&id=${id},UCunknown`)
      const item = { id, kind: 'youtube#channel', etag: expect.any(String) }
      expect(bare.body).toMatchObject({ items: [item] })
      expect(JSON.stringify(bare.body)).not.toContain('snippet')
    }))

  test('an account without a channel gets no items', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'youtube', { sandbox_account: 'carol' })
      const { status, body } = await channels(url, access, 'part=snippet&mine=true')
      expect(status).toBe(200)
      expect(body).not.toHaveProperty('items')
    }))

  test.each([
    ['mine=true', 'required'],
    ['part=snippet,everything&mine=true', 'unknownPart'],
    ['part=snippet', 'missingRequiredParameter'],
    ['part=snippet&mine=true&id=UC1', 'incompatibleParameters'],
  ])('%s is refused as %s', (query, reason) =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'youtube')
      const { status, body } = await channels(url, access, query)
      expect(status).toBe(400)
      expect(body).toMatchObject({ error: { code: 400, errors: [{ reason }] } })
    }),
  )

  test('the day’s units belong to the project and come back at midnight Pacific', () => {
    const clock = makeClock('2026-12-01T07:59:00.000Z')
    return withSandbox({ now: clock.now }, async ({ url, state }) => {
      const { access, refresh: token } = await login(url, 'youtube')
      await channels(url, access, 'part=id&mine=true')
      const budget = { limit: 10_000, windowMs: 60_000 }
      const key = 'youtube units sandbox-youtube-client'
      expect(state.rateLimits.take(key, budget, clock.now().getTime(), 9_999).allowed).toBe(true)
      const spent = await channels(url, access, 'part=id&mine=true')
      expect(spent.status).toBe(403)
      expect(spent.body).toMatchObject({
        error: { errors: [{ domain: 'youtube.quota', reason: 'quotaExceeded' }] },
      })
      clock.advance(60_000)
      const bearer = pick((await refresh(url, 'youtube', token)).body, 'access_token')
      expect((await channels(url, bearer, 'part=id&mine=true')).status).toBe(200)
    })
  })

  test.each([
    [{ step: 'token', fault: 'refuse' }, 400, { error: 'invalid_grant' }],
    [{ step: 'token', fault: 'status', status: 503 }, 503, { error: 'internal_failure' }],
    [{ step: 'token', fault: 'rate_limit' }, 429, { error: 'rate_limit_exceeded' }],
  ])('fault %j on token answers in Google’s words', (fault, status, body) =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url, 'youtube')
      const account_id = await accountIdOf(url, 'youtube', 'alice')
      const json = { platform: 'youtube', account_id, times: 1, ...fault }
      expect((await call(`${url}/_sandbox/faults`, { json })).status).toBe(201)
      const hit = await refresh(url, 'youtube', pair.refresh)
      expect([hit.status, hit.body]).toEqual([status, expect.objectContaining(body)])
      expect((await refresh(url, 'youtube', pair.refresh)).status).toBe(200)
    }),
  )

  test.each([
    [{ fault: 'status', status: 401 }, 401, 'UNAUTHENTICATED'],
    [{ fault: 'status', status: 500 }, 500, 'INTERNAL'],
    [{ fault: 'rate_limit' }, 429, 'RESOURCE_EXHAUSTED'],
    [{ fault: 'refuse' }, 403, 'PERMISSION_DENIED'],
  ])('fault %j on profile answers in YouTube’s words', (fault, status, named) =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, 'youtube')
      const json = { platform: 'youtube', step: 'profile', times: 1, ...fault }
      await call(`${url}/_sandbox/faults`, { json })
      const hit = await channels(url, access, 'part=id&mine=true')
      expect(hit.status).toBe(status)
      expect(hit.body).toMatchObject({ error: { code: status, status: named } })
      expect((await channels(url, access, 'part=id&mine=true')).status).toBe(200)
    }),
  )

  test('a path that is no method gets the HTML page', () =>
    withSandbox({}, async ({ url }) => {
      const { status, headers } = await call(`${url}/youtube/v3/channels`)
      expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    }))
})
