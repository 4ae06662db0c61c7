import { describe, expect, test } from '@jest/globals'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'
import { APP, CALLBACK, formOf, type Signer, signed, signedHeader } from '../../testing/x-oauth1.ts'

const legacy = (code: number) => ({ errors: [{ code, message: expect.any(String) }] })

function requestToken(url: string, changes: Record<string, string> = {}) {
  const all = { oauth_callback: CALLBACK, ...changes }
  return signed(`${url}/x/oauth/request_token`, APP, { method: 'POST', changes: all })
}

/** Request token, consent, access token. */
async function connect(url: string, account = 'alice'): Promise<Signer & { body: unknown }> {
  const temporary = formOf(await requestToken(url))
  const query = { sandbox_account: account, sandbox_decision: 'allow' }
  const asked = new URLSearchParams({ oauth_token: temporary.oauth_token ?? '', ...query })
  const consent = await call(`${url}/x/oauth/authorize?${asked}`)
  const back = new URL(consent.headers.get('location') ?? '')
  const reply = await exchange(url, temporary, back.searchParams.get('oauth_verifier') ?? '')
  const granted = formOf(reply)
  const tokens = { token: granted.oauth_token, tokenSecret: granted.oauth_token_secret }
  return { ...APP, ...tokens, body: granted }
}

function exchange(url: string, temporary: Record<string, string>, oauth_verifier: string) {
  const signer = {
    ...APP,
    token: temporary.oauth_token,
    tokenSecret: temporary.oauth_token_secret,
  }
  return signed(`${url}/x/oauth/access_token`, signer, { form: { oauth_verifier } })
}

