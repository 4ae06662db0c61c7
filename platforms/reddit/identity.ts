import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import type { Account, AccountAccess, CoveredAccount } from '../authorizer.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { readReddit } from './client.ts'
import { SUSPENDED } from './errors.ts'

const meSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  icon_img: z.string().nullish(),
  is_suspended: z.boolean().optional(),
})

export type Me = z.output<typeof meSchema>

/** https://www.reddit.com/dev/api/#GET_api_v1_me */
export function readMe(hosts: PlatformHosts, access: AccountAccess, call: Call): Promise<Me> {
  return readReddit(hosts, '/api/v1/me', {}, meSchema, access, call)
}

export async function identify(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const me = await readMe(hosts, access, call)
  if (me.is_suspended) throw authRevoked(SUSPENDED)
  return toAccount(me)
}

/** The one account of a consent, shown with its trouble where it cannot be connected. */
export async function coveredAccount(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<CoveredAccount[]> {
  const me = await readMe(hosts, access, call)
  const account = toAccount(me)
  return [me.is_suspended ? { account, problem: SUSPENDED } : { account }]
}

function toAccount(me: Me): Account {
  return {
    platformAccountId: me.id,
    handle: me.name,
    displayName: null,
    // The query is a signature for one size that runs out.
    profileImageUrl: me.icon_img?.replace(/\?.*$/, '') || null,
    kind: 'personal',
  }
}
