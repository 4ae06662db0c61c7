import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { noObject, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { pageOf } from '../meta/paging.ts'
import { param } from '../meta/params.ts'
import { assertPerson, assertScope, type Call, hasScope, reaches } from './access.ts'
import { businessNode, managedPageNode, pageNode } from './nodes.ts'
import { businessesOf, type PortfolioEdge, rolesOf } from './world.ts'

/** Answered by calls that name none. */
const DEFAULT_VERSION = 'v25.0'

/** GET /me/accounts: Pages with a role of one's own; those of a portfolio are missing. */
export function listPages(call: Call): Answer {
  const { facebook, caller, req } = call
  assertPerson(caller, 'accounts')
  const { world } = facebook
  // Without the permission the list is empty, and no error.
  const pages = !hasScope(caller, 'pages_show_list')
    ? []
    : rolesOf(world, caller.personId)
        .filter((role) => role.via === null && reaches(facebook, caller, role.page_id))
        .flatMap((role) => world.pages.get(role.page_id) ?? [])
  return listing(req, pages, (page) => managedPageNode(call, page))
}

/** GET /me/businesses: the portfolios of a person. */
export function listBusinesses({ facebook, caller, req }: Call): Answer {
  assertPerson(caller, 'businesses')
  assertScope(caller, 'business_management')
  return listing(req, businessesOf(facebook.world, caller.personId), businessNode)
}

/** GET /{business}/owned_pages and /client_pages; Pages that were not picked come without token. */
export function listPortfolioPages(edge: PortfolioEdge) {
  return (call: Call): Answer => {
    const { facebook, caller, req } = call
    const id = req.params.id ?? ''
    const { world } = facebook
    const isOwn = businessesOf(world, caller.personId).some((one) => one.id === id)
    if (!isOwn || caller.page !== undefined) throw refuse(noObject('get', id))
    assertScope(caller, 'business_management')
    const pages = rolesOf(world, caller.personId)
      .filter((role) => role.via === edge)
      .flatMap((role) => world.pages.get(role.page_id) ?? [])
      .filter((page) => page.business_id === id)
    return listing(req, pages, (page) => pageNode(call, page))
  }
}

function listing<T extends { id: string }>(
  req: ApiRequest,
  rows: readonly T[],
  nodeOf: (row: T) => GraphNode,
): Answer {
  const fields = parseFields(param(req, 'fields'))
  const byId = new Map(rows.map((row) => [row.id, row]))
  const row = (id: string): unknown => {
    const found = byId.get(id)
    return found === undefined ? undefined : present(nodeOf(found), fields)
  }
  const base = `/facebook/${req.params.version ?? DEFAULT_VERSION}`
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base }))
}
