import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allows, effectiveScopes, ROLE_SCOPES, ROLES, SCOPES } from './scopes.ts'

const roles = fc.constantFrom(...ROLES, null, 'owner', '')
const granted = fc.subarray([...SCOPES, 'posts:admin', ''])

describe('the scopes of a key', () => {
  test('never reach further than the role or, unless it is admin, the grant', () => {
    fc.assert(
      fc.property(granted, roles, (given, role) => {
        const known = ROLES.find((one) => one === role)
        const ofRole = known === undefined ? [] : ROLE_SCOPES[known]
        for (const scope of effectiveScopes(given, role)) {
          expect(ofRole).toContain(scope)
          if (!given.includes('admin')) expect(given).toContain(scope)
        }
      }),
    )
  })

  test.each([
    ['staff', ['posts:read', 'media:read', 'connections:read']],
    [
      'marketing',
      [
        ...['posts:read', 'posts:write', 'posts:approve', 'media:read', 'media:write'],
        ...['connections:read', 'connections:write'],
        ...['platform_apps:read', 'platform_apps:write'],
      ],
    ],
    ['admin', [...SCOPES]],
    ['owner', []],
    [null, []],
  ])('granted all, as %s', (role, scopes) => {
    expect(effectiveScopes(['admin'], role)).toEqual(scopes)
  })

  test('granted some, are those and no others', () => {
    expect(effectiveScopes(['posts:write', 'audit:read'], 'marketing')).toEqual(['posts:write'])
    expect(effectiveScopes([], 'admin')).toEqual([])
  })
})

describe('a needed scope', () => {
  test.each(SCOPES)('%s is held by itself and by admin alone', (needed) => {
    expect(allows([needed], needed)).toBe(true)
    expect(allows(['admin'], needed)).toBe(true)
    const others = SCOPES.filter((scope) => scope !== needed && scope !== 'admin')
    expect(allows(others, needed)).toBe(false)
  })
})
