import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import { attemptOf, commitNow, failureOf, grantBy, type Harness, startHarness } from './harness.ts'

const APP = { clientId: 'sandbox-x-api-key', clientSecret: 'sbx_secret_x_api_secret' }

let x: Harness
let auth: Authorizer
let alice: Access

beforeAll(async () => {
  x = await startHarness('x')
  const found = x.registry.authorizer('x', 'oauth1')
  if (!found) throw new Error('OAuth 1.0a is not offered')
  auth = found
  alice = await accessOf(await grantBy(x, auth, APP, 'alice'))
})
afterEach(() => x.clearFaults())
afterAll(() => x.close())

async function accessOf({ accessToken, tokenType, secrets = {} }: Grant): Promise<Access> {
  const known = { accessToken, tokenType, secrets }
  const account = await auth.identify(known, x.call)
  const { platformAccountId: accountId, handle: accountHandle } = account
  return { ...known, accountId, accountHandle, scopes: [] }
}

describe('OAuth 1.0a', () => {
  test('signed from consent to deletion', async () => {
    expect(alice).toMatchObject({ accountHandle: 'alice', tokenType: 'oauth1' })
    const draft = x.draft('signed (!) & *sealed* ’ 👩‍👩‍👧')
    const post = await commitNow(x, draft, alice)
    const found = await x.connector.confirm?.(attemptOf(draft), alice, x.call)
    expect(found).toEqual({ outcome: 'found', post })
    await x.connector.remove?.(post, alice, x.call)
    expect((await x.livePosts()).map((one) => one.platform_post_id)).not.toContain(
      post.platformPostId,
    )
  })

  test('the four strings of the portal do the same', async () => {
    const { accessToken, secrets } = alice
    const typed = {
      api_key: APP.clientId,
      api_secret: APP.clientSecret,
      access_token: accessToken,
      access_token_secret: secrets.token_secret ?? '',
    }
    const grant = await auth.withCredentials?.(typed, x.call)
    if (!grant) throw new Error('no grant')
    expect(await accessOf(grant)).toEqual(alice)
    const wrong = { ...grant, secrets: { ...grant.secrets, api_secret: 'wrong' } }
    expect(await failureOf(accessOf(wrong))).toMatchObject({ code: 'x_keys_refused' })
  })

  test('a wrong app is told before anybody is sent to X', async () => {
    const wrong = { ...APP, clientSecret: 'wrong' }
    expect(await failureOf(grantBy(x, auth, wrong, 'alice'))).toMatchObject({
      kind: 'rejected',
      code: 'x_app_refused',
    })
  })

  test('after revoke the token is refused', async () => {
    const bob = await accessOf(await grantBy(x, auth, APP, 'bob'))
    await auth.revoke?.(bob, x.call)
    const refused = await failureOf(x.connector.commit(x.draft('gone'), bob, x.call))
    expect(refused).toMatchObject({ kind: 'auth_revoked', code: 'x_keys_refused' })
    await auth.revoke?.(bob, x.call)
  })
})