describe('X OAuth 1.0a', () => {
  test('three legs give a pair that signs every v2 endpoint', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await connect(url)
      expect(alice.body).toEqual({
        oauth_token: expect.stringMatching(/^sbx_secret_/),
        oauth_token_secret: expect.stringMatching(/^sbx_secret_/),
        user_id: expect.stringMatching(/^\d{19}$/),
        screen_name: 'alice',
      })
      const me = await signed(`${url}/x/2/users/me?user.fields=verified,name`, alice)
      expect([me.status, pick(me.body, 'data', 'username')]).toEqual([200, 'alice'])
      const text = 'Signed, but not the body! 100%'
      const made = await signed(`${url}/x/2/tweets`, alice, { json: { text } })
      expect(made.status).toBe(201)
      const id = pick(made.body, 'data', 'id')
      const mine = `${url}/x/2/users/${pick(me.body, 'data', 'id')}/tweets?max_results=5`
      expect(pick((await signed(mine, alice)).body, 'data', 0, 'id')).toBe(id)
      const gone = await signed(`${url}/x/2/tweets/${id}`, alice, { method: 'DELETE' })
      expect(gone.body).toEqual({ data: { deleted: true } })
      const calls = await call(`${url}/_sandbox/calls?platform=x&step=publish`)
      expect(pick(calls.body, 'data', 0, 'account_id')).toBe(pick(me.body, 'data', 'id'))
    }))

  test('request_token wants a signature and an approved callback', () =>
    withSandbox({}, async ({ url }) => {
      const bare = await call(`${url}/x/oauth/request_token`, { method: 'POST' })
      expect([bare.status, bare.body]).toEqual([400, legacy(215)])
      const elsewhere = await requestToken(url, { oauth_callback: 'https://evil.example/cb' })
      expect([elsewhere.status, elsewhere.body]).toEqual([403, legacy(415)])
      const good = formOf(await requestToken(url))
      expect(good.oauth_callback_confirmed).toBe('true')
      const stranger = { ...APP, secret: 'guess' }
      const path = `${url}/x/oauth/request_token`
      const forged = await signed(path, stranger, {
        method: 'POST',
        changes: { oauth_callback: CALLBACK },
      })
      expect([forged.status, forged.body]).toEqual([401, legacy(32)])
    }))

  test('a refusal comes back as denied, and the token is spent', () =>
    withSandbox({}, async ({ url }) => {
      const { oauth_token = '' } = formOf(await requestToken(url))
      const page = `${url}/x/oauth/authenticate?oauth_token=${oauth_token}`
      expect((await call(page)).body).toContain('value="alice"')
      const form = { oauth_token, sandbox_decision: 'deny' }
      const denied = await call(`${url}/x/_consent1`, { form })
      expect(denied.headers.get('location')).toBe(`${CALLBACK}?denied=${oauth_token}`)
      expect((await call(page)).status).toBe(403)
    }))

  test('a request token serves once, with its own verifier, for its time', () => {
    const clock = makeClock(new Date().toISOString())
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const temporary = formOf(await requestToken(url))
      const early = await exchange(url, temporary, 'guess')
      const spent = 'This feature is temporarily unavailable'
      expect([early.status, early.body]).toEqual([401, spent])
      const path = `${url}/x/oauth/authorize?oauth_token=${temporary.oauth_token}`
      const allow = await call(`${path}&sandbox_account=bob&sandbox_decision=allow`)
      const { searchParams } = new URL(allow.headers.get('location') ?? '')
      const verifier = searchParams.get('oauth_verifier') ?? ''
      expect((await exchange(url, temporary, `${verifier}x`)).status).toBe(401)
      expect((await exchange(url, temporary, verifier)).status).toBe(200)
      expect((await exchange(url, temporary, verifier)).body).toBe(spent)
      const late = formOf(await requestToken(url))
      clock.advance(15 * 60_000)
      const page = await call(`${url}/x/oauth/authorize?oauth_token=${late.oauth_token}`)
      expect(page.status).toBe(403)
    })
  })

  test('consent given again yields the same pair, until it is withdrawn', () =>
    withSandbox({}, async ({ url }) => {
      const first = await connect(url)
      expect((await connect(url)).token).toBe(first.token)
      expect((await connect(url, 'bob')).token).not.toBe(first.token)
      const account_id = pick(first.body, 'user_id')
      await call(`${url}/_sandbox/revoke`, { json: { platform: 'x', account_id } })
      const dead = await signed(`${url}/x/2/users/me`, first)
      expect([dead.status, dead.body]).toEqual([401, legacy(89)])
      expect((await connect(url)).token).not.toBe(first.token)
    }))

  test('timestamps more than five minutes off are 135', () => {
    const clock = makeClock(new Date().toISOString())
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const alice = await connect(url)
      clock.advance(290_000)
      expect((await signed(`${url}/x/2/users/me`, alice)).status).toBe(200)
      clock.advance(30_000)
      const late = await signed(`${url}/x/2/users/me`, alice)
      expect([late.status, late.body]).toEqual([401, legacy(135)])
      const ahead = { oauth_timestamp: String(Math.floor(Date.now() / 1000) + 900) }
      const early = await signed(`${url}/x/2/users/me`, alice, { changes: ahead })
      expect(early.body).toEqual(legacy(135))
    })
  })

  test('a nonce serves once', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await connect(url)
      const path = `${url}/x/2/users/me`
      const authorization = signedHeader({ method: 'GET', url: path }, alice)
      expect((await call(path, { headers: { authorization } })).status).toBe(200)
      const replay = await call(path, { headers: { authorization } })
      expect([replay.status, replay.body]).toEqual([401, legacy(32)])
    }))

  test('whatever is signed must be as it was signed', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await connect(url)
      const path = `${url}/x/2/users/me`
      const attempt = async (method: string, signedUrl: string, sentUrl: string) => {
        const authorization = signedHeader({ method, url: signedUrl }, alice)
        return (await call(sentUrl, { headers: { authorization } })).body
      }
      expect(await attempt('POST', path, path)).toEqual(legacy(32))
      expect(await attempt('GET', path, `${path}?user.fields=name`)).toEqual(legacy(32))
      expect(await attempt('GET', `${path}/`, path)).toEqual(legacy(32))
      expect(await attempt('GET', path.replace('/x/', '/'), path)).toEqual(legacy(32))
      const other = await signed(path, { ...alice, tokenSecret: 'sbx_secret_guess' })
      expect(other.body).toEqual(legacy(32))
      const unknown = await signed(path, { ...alice, token: 'nobody' })
      expect(unknown.body).toEqual(legacy(89))
      const sha256 = { oauth_signature_method: 'HMAC-SHA256' }
      expect((await signed(path, alice, { changes: sha256 })).body).toEqual(legacy(32))
    }))

  test('invalidate_token ends the pair', () =>
    withSandbox({}, async ({ url }) => {
      const alice = await connect(url)
      const path = `${url}/x/1.1/oauth/invalidate_token.json`
      const ended = await signed(path, alice, { method: 'POST' })
      expect([ended.status, ended.body]).toEqual([200, { access_token: alice.token }])
      expect((await signed(path, alice, { method: 'POST' })).body).toEqual(legacy(89))
    }))

  test('the account list has a ready pair; expire leaves it, faults speak its words', () =>
    withSandbox({}, async ({ url }) => {
      const { body } = await call(`${url}/_sandbox/accounts?platform=x`)
      const at = (name: string) => pick(body, 'data', 0, 'credentials', name)
      const ready = {
        key: at('api_key'),
        secret: at('api_secret'),
        token: at('access_token'),
        tokenSecret: at('access_token_secret'),
      }
      const ref = { platform: 'x', account_id: pick(body, 'data', 0, 'account_id') }
      await call(`${url}/_sandbox/expire`, { json: ref })
      expect((await signed(`${url}/x/2/users/me`, ready)).status).toBe(200)
      const fault = { ...ref, step: 'profile', fault: 'status', status: 401, times: 1 }
      await call(`${url}/_sandbox/faults`, { json: fault })
      expect((await signed(`${url}/x/2/users/me`, ready)).body).toEqual(legacy(89))
      const secrets = await call(`${url}/_sandbox/secrets`)
      const issued = [ready.secret, ready.token, ready.tokenSecret]
      expect(Object(secrets.body).data).toEqual(expect.arrayContaining(issued))
    }))
})
