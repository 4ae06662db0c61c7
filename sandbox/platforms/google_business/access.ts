import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { tooMany } from '../google/errors.ts'
import { scope } from '../google/scopes.ts'
import { authorize } from '../google/tokens.ts'
import { forbidden, noEntity } from './errors.ts'
import type { Business, BusinessAccount, BusinessLocation } from './store.ts'

/** https://developers.google.com/my-business/content/implement-oauth */
const SCOPES = ['business.manage', 'plus.business.manage'].map(scope)
/** https://developers.google.com/my-business/content/limits : per project */
const BUDGET = { limit: 300, windowMs: 60_000 }

/** The sandbox account that the token acts for; undefined when the person has none here. */
export function ownerOf({ site }: Business, req: ApiRequest): string | undefined {
  const { person, client_id } = authorize(site, req, SCOPES)
  const { accounts, rateLimits } = site.store.state
  const key = `google_business ${client_id}`
  if (!rateLimits.take(key, BUDGET, req.nowMs).allowed) throw new Refusal(tooMany(site))
  return accounts.byHandle('google_business', person)?.account_id
}

/** The account of the path, if the person manages it. */
export function ownAccount(business: Business, req: ApiRequest): BusinessAccount {
  const owner = ownerOf(business, req)
  const account = business.store.accounts.get(req.params.account ?? '')
  if (account === undefined) throw noEntity()
  if (account.owner !== owner) throw forbidden()
  return account
}

/** The location of the path, if the person manages it. */
export function ownLocation(business: Business, req: ApiRequest): BusinessLocation {
  const owner = ownerOf(business, req)
  const location = business.store.locations.get(req.params.location ?? '')
  if (location === undefined) throw noEntity()
  if (location.owner !== owner) throw forbidden()
  return location
}
