import type { ApiRequest } from '../../http/request.ts'
import type { ContainerStore } from '../meta/containers.ts'
import type { Ability, InstagramCall } from '../meta/instagram-call.ts'
import { accountType, appScopedId } from '../meta/professional.ts'
import type { MetaStore } from '../meta/store.ts'
import { authorize } from '../meta/tokens.ts'
import { countBusinessCall } from '../meta/usage.ts'

/** There is no scope for deleting with this login. */
const SCOPES: Partial<Record<Ability, string>> = {
  read: 'instagram_business_basic',
  publish: 'instagram_business_content_publish',
  comment: 'instagram_business_manage_comments',
}

/** A call with a token of Instagram Login, which reaches its own account. */
export function openCall(
  store: MetaStore,
  containers: ContainerStore,
  req: ApiRequest,
): InstagramCall {
  const { row, grant } = authorize(store, req)
  const own = store.state.accounts.byId('instagram', row.account_id)
  countBusinessCall(store, { type: 'instagram', accountId: row.account_id }, req)
  return {
    req,
    store: containers,
    reach: (id) => (own && ['me', own.account_id, appScopedId(own)].includes(id) ? own : undefined),
    may: (ability) => {
      const isProfessional = own !== undefined && accountType(own) !== 'PERSONAL'
      return isProfessional && grant.granted.includes(SCOPES[ability] ?? '')
    },
  }
}
