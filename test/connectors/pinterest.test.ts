import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import { type AuthHarness, failureOf, grantBy, startAuthHarness } from './harness.ts'

const APP = {
  clientId: 'sandbox-pinterest-client',
  clientSecret: 'sbx_secret_pinterest_client_secret',
}

let pinterest: AuthHarness
let auth: Authorizer

beforeAll(async () => {
  pinterest = await startAuthHarness('pinterest')
  const found = pinterest.registry.authorizer('pinterest', 'oauth2')
  if (!found) throw new Error('pinterest is not offered')
  auth = found
})
afterEach(() => pinterest.clearFaults())
afterAll(() => pinterest.close())

const connect = (handle: string) => grantBy(pinterest, auth, APP, handle)
const accessOf = ({ accessToken, tokenType, scopes }: Grant) => ({
  accessToken,
  tokenType,
  scopes,
  secrets: {},
})
const refreshOf = ({ accessToken, refreshToken = '' }: Grant, app = APP) => ({
  app,
  accessToken,
  refreshToken,
  secrets: {},
})

describe('connect', () => {
  test('account and boards', async () => {
    const grant = await connect('alice')
    expect(grant.scopes).toEqual([...auth.scopes])
    expect(await auth.identify(accessOf(grant), pinterest.call)).toMatchObject({ handle: 'alice' })
    const boards = await auth.destinations?.(accessOf(grant), pinterest.call)
    expect(boards?.length).toBeGreaterThan(0)
    expect(boards?.every(({ id, kind }) => /^\d+$/.test(id) && kind === 'board')).toBe(true)
  })

  test('a refresh gives new tokens of their own lifetimes', async () => {
    const grant = await connect('alice')
    const fresh = await auth.refresh?.(refreshOf(grant), pinterest.call)
    expect(fresh?.accessToken).not.toBe(grant.accessToken)
    expect(fresh?.refreshToken).toBeTruthy()
    expect(fresh?.refreshExpiresAt?.getTime()).toBeGreaterThan(fresh?.expiresAt?.getTime() ?? 0)
  })
})

describe('refusals', () => {
  test('a made-up refresh token ends the connection, a wrong app does not', async () => {
    const grant = await connect('alice')
    const refreshing = (request: ReturnType<typeof refreshOf>) =>
      failureOf(Promise.resolve(auth.refresh?.(request, pinterest.call)))
    const madeUp = { ...grant, refreshToken: 'pinr_made_up' }
    expect(await refreshing(refreshOf(madeUp))).toMatchObject({ kind: 'auth_revoked' })
    const wrong = { ...APP, clientSecret: 'wrong' }
    expect(await refreshing(refreshOf(grant, wrong))).toMatchObject({
      kind: 'rejected',
      code: 'pinterest_app_refused',
    })
  })

  test('a lost answer of the token endpoint is unknown', async () => {
    const grant = await connect('alice')
    await pinterest.fault({ step: 'token', fault: 'drop_after_accept' })
    const lost = Promise.resolve(auth.refresh?.(refreshOf(grant), pinterest.call))
    expect(await failureOf(lost)).toMatchObject({ kind: 'outcome_unknown' })
  })
})
