import { randomBytes } from 'node:crypto'
import { hashApiKey } from '../../../api/http/authenticate.ts'
import type { Role } from '../../../db/entities/membership.ts'
import { seedTenant } from '../../../db/seed.ts'
import { type ApiClient, makeApiClient } from '../../support/api-client.ts'
import type { Stack } from '../../support/stack.ts'

/** A person of a tenant, with a key of their own. */
export interface Member {
  api: ApiClient
  tenantId: string
  userId: string
}

export interface MemberOptions {
  role?: Role
  /** As an identity provider names the person. */
  externalId?: string
}

/**
 * Lets a person into the tenant of that slug, which is made with the first of them. Tenants and
 * members are the operator's matter: there is no public route for them.
 */
export async function addMember(
  stack: Pick<Stack, 'db' | 'api'>,
  slug: string,
  { role = 'admin', externalId }: MemberOptions = {},
): Promise<Member> {
  const key = `clr_${randomBytes(32).toString('base64url')}`
  const { tenantId, users } = await seedTenant(stack.db, {
    slug,
    name: slug,
    users: [{ email: `${role}@${slug}.example`, displayName: role, role, externalId }],
    apiKey: {
      name: role,
      prefix: key.slice(0, 12),
      keyHash: hashApiKey(key),
      // The role bounds what the key may do.
      scopes: ['admin'],
    },
  })
  return { api: makeApiClient(stack.api.url, key), tenantId, userId: users[0]?.id ?? '' }
}
