import { describe, expect, test } from '@jest/globals'
import { bare, login as blueskyLogin, post, put } from '../testing/bluesky-login.ts'
import { call, newAccount, pick, withSandbox } from '../testing/http.ts'
import { ownId, ownToken, publish } from '../testing/mastodon-login.ts'
import { login, refresh, tweet } from '../testing/x-login.ts'

function setFault(url: string, json: Record<string, unknown>) {
  return call(`${url}/_sandbox/faults`, {
    json: { platform: 'x', step: 'publish', times: 1, ...json },
  })
}

async function truthOf(url: string, query = ''): Promise<string[]> {
  const { body } = await call(`${url}/_sandbox/posts${query}`)
  return Object.values(Object(body).data).map((row) => pick(row, 'text'))
}

describe('faults', () => {
  test('drop_after_accept stores the post and gives no answer, drop_before stores none', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      await setFault(url, { fault: 'drop_before' })
      await expect(tweet(url, access, { text: 'before' })).rejects.toThrow('fetch failed')
      await setFault(url, { fault: 'drop_after_accept' })
      await expect(tweet(url, access, { text: 'after' })).rejects.toThrow('fetch failed')
      expect(await truthOf(url)).toEqual(['after'])
      expect((await tweet(url, access, { text: 'after' })).status).toBe(403)
      const calls = await call(`${url}/_sandbox/calls?platform=x&step=publish`)
      expect(calls.body).toMatchObject({
        data: [
          { status: null, account_id: expect.stringMatching(/^\d+$/) },
          { status: null },
          { status: 403, step: 'publish', at: expect.stringMatching(/\.\d{3}Z$/) },
        ],
      })
    }))

  test('drop_after_accept on the token step rotates', () =>
    withSandbox({}, async ({ url }) => {
      const tokens = await login(url)
      await setFault(url, { step: 'token', fault: 'drop_after_accept' })
      await expect(refresh(url, tokens.refresh)).rejects.toThrow('fetch failed')
      expect((await refresh(url, tokens.refresh)).status).toBe(400)
    }))

  test('on Bluesky and Mastodon a repeat after the drop finds the first post', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await blueskyLogin(sandbox)
      const bearer = await ownToken(url)
      const fault = { fault: 'drop_after_accept' }
      await setFault(url, { ...fault, platform: 'bluesky' })
      await setFault(url, { ...fault, platform: 'mastodon' })
      const swap = { swapRecord: null }
      const write = () => put(url, session, '3lztksnhlfs2k', post('Sky'), swap)
      const toot = () => publish(url, bearer, { status: 'Toot' }, 'key')
      await expect(write()).rejects.toThrow('fetch failed')
      await expect(toot()).rejects.toThrow('fetch failed')
      expect([(await write()).status, (await toot()).status]).toEqual([200, 200])
      expect(await truthOf(url)).toEqual(['Sky', 'Toot'])
    }))

  test('status, refuse, duplicate and rate_limit speak each platform’s words', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { access } = await login(url)
      const session = await blueskyLogin(sandbox)
      const bearer = await ownToken(url)
      const send: Record<string, () => ReturnType<typeof call>> = {
        x: () => tweet(url, access, { text: 'a' }),
        bluesky: () => put(url, session, '3lztksnhlfs2k', post('a')),
        mastodon: () => publish(url, bearer, { status: 'a' }),
      }
      const answer = async (platform: string, fault: Record<string, unknown>) => {
        await setFault(url, { platform, ...fault })
        const reply = await send[platform]?.()
        return [reply?.status, JSON.stringify(reply?.body)]
      }
      const expected: [string, Record<string, unknown>, number, RegExp][] = [
        ['x', { fault: 'status', status: 503 }, 503, /"Service Unavailable"/],
        ['x', { fault: 'refuse' }, 403, /not permitted/],
        ['x', { fault: 'duplicate' }, 403, /duplicate content/],
        ['x', { fault: 'status', status: 402 }, 402, /CreditsDepleted/],
        ['bluesky', { fault: 'status', status: 502 }, 502, /UpstreamFailure/],
        ['bluesky', { fault: 'refuse' }, 400, /InvalidRequest/],
        ['bluesky', { fault: 'duplicate' }, 500, /InternalServerError/],
        ['mastodon', { fault: 'status', status: 503 }, 503, /temporary problem/],
        ['mastodon', { fault: 'refuse' }, 422, /Validation failed/],
        ['mastodon', { fault: 'duplicate' }, 422, /Duplicate record/],
      ]
      for (const [platform, fault, status, words] of expected) {
        const given = await answer(platform, fault)
        expect([platform, fault, ...given]).toEqual([
          platform,
          fault,
          status,
          expect.stringMatching(words),
        ])
      }
      expect(await truthOf(url)).toEqual([])
    }))

  test('rate_limit carries each platform’s reset header', () =>
    withSandbox({ now: () => new Date('2026-12-01T09:00:00Z') }, async (sandbox) => {
      const { url } = sandbox
      const limit = { fault: 'rate_limit', retry_after_s: 90 }
      const { access } = await login(url)
      const session = await blueskyLogin(sandbox)
      const bearer = await ownToken(url)
      for (const platform of ['x', 'bluesky', 'mastodon'])
        await setFault(url, { ...limit, platform })
      const x = await tweet(url, access, { text: 'a' })
      const sky = await put(url, session, '3lztksnhlfs2k', post('a'))
      const toot = await publish(url, bearer, { status: 'a' })
      expect([x.status, sky.status, toot.status]).toEqual([429, 429, 429])
      const epoch = String(Date.parse('2026-12-01T09:01:30Z') / 1000)
      expect(x.headers.get('x-rate-limit-reset')).toBe(epoch)
      expect(sky.headers.get('ratelimit-reset')).toBe(epoch)
      expect(toot.headers.get('x-ratelimit-reset')).toBe('2026-12-01T09:01:30.000000Z')
    }))

  test('may name one account, counts down, and stays with times null', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await ownToken(url)
      const bob = await ownToken(url, 1)
      const fault = await setFault(url, {
        platform: 'mastodon',
        account_id: await ownId(url),
        fault: 'status',
        status: 500,
        times: null,
      })
      expect(fault.status).toBe(201)
      expect((await publish(url, alice, { status: 'a' })).status).toBe(500)
      expect((await publish(url, alice, { status: 'a' })).status).toBe(500)
      expect((await publish(url, bob, { status: 'a' })).status).toBe(200)
      const path = `${url}/_sandbox/faults/${pick(fault.body, 'id')}`
      expect((await call(path, { method: 'DELETE' })).status).toBe(204)
      expect((await call(path, { method: 'DELETE' })).status).toBe(404)
      expect((await publish(url, alice, { status: 'a' })).status).toBe(200)
      await setFault(url, { platform: 'mastodon', fault: 'status', status: 500, times: 2 })
      const statuses = []
      for (let count = 0; count < 3; count++) {
        statuses.push((await publish(url, alice, { status: 'b' })).status)
      }
      expect(statuses).toEqual([500, 500, 200])
    }))

  test('delay answers late and in full; other calls overtake it', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      await setFault(url, { fault: 'delay', delay_ms: 50 })
      const slow = tweet(url, access, { text: 'slow' })
      const fast = await tweet(url, access, { text: 'fast' })
      expect(await truthOf(url)).toEqual(['fast'])
      expect([(await slow).status, fast.status]).toEqual([201, 201])
      expect(await truthOf(url)).toEqual(['fast', 'slow'])
    }))

  test('a token fault hits refreshSession of the named account', () =>
    withSandbox({}, async (sandbox) => {
      const session = await blueskyLogin(sandbox)
      const fault = { platform: 'bluesky', account_id: session.did, step: 'token' }
      await setFault(sandbox.url, { ...fault, fault: 'status', status: 500 })
      const path = 'com.atproto.server.refreshSession'
      expect((await bare(sandbox.url, path, session.refresh)).status).toBe(500)
      expect((await bare(sandbox.url, path, session.refresh)).status).toBe(200)
    }))

  test.each([
    [{ step: 'publishing' }, 'step'],
    [{ fault: 'explode' }, 'fault'],
    [{ times: 0 }, 'times'],
    [{ platform: 'friendster' }, 'platform'],
    [{ status: 200 }, 'status'],
    [{ fault: 'delay' }, 'delay_ms'],
  ])('refuses %j and says where', (change, path) =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await setFault(url, { fault: 'status', ...change })
      expect(status).toBe(422)
      expect(pick(body, 'errors', 0, 'path')).toBe(path)
    }),
  )

  test('refuses unknown members and bodies that are not JSON', () =>
    withSandbox({}, async ({ url }) => {
      expect((await setFault(url, { fault: 'status', when: 'now' })).status).toBe(422)
      const form = await call(`${url}/_sandbox/faults`, { form: { platform: 'x' } })
      expect([form.status, pick(form.body, 'error')]).toEqual([400, 'invalid_json'])
    }))
})

