import { findConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connectionLimits } from '../../contract/schemas/connections.ts'
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
    const row = await deps.db.withTenant(actor.tenantId, (em) =>
      findConnection(context, em, params.id),
    )
    return { body: presentLimits(row, deps.registry.connector(row.platform)) }
  },
})
