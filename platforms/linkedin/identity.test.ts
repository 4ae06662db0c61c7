import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AccountAccess } from '../authorizer.ts'
import { type Answer, type AnswerServer, startAnswerServer } from '../testing/answer-server.ts'
import { failureOf } from '../testing/drafts.ts'
import { makeLinkedinAuthorizer } from './auth.ts'

const MEMBER = ['openid', 'profile', 'w_member_social']
const PAGES = ['w_organization_social', 'r_organization_social', 'rw_organization_admin']
const app = { clientId: 'client', clientSecret: 'secret' }

let server: AnswerServer

beforeAll(async () => {
  server = await startAnswerServer()
})
afterAll(() => server.close())

function linkedin() {
  const base = `${server.url}/linkedin`
  return makeLinkedinAuthorizer({ apiBaseUrl: base, authBaseUrl: base }, 0)
}

const access = (more: Partial<AccountAccess> = {}): AccountAccess => ({
  accessToken: 'token',
  tokenType: 'bearer',
  secrets: {},
  scopes: MEMBER,
  ...more,
})

const ok = (body: unknown): Answer => ({ status: 200, body })
const ADA = ok({ sub: '78X', name: 'Ada Lovelace', picture: 'https://i.test/ada.jpg' })
const unauthorized = (serviceErrorCode: number, code: string): Answer => ({
  status: 401,
  body: { status: 401, serviceErrorCode, code, message: 'Words' },
})
const REVOKED = unauthorized(65601, 'REVOKED_ACCESS_TOKEN')
const roles = (...pairs: [role: string, id: string][]) =>
  ok({
    elements: pairs.map(([role, id]) => ({
      role,
      organization: `urn:li:organization:${id}`,
      roleAssignee: 'urn:li:person:78X',
      state: 'APPROVED',
    })),
    paging: { start: 0, count: 100, links: [] },
  })

const paths = () => server.received.map(({ path }) => path.replace('/linkedin', ''))

describe('accounts', () => {
  const accounts = (scopes: string[]) => linkedin().accounts?.(access({ scopes }), server.call)

  test('the member alone', async () => {
    server.answer(ADA)
    expect(await accounts(MEMBER)).toEqual([
      {
        account: {
          platformAccountId: 'urn:li:person:78X',
          handle: 'Ada Lovelace',
          displayName: 'Ada Lovelace',
          profileImageUrl: 'https://i.test/ada.jpg',
          kind: 'personal',
          grantorId: 'urn:li:person:78X',
          metadata: {},
        },
      },
    ])
    expect(paths()).toEqual(['/v2/userinfo'])
    expect(server.received[0]?.headers).not.toHaveProperty('linkedin-version')
  })

  test('organizations with the role to post, and others with the reason', async () => {
    server.answer(
      ADA,
      roles(
        ['DIRECT_SPONSORED_CONTENT_POSTER', '1'],
        ['CONTENT_ADMINISTRATOR', '1'],
        ['ANALYST', '2'],
      ),
      ok({ localizedName: 'Harbour Café', vanityName: 'harbour-cafe' }),
      { status: 403, body: { message: 'Not enough permissions', status: 403 } },
    )
    const covered = await accounts([...MEMBER, ...PAGES])
    expect(covered?.slice(1)).toEqual([
      {
        account: {
          platformAccountId: 'urn:li:organization:1',
          handle: 'harbour-cafe',
          displayName: 'Harbour Café',
          profileImageUrl: null,
          kind: 'organization',
          grantorId: 'urn:li:person:78X',
          metadata: { roles: ['CONTENT_ADMINISTRATOR', 'DIRECT_SPONSORED_CONTENT_POSTER'] },
        },
      },
      {
        account: expect.objectContaining({ handle: '2', displayName: null }),
        problem: expect.objectContaining({ code: 'linkedin_role_too_small' }),
      },
    ])
    expect(paths()).toEqual([
      '/v2/userinfo',
      '/rest/organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=100',
      '/rest/organizations/1',
      '/rest/organizations/2',
    ])
    expect(server.received[1]?.headers).toMatchObject({
      authorization: 'Bearer token',
      'linkedin-version': expect.stringMatching(/^20\d{4}$/),
      'x-restli-protocol-version': '2.0.0',
    })
  })

  test('an app for organizations alone asks another endpoint and offers no member', async () => {
    const me = { id: '78X', localizedFirstName: 'Ada', localizedLastName: 'L', vanityName: 'ada' }
    server.answer(ok(me), roles(['ADMINISTRATOR', '1']), ok({ localizedName: 'Café' }))
    const [member, page] = (await accounts(['r_basicprofile', ...PAGES])) ?? []
    expect(member?.account).toMatchObject({ handle: 'ada', displayName: 'Ada L' })
    expect(member?.problem?.code).toBe('linkedin_pages_only')
    expect(page).toMatchObject({ account: { handle: 'Café' } })
    expect(page).not.toHaveProperty('problem')
    expect(paths()[0]).toBe('/v2/me')
  })

  test('organizations that the grant may read but not post for', async () => {
    server.answer(ADA, roles(['ADMINISTRATOR', '1']), ok({ localizedName: 'Café' }))
    const covered = await accounts([...MEMBER, 'rw_organization_admin'])
    expect(covered?.[1]?.problem?.code).toBe('linkedin_scope_missing')
  })

  test('all pages of roles', async () => {
    const first = { role: 'ADMINISTRATOR', organizationalTarget: 'urn:li:organization:1' }
    server.answer(
      ADA,
      ok({ elements: [first], paging: { total: 2 } }),
      roles(['ADMINISTRATOR', '2']),
      ok({ localizedName: 'One' }),
      ok({ localizedName: 'Two' }),
    )
    const covered = await accounts([...MEMBER, ...PAGES])
    expect(covered?.map(({ account }) => account.handle)).toEqual(['Ada Lovelace', 'One', 'Two'])
    expect(paths()[2]).toContain('&start=1&')
  })
})

