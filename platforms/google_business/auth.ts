import { authRevoked, PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Account, AccountAccess, Authorizer, CoveredAccount } from '../authorizer.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { makeGoogleLogin } from '../google/login.ts'
import { readGrantorId } from '../google/userinfo.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'
import {
  type BusinessAccount,
  findLocation,
  type Location,
  locationId,
  readBusinessAccounts,
  readLocations,
} from './locations.ts'
import { postingProblem } from './posting-problem.ts'

/** https://developers.google.com/my-business/content/basic-setup lists the hosts. */
export const GOOGLE_BUSINESS_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://accounts.google.com',
  tokenBaseUrl: 'https://oauth2.googleapis.com',
  apiBaseUrl: 'https://www.googleapis.com',
  services: {
    accounts: 'https://mybusinessaccountmanagement.googleapis.com',
    info: 'https://mybusinessbusinessinformation.googleapis.com',
    verification: 'https://mybusinessverifications.googleapis.com',
    posts: 'https://mybusiness.googleapis.com',
    userinfo: 'https://www.googleapis.com',
  },
}

/** One scope for everything: https://developers.google.com/my-business/content/implement-oauth */
const SCOPES = ['https://www.googleapis.com/auth/business.manage']

/** Google's consent; afterwards the person picks among the locations they manage. */
export function makeGoogleBusinessAuthorizer(hosts: PlatformHosts): Authorizer {
  return {
    ...makeGoogleLogin({
      platform: 'google_business',
      dialect: GOOGLE_BUSINESS_DIALECT,
      hosts,
      scopes: SCOPES,
      widerScopes: ['https://www.googleapis.com/auth/plus.business.manage'],
    }),
    identify: (access, call) => identify(hosts, access, call),
    accounts: (access, call) => accounts(hosts, access, call),
  }
}

/** Every location of every account once, with the reason where Google would not take posts. */
async function accounts(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<CoveredAccount[]> {
  const grantorId = await readGrantorId(GOOGLE_BUSINESS_DIALECT, hosts, access, call)
  const covered = new Map<string, CoveredAccount>()
  let refused: unknown
  for (const business of await readBusinessAccounts(hosts, access, call)) {
    try {
      for await (const location of readLocations(hosts, business.name, access, call)) {
        if (covered.has(location.name)) continue
        const account = toAccount(business.name, location, { business, grantorId })
        const problem = await postingProblem(hosts, location, access, call)
        covered.set(location.name, { account, ...(problem ? { problem } : {}) })
      }
    } catch (error) {
      // An account that shows its locations to its owners alone must not hide the others.
      if (!isOutOfReach(error)) throw error
      refused = error
    }
  }
  if (covered.size === 0) throw refused ?? noLocation()
  return [...covered.values()]
}

async function identify(hosts: PlatformHosts, access: AccountAccess, call: Call): Promise<Account> {
  if (access.accountId) return identifyLocation(hosts, access.accountId, access, call)
  const covered = await accounts(hosts, access, call)
  const usable = covered.find(({ problem }) => problem === undefined) ?? covered[0]
  if (!usable) throw noLocation()
  return usable.account
}

function noLocation(): PlatformFailure {
  const message = 'This Google account manages no business location. Choose another account.'
  return rejected({ code: 'google_business_no_location', message })
}

/** Looks within the stored account, since the same location may be reachable through another. */
async function identifyLocation(
  hosts: PlatformHosts,
  accountId: string,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const parent = accountId.split('/').slice(0, 2).join('/')
  try {
    const location = await findLocation(hosts, { parent, accountId }, access, call)
    if (!location) throw locationGone()
    const grantorId = await readGrantorId(GOOGLE_BUSINESS_DIALECT, hosts, access, call)
    return toAccount(parent, location, { grantorId })
  } catch (error) {
    throw isOutOfReach(error) ? locationGone() : error
  }
}

/** A plain 403 or a JSON 404: the person no longer manages the account. */
function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof PlatformFailure)) return false
  return ['google_business_forbidden', 'google_business_not_found'].includes(error.code)
}

function locationGone(): PlatformFailure {
  const message =
    'This Google account no longer manages the location. Ask for access, then connect it again.'
  return authRevoked({ code: 'google_business_location_gone', message })
}

/** Both ids are kept, since posting needs the account's and the listing gives the location's. */
function toAccount(
  parent: string,
  location: Location,
  from: { business?: BusinessAccount; grantorId: string | undefined },
): Account {
  const { title, metadata, storefrontAddress, websiteUri } = location
  const town = storefrontAddress?.locality
  return {
    platformAccountId: locationId(parent, location),
    handle: town ? `${title}, ${town}` : title,
    displayName: title || null,
    profileImageUrl: null,
    kind: 'location',
    parentAccountId: parent,
    ...(from.grantorId ? { grantorId: from.grantorId } : {}),
    metadata: {
      address: [...(storefrontAddress?.addressLines ?? []), ...(town ? [town] : [])],
      place_id: metadata?.placeId ?? null,
      maps_url: metadata?.mapsUri ?? null,
      website_url: websiteUri ?? null,
      ...(from.business ? { account_name: from.business.accountName ?? null } : {}),
    },
  }
}
