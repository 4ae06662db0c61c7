import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import { type AuthHarness, failureOf, grantBy, startAuthHarness } from './harness.ts'

const APP = {
  clientId: 'sandbox-reddit-client',
  clientSecret: 'sbx_secret_reddit_client_secret',
}

let reddit: AuthHarness
let auth: Authorizer

beforeAll(async () => {
  reddit = await startAuthHarness('reddit')
  const found = reddit.registry.authorizer('reddit', 'oauth2')
  if (!found) throw new Error('reddit is not offered')
  auth = found
})
afterEach(() => reddit.clearFaults())
afterAll(() => reddit.close())

const connect = () => grantBy(reddit, auth, APP, 'alice')
const accessOf = ({ accessToken, tokenType }: Grant) => ({ accessToken, tokenType, secrets: {} })
const refreshOf = ({ accessToken, refreshToken = '' }: Grant, app = APP) => ({
  app,
  accessToken,
  refreshToken,
  secrets: {},
})
const refreshing = (request: ReturnType<typeof refreshOf>) =>
  failureOf(Promise.resolve(auth.refresh?.(request, reddit.call)))

describe('connect', () => {
  test('account, own profile and subreddits with what hinders', async () => {
    const grant = await connect()
    expect(grant.scopes).toEqual([...auth.scopes])
    const [covered] = (await auth.accounts?.(accessOf(grant), reddit.call)) ?? []
    expect(covered).toMatchObject({ account: { handle: 'alice' } })
    expect(covered).not.toHaveProperty('problem')
    const places = (await auth.destinations?.(accessOf(grant), reddit.call)) ?? []
    expect(places[0]).toMatchObject({ id: 'u_alice', kind: 'profile', canPost: true })
    expect(places.filter(({ kind }) => kind === 'subreddit').length).toBeGreaterThan(0)
    for (const { canPost, reason } of places) expect(canPost).toBe(reason === undefined)
  })

  test('one refresh token is good again and again, until it is revoked', async () => {
    const grant = await connect()
    const first = await auth.refresh?.(refreshOf(grant), reddit.call)
    const second = await auth.refresh?.(refreshOf(grant), reddit.call)
    expect(first?.accessToken).not.toBe(second?.accessToken)
    await auth.revoke?.(refreshOf(grant), reddit.call)
    expect(await refreshing(refreshOf(grant))).toMatchObject({ kind: 'auth_revoked' })
    expect(await failureOf(auth.identify(accessOf(grant), reddit.call))).toMatchObject({
      kind: 'auth_expired',
    })
  })
})

describe('refusals', () => {
  test('a wrong app is no revocation', async () => {
    const wrong = { ...APP, clientSecret: 'wrong' }
    expect(await refreshing(refreshOf(await connect(), wrong))).toMatchObject({
      kind: 'rejected',
      code: 'reddit_app_refused',
    })
    const check = Promise.resolve(auth.verifyApp?.(wrong, reddit.call))
    expect(await failureOf(check)).toMatchObject({ code: 'reddit_app_refused' })
    await auth.verifyApp?.(APP, reddit.call)
  })

  test('a lost answer of the token endpoint does no harm', async () => {
    const grant = await connect()
    await reddit.fault({ step: 'token', fault: 'drop_after_accept' })
    expect(await refreshing(refreshOf(grant))).toMatchObject({ kind: 'transient' })
    expect((await auth.refresh?.(refreshOf(grant), reddit.call))?.accessToken).toBeTruthy()
  })
})
