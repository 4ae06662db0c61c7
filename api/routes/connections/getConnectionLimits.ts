import { findConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connectionLimits } from '../../contract/schemas/connections.ts'
import { accountUse } from '../../posts/account-use.ts'
import { presentLimits } from '../../presenters/connection-limits.ts'

export const getConnectionLimits = defineOperation({
  id: 'getConnectionLimits',
  method: 'get',
  path: '/v1/connections/{id}/limits',
  summary: 'What bounds publishing by an account, as far as it is known',
  tags: ['connections'],
  access: 'connections:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The limits.', content: connectionLimits },
  errors: ['not_found'],
  async handler(context) {
    const { deps, actor, params } = context
    const body = await deps.db.withTenant(actor.tenantId, async (em) => {
      const row = await findConnection(context, em, params.id)
      const connector = deps.registry.connector(row.platform)
      const use = await accountUse(deps, em, connector, row, { at: null })
      return presentLimits(row, connector, use)
    })
    return { body }
  },
})
