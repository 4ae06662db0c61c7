import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { ownerOf } from './access.ts'
import { pageOf } from './paging.ts'
import { accountsOf, type Business, type BusinessAccount } from './store.ts'

const SIZES = { default: 20, max: 20 }

/**
 * GET /v1/accounts:
 * https://developers.google.com/my-business/reference/accountmanagement/rest/v1/accounts/list
 */
export function listAccounts(business: Business, req: ApiRequest): Answer {
  const owner = ownerOf(business, req)
  const all = owner === undefined ? [] : accountsOf(business.store, owner)
  const { rows, nextPageToken } = pageOf(req, all, SIZES)
  return json(200, { accounts: rows.map(present), nextPageToken })
}

function present({ id, name, type }: BusinessAccount): unknown {
  return {
    name: `accounts/${id}`,
    accountName: name,
    type,
    role: type === 'PERSONAL' ? undefined : 'PRIMARY_OWNER',
    verificationState: 'UNVERIFIED',
    vettedState: 'NOT_VETTED',
  }
}
