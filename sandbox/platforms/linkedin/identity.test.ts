import { describe, expect, test } from '@jest/globals'
import { call, newAccount, pick, withSandbox } from '../../testing/http.ts'
import { get, login, MEMBER_SCOPES, memberId, refresh } from '../../testing/linkedin-login.ts'

const ACLS = '/rest/organizationAcls?q=roleAssignee&state=APPROVED'
const RESTLI = { 'x-restli-protocol-version': '2.0.0' }

describe('LinkedIn members', () => {
  test('userinfo shows what was granted', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const full = await get(url, access, '/v2/userinfo', {})
      expect(full.body).toMatchObject({
        sub: expect.stringMatching(/^[\w-]{10}$/),
        name: 'Alice Adler',
        given_name: 'Alice',
        family_name: 'Adler',
        email: 'alice@example.com',
        picture: expect.any(String),
      })
      const bare = await login(url, { sandbox_account: 'bob', scope: 'openid' })
      const { body } = await get(url, bare.access, '/v2/userinfo')
      expect(Object.keys(Object(body))).toEqual(['sub'])
    }))

  test('me needs r_basicprofile and adds the vanity name', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const { body } = await get(url, access, '/v2/me')
      expect(body).toMatchObject({ id: await memberId(url, access), vanityName: 'alice' })
      const member = await login(url, { sandbox_account: 'bob', scope: MEMBER_SCOPES })
      const denied = await get(url, member.access, '/v2/me')
      expect([denied.status, denied.body]).toEqual([
        403,
        {
          status: 403,
          serviceErrorCode: 100,
          code: 'ACCESS_DENIED',
          message: 'Not enough permissions to access: me.GET.NO_VERSION',
        },
      ])
    }))

  test.each([
    ['guess', 65_600, 'INVALID_ACCESS_TOKEN'],
    [undefined, 65_604, 'EMPTY_ACCESS_TOKEN'],
  ])('the token %s is refused as %i %s', (bearer, serviceErrorCode, code) =>
    withSandbox({}, async ({ url }) => {
      const { status, body } = await get(url, bearer, '/v2/userinfo')
      expect(status).toBe(401)
      expect(body).toMatchObject({ status: 401, serviceErrorCode, code })
    }),
  )
})

describe('LinkedIn organizations', () => {
  test('alice administers one and edits another, bob has none', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const { body } = await get(url, access, ACLS)
      const roleAssignee = `urn:li:person:${await memberId(url, access)}`
      const organization = expect.stringMatching(/^urn:li:organization:\d+$/)
      expect(body).toEqual({
        paging: { start: 0, count: 10, total: 2, links: [] },
        elements: ['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR'].map((role) => ({
          roleAssignee,
          state: 'APPROVED',
          role,
          organization,
        })),
      })
      const bob = await login(url, { sandbox_account: 'bob' })
      expect((await get(url, bob.access, ACLS)).body).toMatchObject({ elements: [] })
    }))

  test('role and state narrow the list: carol’s request for a role is not approved', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { sandbox_account: 'carol' })
      const all = await get(url, access, '/rest/organizationAcls?q=roleAssignee')
      expect(all.body).toMatchObject({ elements: [{ state: 'APPROVED' }, { state: 'REQUESTED' }] })
      expect((await get(url, access, ACLS)).body).toMatchObject({ elements: { length: 1 } })
      const poster = await get(url, access, `${ACLS}&role=CONTENT_ADMINISTRATOR`)
      expect(poster.body).toMatchObject({ elements: [] })
      const coffee = pick(all.body, 'elements', 1, 'organization').split(':')[3]
      const denied = await get(url, access, `/rest/organizations/${coffee}`)
      expect([denied.status, pick(denied.body, 'code')]).toEqual([403, 'ACCESS_DENIED'])
    }))

  test('an agency’s roles come in pages', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      await newAccount(sandbox, 'linkedin', 'agency-one')
      const { access } = await login(url, { sandbox_account: 'agency-one' })
      const first = await get(url, access, ACLS)
      expect(first.body).toMatchObject({ elements: { length: 10 }, paging: { total: 12 } })
      const rest = await get(url, access, `${ACLS}&start=10&count=5`)
      expect(rest.body).toMatchObject({ elements: { length: 2 }, paging: { start: 10, count: 5 } })
    }))

  test('an organization shows its names to those who have a role in it', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const acls = await get(url, access, ACLS)
      const id = pick(acls.body, 'elements', 1, 'organization').split(':')[3]
      const { body } = await get(url, access, `/rest/organizations/${id}`)
      expect(body).toMatchObject({
        id: Number(id),
        localizedName: 'Adler Foundation',
        vanityName: 'adler-foundation',
        logoV2: { original: expect.stringContaining('urn:li:digitalmediaAsset:') },
      })
      expect((await get(url, access, '/rest/organizations/1')).status).toBe(404)
      const bob = await login(url, { sandbox_account: 'bob' })
      expect((await get(url, bob.access, `/rest/organizations/${id}`)).status).toBe(403)
    }))

  test('a member’s token without the scope is told so', () =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url, { scope: MEMBER_SCOPES })
      const { status, body } = await get(url, access, ACLS)
      expect(status).toBe(403)
      expect(pick(body, 'message')).toContain('organizationAcls.FINDER-roleAssignee.20260801')
    }))

  test.each([
    [RESTLI, 400, 'VERSION_MISSING'],
    [{ ...RESTLI, 'linkedin-version': '202508' }, 426, 'NONEXISTENT_VERSION'],
    [{ ...RESTLI, 'linkedin-version': '209912' }, 426, 'NONEXISTENT_VERSION'],
    [{ ...RESTLI, 'linkedin-version': '202613' }, 426, 'NONEXISTENT_VERSION'],
    [{ 'linkedin-version': '202608' }, 400, 'ILLEGAL_ARGUMENT'],
  ])('the headers %j are refused', (headers, status, code) =>
    withSandbox({}, async ({ url }) => {
      const { access } = await login(url)
      const refused = await get(url, access, ACLS, headers)
      expect([refused.status, refused.body]).toEqual([
        status,
        expect.objectContaining({ status, code }),
      ])
    }),
  )
})

describe('LinkedIn faults', () => {
  test.each([
    [{ step: 'token', fault: 'refuse' }, 400, { error: 'invalid_request' }],
    [{ step: 'token', fault: 'status', status: 401 }, 401, { error: 'invalid_client' }],
    [{ step: 'token', fault: 'status', status: 500 }, 500, { message: 'Internal Server Error' }],
    [{ step: 'profile', fault: 'status', status: 401 }, 401, { serviceErrorCode: 65_601 }],
    [{ step: 'profile', fault: 'refuse' }, 403, { code: 'ACCESS_DENIED' }],
    [{ step: 'profile', fault: 'duplicate' }, 422, { status: 422 }],
    [{ step: 'profile', fault: 'rate_limit' }, 429, { status: 429, serviceErrorCode: 101 }],
  ])('%j answers in LinkedIn’s words', (fault, status, body) =>
    withSandbox({}, async ({ url }) => {
      const pair = await login(url)
      const account_id = await memberId(url, pair.access)
      const json = { platform: 'linkedin', account_id, times: 1, ...fault }
      await call(`${url}/_sandbox/faults`, { json })
      const ask = () =>
        fault.step === 'token' ? refresh(url, pair.refresh) : get(url, pair.access, '/v2/userinfo')
      const hit = await ask()
      expect(hit.status).toBe(status)
      expect(hit.body).toMatchObject(body)
      expect(hit.headers.get('retry-after')).toBeNull()
      expect((await ask()).status).toBe(200)
    }),
  )
})
