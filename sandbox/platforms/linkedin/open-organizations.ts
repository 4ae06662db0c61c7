import type { Account } from '../../core/accounts.ts'
import type { LinkedinStore, Organization, OrganizationRole } from './store.ts'

const AGENCY_PREFIX = 'agency'
/** More than the default page of the roles. */
const AGENCY_ORGANIZATIONS = 12
const FIRST_ID = 100_200_300
const COFFEE = 'adler-coffee'

/**
 * The organizations of a new member: alice administers one and edits another; carol administers
 * one and has asked for a role in alice's; a handle that begins with `agency` administers twelve;
 * everyone else, bob too, none.
 */
export function openOrganizations(store: LinkedinStore, member: Account): void {
  const handle = member.handle.toLowerCase()
  if (handle === 'alice') {
    join(store, member, add(store, 'Adler Coffee', COFFEE), 'ADMINISTRATOR')
    const foundation = add(store, 'Adler Foundation', 'adler-foundation')
    join(store, member, foundation, 'CONTENT_ADMINISTRATOR')
  }
  if (handle === 'carol') {
    join(store, member, add(store, 'Conti Studio', 'conti-studio'), 'ADMINISTRATOR')
    const coffee = [...store.organizations.values()].find((one) => one.vanity_name === COFFEE)
    if (coffee !== undefined) join(store, member, coffee, 'ADMINISTRATOR', 'REQUESTED')
  }
  if (!handle.startsWith(AGENCY_PREFIX)) return
  for (let number = 1; number <= AGENCY_ORGANIZATIONS; number++) {
    const client = add(store, `Client ${number}`, `${handle}-client-${number}`)
    join(store, member, client, 'ADMINISTRATOR')
  }
}

function add(store: LinkedinStore, name: string, vanityName: string): Organization {
  const row = { id: String(FIRST_ID + store.organizations.size), name, vanity_name: vanityName }
  store.organizations.set(row.id, row)
  return row
}

function join(
  store: LinkedinStore,
  member: Account,
  organization: Organization,
  role: OrganizationRole['role'],
  state: OrganizationRole['state'] = 'APPROVED',
): void {
  const row = { account_id: member.account_id, organization: organization.id, role, state }
  store.roles.set(`${row.account_id} ${row.organization}`, row)
}
