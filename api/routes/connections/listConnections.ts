import { listConnections as queryConnections } from '../../../db/repositories/connection-queries.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { connectionPage, listConnectionsQuery } from '../../contract/schemas/connections.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentConnection } from '../../presenters/connection.ts'

export const listConnections = defineOperation({
  id: 'listConnections',
  method: 'get',
  path: '/v1/connections',
  summary: 'List connected accounts, newest first',
  tags: ['connections'],
  access: 'connections:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: listConnectionsQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of connections.', content: connectionPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    const filter = {
      limit: query.limit,
      cursor: query.cursor,
      platform: query.platform,
      status: query.status === undefined ? undefined : [query.status],
      isActive: query.is_active,
    }
    const page = await deps.db.withTenant(actor.tenantId, (em) =>
      orInvalidCursor(context, queryConnections(em, filter)),
    )
    const data = page.data.map(presentConnection)
    return { body: { data, next_cursor: page.nextCursor } }
  },
})
