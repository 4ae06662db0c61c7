import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import type { Account, CoveredAccount } from '../authorizer.ts'
import { type Reader, read } from './client.ts'
import {
  isOrganization,
  mayPost,
  readOrganization,
  readOrganizations,
  readRoles,
} from './organizations.ts'
import { canReadRoles } from './scopes.ts'

const userinfoSchema = z.object({
  sub: z.string().min(1),
  name: z.string().optional(),
  picture: z.string().optional(),
})

const meSchema = z.object({
  id: z.string().min(1),
  vanityName: z.string().optional(),
  localizedFirstName: z.string().optional(),
  localizedLastName: z.string().optional(),
})

/** The member, and every organization in which they have a role. */
export async function readAccounts(reader: Reader): Promise<CoveredAccount[]> {
  const member = await readMember(reader)
  const scopes = reader.access.scopes ?? []
  const canPost = scopes.length === 0 || scopes.includes('w_member_social')
  const covered = canPost ? { account: member } : { account: member, problem: PAGES_ONLY }
  if (!canReadRoles(scopes)) return [covered]
  const roles = await readRoles(reader)
  const organizations = await readOrganizations(reader, roles, member.platformAccountId)
  return [covered, ...organizations.map((one) => withScopeProblem(one, scopes))]
}

/** The stored account, or the member where none is stored yet. */
export async function identify(reader: Reader): Promise<Account> {
  const { accountId } = reader.access
  const member = await readMember(reader)
  if (!accountId || accountId === member.platformAccountId) return member
  if (!isOrganization(accountId)) {
    const message = 'This access belongs to another LinkedIn member. Please connect it again.'
    throw authRevoked({ code: 'linkedin_other_member', message })
  }
  const roles = (await readRoles(reader)).get(accountId)
  if (mayPost(roles)) {
    return readOrganization(reader, accountId, roles ?? [], member.platformAccountId)
  }
  const message =
    'You are no longer an admin of this LinkedIn Page. Ask for the role, then connect again.'
  throw authRevoked({ code: 'linkedin_role_lost', message })
}

/** Which of two endpoints answers depends on the LinkedIn product that the scopes come from. */
async function readMember(reader: Reader): Promise<Account> {
  const scopes = reader.access.scopes ?? []
  const isSignIn = scopes.includes('openid') || scopes.includes('profile')
  const person = isSignIn || !scopes.includes('r_basicprofile') ? readUserinfo : readMe
  const { id, ...named } = await person(reader)
  const urn = `urn:li:person:${id}`
  return { platformAccountId: urn, ...named, kind: 'personal', grantorId: urn, metadata: {} }
}

type Person = Pick<Account, 'handle' | 'displayName' | 'profileImageUrl'> & { id: string }

/** https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2 */
async function readUserinfo(reader: Reader): Promise<Person> {
  const { sub, name, picture } = await read(reader, '/v2/userinfo', {}, userinfoSchema)
  return {
    id: sub,
    handle: name || sub,
    displayName: name || null,
    profileImageUrl: picture ?? null,
  }
}

/** https://learn.microsoft.com/en-us/linkedin/shared/integrations/people/profile-api */
async function readMe(reader: Reader): Promise<Person> {
  const me = await read(reader, '/v2/me', {}, meSchema)
  const name = [me.localizedFirstName, me.localizedLastName].filter(Boolean).join(' ')
  return {
    id: me.id,
    handle: me.vanityName || name || me.id,
    displayName: name || null,
    profileImageUrl: null,
  }
}

const PAGES_ONLY = {
  code: 'linkedin_pages_only',
  message: 'This consent covers LinkedIn Pages only. Connect once more to post as yourself.',
}

function withScopeProblem(covered: CoveredAccount, scopes: readonly string[]): CoveredAccount {
  if (covered.problem || scopes.includes('w_organization_social')) return covered
  const message = 'LinkedIn did not grant posting on Pages. Connect again and allow it.'
  return { ...covered, problem: { code: 'linkedin_scope_missing', message } }
}
