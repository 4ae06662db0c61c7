import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'
import type { GoogleSite } from '../google/site.ts'

const businessAccountRow = z.object({
  id: z.string(),
  /** The sandbox account of the person who manages it. */
  owner: z.string(),
  name: z.string(),
  type: z.enum(['PERSONAL', 'LOCATION_GROUP']),
})

const locationRow = z.object({
  id: z.string(),
  account: z.string(),
  owner: z.string(),
  title: z.string(),
  city: z.string(),
  /** Without it the location cannot post. */
  voice_of_merchant: z.boolean(),
})

export type BusinessAccount = z.infer<typeof businessAccountRow>
export type BusinessLocation = z.infer<typeof locationRow>

/** Keys are the ids, 21 and 20 digits: beyond what a double can hold. */
export interface BusinessStore {
  accounts: Map<string, BusinessAccount>
  locations: Map<string, BusinessLocation>
}

/** What a handler works on. */
export interface Business {
  site: GoogleSite
  store: BusinessStore
}

export function openBusinessStore(state: SandboxState): BusinessStore {
  return {
    accounts: state.tables.open('google_business.accounts', businessAccountRow),
    locations: state.tables.open('google_business.locations', locationRow),
  }
}

export function accountsOf(store: BusinessStore, owner: string): BusinessAccount[] {
  return [...store.accounts.values()].filter((one) => one.owner === owner)
}

export function locationsOf(store: BusinessStore, owner: string): BusinessLocation[] {
  return [...store.locations.values()].filter((one) => one.owner === owner)
}

/** A random decimal id that is no safe integer. */
export function longId(digits: number): string {
  const rest = Array.from({ length: digits - 1 }, () => randomInt(10))
  return `1${rest.join('')}`
}