describe('identify', () => {
  const identify = (more: Partial<AccountAccess>) => linkedin().identify(access(more), server.call)
  const page = { accountId: 'urn:li:organization:1', scopes: [...MEMBER, ...PAGES] }

  test('an organization whose role is still held', async () => {
    server.answer(ADA, roles(['ADMINISTRATOR', '1']), ok({ localizedName: 'Café' }))
    expect(await identify(page)).toMatchObject({
      platformAccountId: 'urn:li:organization:1',
      grantorId: 'urn:li:person:78X',
    })
  })

  test.each([
    ['gone', roles(['ADMINISTRATOR', '2'])],
    ['too small now', roles(['ANALYST', '1'])],
  ])('an organization whose role is %s', async (_name, answer) => {
    server.answer(ADA, answer)
    const failure = await failureOf(identify(page))
    expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'linkedin_role_lost' })
  })

  test('roles that cannot be read prove nothing', async () => {
    server.answer(ADA, { status: 403, body: { code: 'ACCESS_DENIED', status: 403 } })
    expect(await failureOf(identify(page))).toMatchObject({ kind: 'rejected' })
  })

  test('another member than the stored one', async () => {
    server.answer(ADA)
    const failure = await failureOf(identify({ accountId: 'urn:li:person:other' }))
    expect(failure).toMatchObject({ kind: 'auth_revoked', code: 'linkedin_other_member' })
  })

  test.each<[string, Answer, Record<string, unknown>]>([
    ['ran out', unauthorized(65602, 'EXPIRED_ACCESS_TOKEN'), { code: 'linkedin_token_expired' }],
    ['429', { status: 429 }, { kind: 'rate_limited', code: 'linkedin_rate_limited' }],
    ['500', { status: 500 }, { kind: 'transient' }],
    ['426', { status: 426 }, { kind: 'rejected', code: 'linkedin_version_ended' }],
  ])('%s', async (_name, answer, expected) => {
    server.answer(answer)
    expect(await failureOf(identify({ app }))).toMatchObject(expected)
    expect(server.received).toHaveLength(1)
  })
})

describe('a token that LinkedIn calls revoked', () => {
  const identify = (more: Partial<AccountAccess> = { app }) =>
    linkedin().identify(access(more), server.call)
  const state = (status: string) => ok({ active: status === 'active', status })

  test('was only too new: once more', async () => {
    server.answer(REVOKED, state('active'), ADA)
    expect(await identify()).toMatchObject({ platformAccountId: 'urn:li:person:78X' })
    expect(paths()).toEqual(['/v2/userinfo', '/oauth/v2/introspectToken', '/v2/userinfo'])
  })

  test('is too new still: trouble that passes', async () => {
    server.answer(REVOKED, state('active'), REVOKED)
    const failure = await failureOf(identify())
    expect(failure).toMatchObject({ kind: 'transient', code: 'linkedin_token_not_ready' })
    expect(server.received).toHaveLength(3)
  })

  test.each([
    ['revoked', 'auth_revoked'],
    ['expired', 'auth_expired'],
  ])('is %s by introspection', async (status, kind) => {
    server.answer(REVOKED, state(status))
    expect(await failureOf(identify())).toMatchObject({ kind })
    expect(server.received).toHaveLength(2)
  })

  test('without an app to ask about it: believed the second time', async () => {
    server.answer(REVOKED, REVOKED)
    expect(await failureOf(identify({}))).toMatchObject({ kind: 'auth_revoked' })
    expect(server.received).toHaveLength(2)
  })

  test('a malformed one is never proof of revocation', async () => {
    const invalid = unauthorized(65600, 'INVALID_ACCESS_TOKEN')
    server.answer(invalid, invalid)
    expect(await failureOf(identify({}))).toMatchObject({ kind: 'auth_expired' })
  })
})
