/** What an API key may be allowed. `admin` includes all others. */
export const SCOPES = [
  'posts:read',
  'posts:write',
  'posts:approve',
  'media:read',
  'media:write',
  'connections:read',
  'connections:write',
  'platform_apps:read',
  'platform_apps:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'admin',
] as const
/** Text of a scope as keys store it. */
export type Scope = (typeof SCOPES)[number]

/** Roles of a membership, from least to most. */
export const ROLES = ['staff', 'marketing', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Staff read, marketing reads and manages, admins do everything. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  staff: ['posts:read', 'media:read', 'connections:read'],
  marketing: [
    'posts:read',
    'posts:write',
    'posts:approve',
    'media:read',
    'media:write',
    'connections:read',
    'connections:write',
    'platform_apps:read',
    'platform_apps:write',
  ],
  admin: SCOPES,
}

/** A key never reaches further than the role its user has today. */
export function effectiveScopes(granted: readonly string[], role: string | null): Scope[] {
  const ofRole = roleScopes(role)
  const isAll = granted.includes('admin')
  return SCOPES.filter((scope) => ofRole.includes(scope) && (isAll || granted.includes(scope)))
}

/** Whether effective scopes cover the one an operation needs. */
export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(needed)
}

/** Unknown or no role: nothing, so that a removed member's key is dead at once. */
function roleScopes(role: string | null): readonly Scope[] {
  const known = ROLES.find((candidate) => candidate === role)
  return known === undefined ? [] : ROLE_SCOPES[known]
}
