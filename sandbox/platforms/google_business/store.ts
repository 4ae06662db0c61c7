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

const localPostRow = z.object({
  /** `accounts/…/locations/…/localPosts/…` */
  name: z.string(),
  location: z.string(),
  owner: z.string(),
  /** What the client said, without media. */
  content: z.record(z.string(), z.unknown()),
  media: z.array(z.object({ name: z.string(), sha256: z.string(), sourceUrl: z.string() })),
  state: z.enum(['PROCESSING', 'LIVE', 'REJECTED', 'SCHEDULED']),
  /** What moderation will say. */
  verdict: z.enum(['LIVE', 'REJECTED']),
  polls_left: z.number(),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  /** When it is to go live by itself; null = at once. */
  scheduled_at_ms: z.number().nullable(),
})

export type LocalPost = z.infer<typeof localPostRow>
export type BusinessAccount = z.infer<typeof businessAccountRow>
export type BusinessLocation = z.infer<typeof locationRow>

/** Keys are the ids, 21 and 20 digits: beyond what a double can hold. */
export interface BusinessStore {
  accounts: Map<string, BusinessAccount>
  locations: Map<string, BusinessLocation>
  /** By name, in the order they were made. */
  posts: Map<string, LocalPost>
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
    posts: state.tables.open('google_business.posts', localPostRow),
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
