import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { AccountAccess } from '../authorizer.ts'
import type { Call } from '../call.ts'
import { type FacebookLogin, PORTFOLIO_SCOPE, userTokenOf } from './facebook-consent.ts'
import { metaId, metaPicture } from './fields.ts'
import { askGraph, type GraphRequest } from './graph.ts'
import { readEdge } from './paging.ts'

const PAGE_FIELDS = 'id,name,username,category,picture{url},access_token'

export const instagramUserSchema = z.object({
  id: metaId,
  username: z.string().optional(),
  name: z.string().optional(),
  profile_picture_url: z.string().optional(),
})

/** https://developers.facebook.com/docs/graph-api/reference/page */
export const pageSchema = z.object({
  id: metaId,
  name: z.string().optional(),
  username: z.string().optional(),
  category: z.string().optional(),
  picture: metaPicture,
  access_token: z.string().optional(),
  /** Known only of Pages that the person has a role on. */
  tasks: z.array(z.string()).optional(),
  instagram_business_account: instagramUserSchema.optional(),
})

export type GraphPage = z.output<typeof pageSchema>

/**
 * Every Page that a consent covers. `/me/accounts` leaves out those that a person reaches through
 * a business portfolio: https://developers.facebook.com/docs/marketing-api/business-asset-management
 */
export async function listPages(
  login: FacebookLogin,
  access: AccountAccess,
  consent: { scopes: readonly string[] | undefined; moreFields?: string },
  call: Call,
): Promise<GraphPage[]> {
  const { moreFields = '' } = consent
  const fields = moreFields ? `${PAGE_FIELDS},${moreFields}` : PAGE_FIELDS
  const edge = (path: string, fields: string) => ({ ...requestOf(access), path, query: { fields } })
  const own = await readEdge(login.graph, edge('/me/accounts', `${fields},tasks`), pageSchema, call)
  const pages = new Map(own.map((page) => [page.id, page]))
  if (consent.scopes?.includes(PORTFOLIO_SCOPE) === false) return [...pages.values()]
  for (const portfolio of await portfolios(login, access, call)) {
    for (const path of [`/${portfolio}/owned_pages`, `/${portfolio}/client_pages`]) {
      const found = await orNone(readEdge(login.graph, edge(path, fields), pageSchema, call))
      for (const page of found) if (!pages.has(page.id)) pages.set(page.id, page)
    }
  }
  return [...pages.values()]
}

/** The Page's own token; undefined when the person did not share this Page. */
export async function readPageToken(
  { graph }: FacebookLogin,
  access: AccountAccess,
  pageId: string,
  call: Call,
): Promise<string | undefined> {
  const asked = { ...requestOf(access), path: `/${pageId}`, query: { fields: 'access_token' } }
  const schema = z.object({ access_token: z.string().optional() })
  const [page] = await orNone(askGraph(graph, asked, schema, call).then((page) => [page]))
  return page?.access_token
}

function requestOf(access: AccountAccess): Pick<GraphRequest, 'accessToken' | 'app'> {
  return { accessToken: userTokenOf(access), app: access.app }
}

async function portfolios(login: FacebookLogin, access: AccountAccess, call: Call) {
  const asked = { ...requestOf(access), path: '/me/businesses', query: { fields: 'id' } }
  const found = await orNone(readEdge(login.graph, asked, z.object({ id: metaId }), call))
  return found.map(({ id }) => id)
}

/** One portfolio that refuses must not hide the Pages of the others. */
async function orNone<Item>(reading: Promise<Item[]>): Promise<Item[]> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return []
    throw error
  }
}
