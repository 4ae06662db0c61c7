import { describe, expect, test } from '@jest/globals'
import {
  consent,
  consentUrl,
  developmentClient,
  exchange,
  login,
  parForm,
  post,
  xrpc,
} from '../../testing/bluesky-oauth.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const SESSION = '/xrpc/com.atproto.server.getSession'

describe('discovery', () => {
  test('resource, issuer and DID documents lead to this origin', () =>
    withSandbox({}, async ({ url }) => {
      const resource = await call(`${url}/.well-known/oauth-protected-resource`)
      expect(resource.body).toMatchObject({ resource: url, authorization_servers: [url] })
      const issuer = await call(`${url}/.well-known/oauth-authorization-server`)
      expect(issuer.body).toMatchObject({
        issuer: url,
        pushed_authorization_request_endpoint: `${url}/oauth/par`,
        require_pushed_authorization_requests: true,
        dpop_signing_alg_values_supported: ['ES256'],
        scopes_supported: expect.arrayContaining(['atproto', 'transition:generic']),
        client_id_metadata_document_supported: true,
      })
      const own = await call(`${url}/mastodon/.well-known/oauth-authorization-server`)
      expect(own.body).not.toHaveProperty('pushed_authorization_request_endpoint')
      const repo = 'com.atproto.repo.describeRepo?repo=alice.bsky.social'
      const { body } = await call(`${url}/xrpc/${repo}`)
      const document = await call(`${url}/bluesky/${pick(body, 'did')}`)
      expect(document.body).toEqual(Object(body).didDoc)
      expect(pick(document.body, 'service', 0, 'serviceEndpoint')).toBe(url)
      const nobody = await call(`${url}/bluesky/did:plc:${'a'.repeat(24)}`)
      expect(nobody.status).toBe(404)
    }))
})

describe('pushed requests and consent', () => {
  test('the answer carries iss and state; a denial says so', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { back } = await consent(client, url)
      expect(Object.fromEntries(back)).toEqual({
        iss: url,
        state: 'state-1',
        code: expect.stringMatching(/^sbx_secret_bluesky_code_/),
      })
      const denied = await consent(client, url, { sandbox_decision: 'deny' })
      expect(Object.fromEntries(denied.back)).toEqual({
        iss: url,
        state: 'state-1',
        error: 'access_denied',
        error_description: 'The user rejected the request',
      })
    }))

  test('a consent page shows the client and its form decides', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const { form } = parForm({ login_hint: 'bob.bsky.social' })
      const pushed = await post(client, `${url}/oauth/par`, form)
      expect([pushed.status, Object(pushed.body).expires_in]).toEqual([201, 300])
      const request_uri = pick(pushed.body, 'request_uri')
      const query = new URLSearchParams({ client_id: client.id, request_uri })
      const page = await call(`${url}/oauth/authorize?${query}`)
      expect(page.body).toContain('value="bob.bsky.social"')
      expect(page.body).not.toContain('value="alice.bsky.social"')
      const answer = { sandbox_account: 'bob.bsky.social', sandbox_decision: 'allow' }
      const sent = await call(`${url}/bluesky/_consent`, {
        form: { ...Object.fromEntries(query), ...answer },
      })
      expect(sent.headers.get('location')).toContain('&code=sbx_secret_')
    }))

  test('a request serves once, for five minutes, for its client, and must be pushed', () => {
    const clock = makeClock(new Date().toISOString())
    return withSandbox({ now: clock.now }, async ({ url }) => {
      const client = developmentClient(() => clock.now().getTime())
      const { requestUri, back, verifier } = await consent(client, url)
      const errorOf = async (uri: string, changes = {}) => {
        const { headers } = await call(consentUrl(client, url, uri, changes))
        return new URL(headers.get('location') ?? '').searchParams.get('error_description')
      }
      expect(await errorOf(requestUri)).toBe('This request was already authorized')
      const grant = { code: back.get('code') ?? '', verifier }
      expect((await exchange(client, url, grant)).status).toBe(400)
      const push = async () =>
        pick((await post(client, `${url}/oauth/par`, parForm().form)).body, 'request_uri')
      const late = await push()
      clock.advance(300_000)
      expect(await errorOf(late)).toBe('This request has expired')
      expect((await call(consentUrl(client, url, late))).status).toBe(400)
      const other = { client_id: 'http://localhost' }
      expect(await errorOf(await push(), other)).toBe(
        'This request was initiated for another client',
      )
      const query = new URLSearchParams({ client_id: client.id, ...parForm().form })
      expect((await call(`${url}/bluesky/oauth/authorize?${query}`)).status).toBe(400)
    })
  })

  test.each([
    ['response_type', 'token', 'unsupported_response_type'],
    ['redirect_uri', 'http://127.0.0.1:3000/elsewhere', 'invalid_request'],
    ['scope', 'transition:generic', 'invalid_scope'],
    ['scope', 'atproto transition:email', 'invalid_scope'],
    ['code_challenge_method', 'plain', 'invalid_request'],
    ['code_challenge', 'short', 'invalid_request'],
    ['login_hint', 'not a handle', 'invalid_request'],
    ['client_id', 'http://localhost?colour=red', 'invalid_client_metadata'],
    ['client_id', 'http://elsewhere.example/metadata.json', 'invalid_client_metadata'],
  ])('PAR refuses a wrong %s (%s)', (name, value, error) =>
    withSandbox({}, async ({ url }) => {
      const { form } = parForm({ [name]: value })
      const refused = await post(developmentClient(), `${url}/oauth/par`, form)
      expect([refused.status, pick(refused.body, 'error')]).toEqual([400, error])
    }),
  )

  test('scopes left out by the person are missing from the grant, and enforced', () =>
    withSandbox({}, async ({ url }) => {
      const client = developmentClient()
      const tokens = await login(client, url, { sandbox_scopes: 'atproto' })
      expect(tokens.body).toMatchObject({ scope: 'atproto' })
      expect((await xrpc(client, `${url}${SESSION}`, tokens.access)).status).toBe(200)
      const path = `${url}/xrpc/app.bsky.actor.getProfile?actor=${tokens.did}`
      const refused = await xrpc(client, path, tokens.access)
      expect([refused.status, pick(refused.body, 'error')]).toEqual([403, 'ScopeMissingError'])
      const none = await consent(client, url, { sandbox_scopes: 'transition:generic' })
      expect(none.back.get('error')).toBe('access_denied')
    }))
})
