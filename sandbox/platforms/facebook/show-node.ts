import { type Answer, json } from '../../http/answer.ts'
import { NO_PERMISSION, noObject, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { param } from '../meta/params.ts'
import { type Call, hasScope, reaches } from './access.ts'
import { instagramBehind } from './instagram-access.ts'
import { businessNode, instagramNode, pageNode, personNode } from './nodes.ts'
import { businessesOf } from './world.ts'

/** GET /me: the person, or the Page of a page token. */
export function showMe(call: Call): Answer {
  return answer(call, call.caller.page?.id ?? call.caller.personId)
}

/** GET /{id}: a Page, a professional Instagram account, a portfolio, or the caller. */
export function showNode(call: Call): Answer {
  return answer(call, call.req.params.id ?? '')
}

function answer(call: Call, id: string): Answer {
  const node = nodeOf(call, id)
  if (node === undefined) throw refuse(noObject('get', id))
  return json(200, present(node, parseFields(param(call.req, 'fields'))))
}

/** Undefined for what does not exist and for what the caller may not see alike. */
function nodeOf(call: Call, id: string): GraphNode | undefined {
  const { facebook, caller } = call
  const { store, world } = facebook
  const person = store.state.accounts.byId('facebook', id)
  if (person?.account_id === caller.personId) return personNode(call, person)
  const page = world.pages.get(id)
  if (page !== undefined && caller.page?.id === id) return pageNode(call, page)
  if (page !== undefined && caller.page === undefined && reaches(facebook, caller, id)) {
    return pageNode(call, page)
  }
  const business = businessesOf(world, caller.personId).find((one) => one.id === id)
  if (business !== undefined && hasScope(caller, 'business_management')) {
    return businessNode(business)
  }
  return instagramOfCaller(call, id)
}

function instagramOfCaller(call: Call, id: string): GraphNode | undefined {
  const account = instagramBehind(call, id)
  if (account === undefined) return undefined
  if (!hasScope(call.caller, 'instagram_basic')) throw refuse(NO_PERMISSION)
  return instagramNode(call, account)
}
