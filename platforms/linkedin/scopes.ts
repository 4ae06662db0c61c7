/** Posting as the member: https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/share-on-linkedin */
export const SCOPES = ['openid', 'profile', 'w_member_social'] as const

/**
 * Posting as an organization. Another product of LinkedIn, which an app may be refused next to the
 * member's, so these are asked for only by request:
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/community-management-overview
 */
export const ORGANIZATION_SCOPES = [
  'w_organization_social',
  'r_organization_social',
  'rw_organization_admin',
] as const

/** Either lets us ask in which roles the member administers organizations. */
const ROLE_SCOPES = ['rw_organization_admin', 'r_organization_admin']

/** A grant for organizations needs theirs, any other those of the member. */
export function missingScopes(granted: readonly string[]): string[] {
  const isForOrganizations = granted.some((scope) => scope.includes('_organization_'))
  if (!isForOrganizations) return SCOPES.filter((scope) => !granted.includes(scope))
  const missing = ORGANIZATION_SCOPES.filter((scope) => !granted.includes(scope))
  return canReadRoles(granted)
    ? missing.filter((scope) => !ROLE_SCOPES.includes(scope))
    : [...missing]
}

export function canReadRoles(granted: readonly string[]): boolean {
  return ROLE_SCOPES.some((scope) => granted.includes(scope))
}
