import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Account, CoveredAccount } from '../authorizer.ts'
import { type Reader, read } from './client.ts'

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-access-control-by-role */
const POSTING_ROLES = ['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR']

const PAGE_SIZE = 100
const ORGANIZATION_URN = /^urn:li:organization:(\d+)$/

const rolesSchema = z.object({
  elements: z.array(
    z.object({
      role: z.string(),
      organization: z.string().optional(),
      // Its name in the older form of the same finder.
      organizationalTarget: z.string().optional(),
    }),
  ),
  paging: z.object({ total: z.number().optional() }).optional(),
})

const organizationSchema = z.object({
  localizedName: z.string().optional(),
  vanityName: z.string().optional(),
})

/** Roles by organization URN; one person may have several in the same organization. */
export type Roles = ReadonlyMap<string, readonly string[]>

export async function readRoles(reader: Reader): Promise<Roles> {
  const roles = new Map<string, string[]>()
  for (let start = 0; ; ) {
    const page = { start: String(start), count: String(PAGE_SIZE) }
    const query = { q: 'roleAssignee', state: 'APPROVED', ...page }
    const { elements, paging } = await read(reader, '/rest/organizationAcls', query, rolesSchema)
    for (const { role, organization, organizationalTarget } of elements) {
      const urn = organization ?? organizationalTarget ?? ''
      roles.set(urn, [...(roles.get(urn) ?? []), role])
    }
    start += elements.length
    const isLast = paging?.total === undefined ? elements.length < PAGE_SIZE : start >= paging.total
    if (elements.length === 0 || isLast) return roles
  }
}

export function mayPost(roles: readonly string[] = []): boolean {
  return roles.some((role) => POSTING_ROLES.includes(role))
}

export function isOrganization(accountId: string): boolean {
  return ORGANIZATION_URN.test(accountId)
}

/** Organizations of the roles, with the reason where the role does not allow to post. */
export async function readOrganizations(
  reader: Reader,
  roles: Roles,
  grantorId: string,
): Promise<CoveredAccount[]> {
  const covered: CoveredAccount[] = []
  for (const [urn, held] of roles) {
    if (!isOrganization(urn)) continue
    const account = await readOrganization(reader, urn, held, grantorId)
    covered.push(mayPost(held) ? { account } : { account, problem: ROLE_TOO_SMALL })
  }
  return covered
}

const ROLE_TOO_SMALL = {
  code: 'linkedin_role_too_small',
  message:
    'Your role on this LinkedIn Page does not allow posting. Ask to become super admin or content admin.',
}

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-lookup-api */
export async function readOrganization(
  reader: Reader,
  urn: string,
  roles: readonly string[],
  grantorId: string,
): Promise<Account> {
  const id = ORGANIZATION_URN.exec(urn)?.[1] ?? ''
  const found = await readNames(reader, id)
  return {
    platformAccountId: urn,
    handle: found.vanityName || found.localizedName || id,
    displayName: found.localizedName ?? null,
    // A logo is named by URN only; its picture needs a projection that versioned calls lack.
    profileImageUrl: null,
    kind: 'organization',
    grantorId,
    metadata: { roles: [...roles].sort() },
  }
}

/** Small roles may not look an organization up: it is listed by its number then. */
async function readNames(reader: Reader, id: string): Promise<z.output<typeof organizationSchema>> {
  try {
    return await read(reader, `/rest/organizations/${id}`, {}, organizationSchema)
  } catch (error) {
    const isHidden = error instanceof PlatformFailure && error.kind === 'rejected'
    if (isHidden) return {}
    throw error
  }
}
