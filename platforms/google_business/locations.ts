import { z } from 'zod'
import type { AccountAccess } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { readGoogle } from '../google/userinfo.ts'
import { serviceHost } from '../hosts.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'

/** https://developers.google.com/my-business/reference/accountmanagement/rest/v1/accounts/list */
const ACCOUNTS_PAGE_SIZE = '20'
/** https://developers.google.com/my-business/reference/businessinformation/rest/v1/accounts.locations/list */
const LOCATIONS_PAGE_SIZE = '100'
const READ_MASK = 'name,title,storefrontAddress,metadata,websiteUri'

const accountSchema = z.object({
  name: z.string().regex(/^accounts\/[^/]+$/),
  accountName: z.string().optional(),
  type: z.string().optional(),
})

const accountsSchema = z.object({
  accounts: z.array(accountSchema).default([]),
  nextPageToken: z.string().optional(),
})

const locationSchema = z.object({
  name: z.string().regex(/^locations\/[^/]+$/),
  title: z.string().default(''),
  storefrontAddress: z
    .object({ addressLines: z.array(z.string()).optional(), locality: z.string().optional() })
    .optional(),
  websiteUri: z.string().optional(),
  metadata: z
    .object({
      canOperateLocalPost: z.boolean().optional(),
      hasVoiceOfMerchant: z.boolean().optional(),
      mapsUri: z.string().optional(),
      placeId: z.string().optional(),
    })
    .optional(),
})

const locationsSchema = z.object({
  locations: z.array(locationSchema).default([]),
  nextPageToken: z.string().optional(),
})

export type BusinessAccount = z.output<typeof accountSchema>
export type Location = z.output<typeof locationSchema>

/**
 * All accounts of the person, those of a business before their own: a location that is under both
 * then has the same id for every colleague, and the same on every listing.
 */
export async function readBusinessAccounts(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<BusinessAccount[]> {
  const found: BusinessAccount[] = []
  let pageToken: string | undefined
  do {
    const query = { pageSize: ACCOUNTS_PAGE_SIZE, pageToken }
    const url = urlBelow(serviceHost(hosts, 'accounts'), '/v1/accounts', query)
    const page = await readGoogle(GOOGLE_BUSINESS_DIALECT, url, accountsSchema, access, call)
    found.push(...page.accounts)
    pageToken = page.nextPageToken || undefined
  } while (pageToken)
  return found.sort((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1))
}

/** Locations of one account, page by page. */
export async function* readLocations(
  hosts: PlatformHosts,
  parent: string,
  access: AccountAccess,
  call: Call,
): AsyncGenerator<Location> {
  let pageToken: string | undefined
  do {
    const query = { readMask: READ_MASK, pageSize: LOCATIONS_PAGE_SIZE, pageToken }
    const url = urlBelow(serviceHost(hosts, 'info'), `/v1/${parent}/locations`, query)
    const page = await readGoogle(GOOGLE_BUSINESS_DIALECT, url, locationsSchema, access, call)
    yield* page.locations
    pageToken = page.nextPageToken || undefined
  } while (pageToken)
}

export async function findLocation(
  hosts: PlatformHosts,
  { parent, accountId }: { parent: string; accountId: string },
  access: AccountAccess,
  call: Call,
): Promise<Location | undefined> {
  for await (const location of readLocations(hosts, parent, access, call)) {
    if (locationId(parent, location) === accountId) return location
  }
  return undefined
}

/** `accounts/{a}/locations/{l}`, as the posting API addresses a location. */
export function locationId(parent: string, location: Location): string {
  return `${parent}/${location.name}`
}

function rankOf({ type }: BusinessAccount): number {
  return type === 'PERSONAL' ? 1 : 0
}
