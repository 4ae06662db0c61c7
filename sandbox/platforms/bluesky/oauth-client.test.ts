import { expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { consentUrl, makeKey } from '../../testing/bluesky-oauth.ts'
import { call, withSandbox } from '../../testing/http.ts'

const REDIRECT = 'http://127.0.0.1:3000/oauth/callback/bluesky'
const SCOPE = 'atproto transition:generic'
const INSECURE = { [oauth.allowInsecureRequests]: true }

test('a client that is not ours goes through discovery, PAR, consent, tokens and a call', () =>
  withSandbox({}, async ({ url }) => {
    const issuer = new URL(url)
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE })
    const server = await oauth.processDiscoveryResponse(issuer, found)
    const query = new URLSearchParams({ redirect_uri: REDIRECT, scope: SCOPE })
    const client: oauth.Client = { client_id: `http://localhost?${query}` }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const options = { DPoP, ...INSECURE }
    const retried = async <T>(attempt: () => Promise<T>): Promise<T> => {
      try {
        return await attempt()
      } catch (error) {
        if (oauth.isDPoPNonceError(error)) return attempt()
        throw error
      }
    }
    const verifier = oauth.generateRandomCodeVerifier()
    const params = {
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: SCOPE,
      state: 'state-1',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const pushed = await retried(async () => {
      const auth = oauth.None()
      const reply = await oauth.pushedAuthorizationRequest(server, client, auth, params, options)
      return oauth.processPushedAuthorizationResponse(server, client, reply)
    })
    const person = { id: client.client_id, dpop: makeKey(), nowMs: Date.now }
    const { headers } = await call(consentUrl(person, url, pushed.request_uri))
    const back = new URL(headers.get('location') ?? '')
    const answer = oauth.validateAuthResponse(server, client, back, 'state-1')
    const tokens = await retried(async () => {
      const auth = oauth.None()
      const reply = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        auth,
        answer,
        REDIRECT,
        verifier,
        options,
      )
      return oauth.processAuthorizationCodeResponse(server, client, reply)
    })
    expect(tokens).toMatchObject({ token_type: 'dpop', scope: SCOPE, expires_in: 3600 })
    const path = new URL(`${url}/xrpc/com.atproto.server.getSession`)
    const session = await retried(() =>
      oauth.protectedResourceRequest(
        tokens.access_token,
        'GET',
        path,
        undefined,
        undefined,
        options,
      ),
    )
    expect(await session.json()).toMatchObject({ did: tokens.sub, handle: 'alice.bsky.social' })
  }))
