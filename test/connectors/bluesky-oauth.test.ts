import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { contentOf, drive } from './drive.ts'
import { attemptOf, commitNow, failureOf, grantBy, type Harness, startHarness } from './harness.ts'

const REDIRECT = 'http://127.0.0.1:3000/oauth/callback/bluesky'
/** The development client of https://atproto.com/specs/oauth#localhost-client-development */
const APP = {
  clientId: `http://localhost?${new URLSearchParams({
    redirect_uri: REDIRECT,
    scope: 'atproto transition:generic',
  })}`,
}

let bluesky: Harness
let auth: Authorizer

beforeAll(async () => {
  bluesky = await startHarness('bluesky')
  const found = bluesky.registry.authorizer('bluesky', 'oauth2')
  if (!found) throw new Error('OAuth is not offered')
  auth = found
})
afterEach(() => bluesky.clearFaults())
afterAll(() => bluesky.close())

const connect = () => grantBy(bluesky, auth, APP, 'alice')

async function accessOf(grant: Grant): Promise<Access> {
  const { accessToken, tokenType, secrets = {}, serviceUrl = '' } = grant
  const known = { accessToken, tokenType, secrets, serviceUrl }
  const account = await auth.identify(known, bluesky.call)
  const { platformAccountId: accountId, handle: accountHandle } = account
  return { ...known, accountId, accountHandle, scopes: grant.scopes }
}

function refreshing({ accessToken, refreshToken = '', secrets = {} }: Grant): Promise<Grant> {
  const request = { app: APP, accessToken, refreshToken, secrets }
  return Promise.resolve(auth.refresh?.(request, bluesky.call)).then((fresh) => {
    if (!fresh) throw new Error('no refresh')
    return fresh
  })
}

describe('OAuth', () => {
  test('publish, find and delete with a bound token', async () => {
    const access = await accessOf(await connect())
    expect(access).toMatchObject({ tokenType: 'dpop', accountHandle: 'alice.bsky.social' })
    const draft = bluesky.draft('bound to a key')
    const post = await commitNow(bluesky, draft, access)
    const found = await bluesky.connector.confirm?.(attemptOf(draft), access, bluesky.call)
    expect(found).toEqual({ outcome: 'found', post })
    await bluesky.connector.remove?.(post, access, bluesky.call)
    expect((await bluesky.livePosts()).map(({ text }) => text)).not.toContain(draft.text)
  })

  test('files go up with the same proof', async () => {
    const access = await accessOf(await connect())
    for (const file of [await makeImage(), await makeVideo()]) {
      bluesky.files.add(file)
      const content = contentOf({ text: `a ${file.facts.kind}`, media: [file.facts] })
      const { parts } = await drive(bluesky.connector, content, access, bluesky.call)
      const post = (await bluesky.livePosts()).find(
        (one) => one.platform_post_id === parts[0]?.platformPostId,
      )
      expect(post?.media).toEqual([file.facts.sha256])
    }
  })

  test('a refresh token is good once; the second time ends the session', async () => {
    const grant = await connect()
    const fresh = await refreshing(grant)
    expect(fresh.refreshToken).not.toBe(grant.refreshToken)
    const ended = { kind: 'auth_revoked', code: 'bluesky_grant_ended' }
    expect(await failureOf(refreshing(grant))).toMatchObject(ended)
    expect(await failureOf(refreshing({ ...grant, ...fresh }))).toMatchObject(ended)
  })

  test('a lost answer of the token endpoint is unknown', async () => {
    const grant = await connect()
    await bluesky.fault({ step: 'token', fault: 'drop_after_accept' })
    expect(await failureOf(refreshing(grant))).toMatchObject({ kind: 'outcome_unknown' })
  })

  test('revoke ends the session', async () => {
    const grant = await connect()
    const { accessToken, refreshToken = '', secrets = {} } = grant
    await auth.revoke?.({ app: APP, accessToken, refreshToken, secrets }, bluesky.call)
    expect(await failureOf(refreshing(grant))).toMatchObject({ kind: 'auth_revoked' })
  })
})