describe('accounts, posts and secrets', () => {
  test('new accounts are usable, unique and shaped by their platform', () =>
    withSandbox({}, async (sandbox) => {
      const sky = await newAccount(sandbox, 'bluesky', 'dora')
      expect(sky.handle).toBe('dora.bsky.social')
      expect((await blueskyLogin(sandbox, sky.handle)).did).toBe(sky.id)
      const x = await newAccount(sandbox, 'x', 'dora')
      expect(x.row).toMatchObject({ display_name: 'dora', credentials: { username: 'dora' } })
      const again = await call(`${sandbox.url}/_sandbox/accounts`, {
        json: { platform: 'x', handle: 'DORA' },
      })
      expect(again.status).toBe(409)
      const bad = await call(`${sandbox.url}/_sandbox/accounts`, {
        json: { platform: 'x', handle: 'much-too-long-a-handle' },
      })
      expect(bad.status).toBe(422)
    }))

  test('revoke and expire act on one account', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await login(url)
      const bob = await login(url, { sandbox_account: 'bob' })
      const idOf = async (bearer: string) =>
        pick((await call(`${url}/x/2/users/me`, { bearer })).body, 'data', 'id')
      const ref = { platform: 'x', account_id: await idOf(alice.access) }
      expect((await call(`${url}/_sandbox/expire`, { json: ref })).status).toBe(204)
      expect((await tweet(url, alice.access, { text: 'a' })).status).toBe(401)
      const fresh = await refresh(url, alice.refresh)
      expect(fresh.status).toBe(200)
      await call(`${url}/_sandbox/revoke`, { json: ref })
      expect((await refresh(url, pick(fresh.body, 'refresh_token'))).status).toBe(400)
      expect((await tweet(url, bob.access, { text: 'a' })).status).toBe(201)
      const nobody = { json: { platform: 'x', account_id: '1' } }
      expect((await call(`${url}/_sandbox/revoke`, nobody)).status).toBe(404)
    }))

  test('expired and revoked Mastodon tokens say so, and the list hands out a new one', () =>
    withSandbox({}, async ({ url }) => {
      const ref = { platform: 'mastodon', account_id: await ownId(url) }
      for (const [route, words] of [
        ['expire', 'The access token expired'],
        ['revoke', 'The access token was revoked'],
      ]) {
        const bearer = await ownToken(url)
        await call(`${url}/_sandbox/${route}`, { json: ref })
        const reply = await publish(url, bearer, { status: 'a' })
        expect([reply.status, reply.body]).toEqual([401, { error: words }])
      }
      expect((await publish(url, await ownToken(url), { status: 'a' })).status).toBe(200)
    }))

  test('posts are filtered, and forgotten on the platforms too', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { access } = await login(url)
      const session = await blueskyLogin(sandbox)
      await tweet(url, access, { text: 'red fox' })
      await put(url, session, '3lztksnhlfs2k', post('red panda'))
      expect(await truthOf(url, '?text=red')).toEqual(['red fox', 'red panda'])
      expect(await truthOf(url, `?account_id=${session.did}`)).toEqual(['red panda'])
      expect((await call(`${url}/_sandbox/posts?colour=red`)).status).toBe(422)
      await call(`${url}/_sandbox/posts`, { method: 'DELETE' })
      expect(await truthOf(url)).toEqual([])
      expect((await tweet(url, access, { text: 'red fox' })).status).toBe(201)
    }))

  test('every secret that was issued is listed', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const tokens = await login(url)
      const session = await blueskyLogin(sandbox)
      const bearer = await ownToken(url)
      const { body } = await call(`${url}/_sandbox/secrets`)
      const { access, refresh: renew, password } = session
      const issued = [tokens.access, tokens.refresh, access, renew, password, bearer]
      expect(Object(body).data).toEqual(expect.arrayContaining(issued))
      expect(Object(body).data).toContain('sbx_secret_x_client_secret')
    }))
})
