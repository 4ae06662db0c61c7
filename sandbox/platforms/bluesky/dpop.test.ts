import { describe, expect, test } from '@jest/globals'
import { post as record } from '../../testing/bluesky-login.ts'
import { developmentClient, login, makeKey, proof, xrpc } from '../../testing/bluesky-oauth.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const SESSION = '/xrpc/com.atproto.server.getSession'

describe('DPoP', () => {
  test('records are written with a proof instead of a bearer token, at both addresses', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { access, did } = await login(client, url)
      const json = { repo: did, collection: 'app.bsky.feed.post', record: record('By OAuth') }
      for (const base of [url, `${url}/bluesky`]) {
        const path = `${base}/xrpc/com.atproto.repo.createRecord`
        expect((await xrpc(client, path, access, { json })).status).toBe(200)
      }
      const truth = await call(`${url}/_sandbox/posts?account_id=${did}`)
      expect(truth.body).toMatchObject({ data: [{ text: 'By OAuth' }, { text: 'By OAuth' }] })
      const bearer = await call(`${url}${SESSION}`, { bearer: access })
      expect([bearer.status, bearer.body]).toEqual([
        400,
        { error: 'InvalidToken', message: 'Malformed token' },
      ])
    }))

  test.each([
    ['htm', 'POST', 'DPoP "htm" mismatch'],
    ['htu', 'http://127.0.0.1:1/xrpc', 'DPoP "htu" mismatch'],
    ['ath', undefined, 'DPoP "ath" mismatch'],
    ['jti', undefined, 'DPoP "jti" missing'],
    ['iat', 1_700_000_000, 'Failed to verify DPoP proof: "iat" claim timestamp check failed'],
  ])('a proof with a wrong %s is refused', (name, value, message) =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { access } = await login(client, url)
      const claims = { [name]: value }
      const refused = await xrpc(client, `${url}${SESSION}`, access, { claims })
      expect([refused.status, refused.body]).toEqual([
        401,
        { error: 'invalid_dpop_proof', message },
      ])
      expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256", error="inv/)
    }),
  )

  test('a proof serves once, and only with the key of the token', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { access } = await login(client, url)
      const claims = { jti: 'the-same' }
      const path = `${url}${SESSION}`
      expect((await xrpc(client, path, access, { claims })).status).toBe(200)
      const replay = await xrpc(client, path, access, { claims })
      expect(pick(replay.body, 'message')).toBe('DPoP proof replayed')
      const thief = await xrpc({ ...client, dpop: makeKey() }, path, access)
      expect(thief.body).toEqual({ error: 'invalid_token', message: 'Invalid DPoP key binding' })
      const headers = { authorization: `DPoP ${access}` }
      const missing = await call(path, { headers })
      expect(missing.body).toEqual({ error: 'invalid_dpop_proof', message: 'DPoP proof required' })
    }))

  test('nonces are asked for in both forms, handed out, and live three minutes', () => {
    const clock = makeClock(new Date().toISOString())
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const client = developmentClient(() => clock.now().getTime())
      const { access } = await login(client, url)
      const path = `${url}${SESSION}`
      const without = await xrpc(client, path, access, { claims: { nonce: undefined } })
      expect([without.status, pick(without.body, 'error')]).toEqual([401, 'use_dpop_nonce'])
      expect(without.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
      const { nonce = '' } = client
      expect(nonce).not.toBe('')
      clock.advance(119_000)
      expect((await xrpc(client, path, access, { claims: { nonce } })).status).toBe(200)
      clock.advance(61_000)
      const stale = await xrpc(client, path, access, { claims: { nonce } })
      expect(pick(stale.body, 'message')).toBe('DPoP "nonce" mismatch')
      const form = { client_id: client.id, grant_type: 'refresh_token', refresh_token: 'x' }
      const target = { method: 'POST', url: `${url}/oauth/token` }
      const headers = { dpop: proof(client, target, { nonce: undefined }) }
      const asked = await call(target.url, { form, headers })
      expect([asked.status, pick(asked.body, 'error')]).toEqual([400, 'use_dpop_nonce'])
      expect(asked.headers.get('dpop-nonce')).not.toBeNull()
      const unproven = await call(target.url, { form })
      expect([unproven.status, pick(unproven.body, 'error')]).toEqual([401, 'invalid_dpop_proof'])
    })
  })
})
