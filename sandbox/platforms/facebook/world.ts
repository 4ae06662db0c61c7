import { z } from 'zod'
import type { Account } from '../../core/accounts.ts'
import type { SandboxState } from '../../core/state.ts'
import { accountType, ensureInstagram, nextId } from '../meta/professional.ts'
import { type PageSeed, pagesOf } from './people.ts'

const pageRow = z.object({
  id: z.string(),
  name: z.string(),
  /** Not every Page has one. */
  username: z.string().nullable(),
  category: z.string(),
  /** Handle of the account behind it. */
  instagram: z.string().nullable(),
  business_id: z.string().nullable(),
})

/** What a person may do on a Page, and whether only through a business portfolio. */
const roleRow = z.object({
  person_id: z.string(),
  page_id: z.string(),
  tasks: z.array(z.string()),
  via: z.enum(['owned_pages', 'client_pages']).nullable(),
})

const businessRow = z.object({ id: z.string(), name: z.string() })

export type Page = z.infer<typeof pageRow>
export type Role = z.infer<typeof roleRow>
export type Business = z.infer<typeof businessRow>
export type PortfolioEdge = NonNullable<Role['via']>

/** Pages, who runs them, and the portfolios that own them. */
export interface World {
  state: SandboxState
  pages: Map<string, Page>
  /** By `{person_id} {page_id}`. */
  roles: Map<string, Role>
  businesses: Map<string, Business>
}

const FIRST_PAGE_ID = '615500000000001'
const FIRST_BUSINESS_ID = '984000000000001'

export function openWorld(state: SandboxState): World {
  return {
    state,
    pages: state.tables.open('facebook.pages', pageRow),
    roles: state.tables.open('facebook.roles', roleRow),
    businesses: state.tables.open('facebook.businesses', businessRow),
  }
}

/** Gives a new person their Pages and the Instagram accounts behind them. */
export function settle(world: World, person: Account): void {
  for (const seed of pagesOf(person)) {
    if (seed.instagram !== null) {
      ensureInstagram(world.state, seed.instagram, person.display_name)
    }
    const page = findPage(world, seed.name) ?? foundPage(world, seed)
    const role = {
      person_id: person.account_id,
      page_id: page.id,
      tasks: seed.tasks,
      via: seed.via,
    }
    world.roles.set(`${role.person_id} ${role.page_id}`, role)
  }
}

/** The roles of a person, in the order of their Pages. */
export function rolesOf(world: World, personId: string): Role[] {
  return [...world.roles.values()].filter((role) => role.person_id === personId)
}

export function roleOn(world: World, personId: string, pageId: string): Role | undefined {
  return world.roles.get(`${personId} ${pageId}`)
}

/** The professional account behind a Page; personal accounts are not shown. */
export function instagramOf(world: World, page: Page): Account | undefined {
  if (page.instagram === null) return undefined
  const account = world.state.accounts.byHandle('instagram', page.instagram)
  return account === undefined || accountType(account) === 'PERSONAL' ? undefined : account
}

/** The portfolios through which a person reaches Pages. */
export function businessesOf(world: World, personId: string): Business[] {
  const ids = rolesOf(world, personId)
    .filter((role) => role.via !== null)
    .map((role) => world.pages.get(role.page_id)?.business_id ?? '')
  return [...new Set(ids)].flatMap((id) => world.businesses.get(id) ?? [])
}

function findPage(world: World, name: string): Page | undefined {
  return [...world.pages.values()].find((page) => page.name === name)
}

function foundPage(world: World, seed: PageSeed): Page {
  const page = {
    id: nextId(world.pages.keys(), FIRST_PAGE_ID),
    name: seed.name,
    username: seed.username,
    category: seed.category,
    instagram: seed.instagram,
    business_id: seed.business === null ? null : foundBusiness(world, seed.business).id,
  }
  world.pages.set(page.id, page)
  return page
}

function foundBusiness(world: World, name: string): Business {
  const known = [...world.businesses.values()].find((one) => one.name === name)
  if (known !== undefined) return known
  const business = { id: nextId(world.businesses.keys(), FIRST_BUSINESS_ID), name }
  world.businesses.set(business.id, business)
  return business
}
