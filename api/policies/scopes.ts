/** What an API key may be allowed. `admin` includes all others. */
export const SCOPES = [
  'posts:read',
  'posts:write',
  'posts:approve',
  'connections:read',
  'connections:write',
  'audit:read',
  'admin',
] as const
export type Scope = (typeof SCOPES)[number]

export const ROLES = ['staff', 'marketing', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Staff read, marketing reads and manages, admins do everything. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  staff: ['posts:read', 'connections:read'],
  marketing: [
    'posts:read',
    'posts:write',
    'posts:approve',
    'connections:read',
    'connections:write',
  ],
  admin: SCOPES,
}

/** A key never reaches further than the role its user has today. */
export function effectiveScopes(granted: readonly string[], role: string | null): Scope[] {
  const ofRole = roleScopes(role)
  const isAll = granted.includes('admin')
  return SCOPES.filter((scope) => ofRole.includes(scope) && (isAll || granted.includes(scope)))
}

export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(needed)
}

function roleScopes(role: string | null): readonly Scope[] {
  const known = ROLES.find((candidate) => candidate === role)
  return known === undefined ? [] : ROLE_SCOPES[known]
}
