import { readConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connection } from '../../contract/schemas/connections.ts'

export const getConnection = defineOperation({
  id: 'getConnection',
  method: 'get',
  path: '/v1/connections/{id}',
  summary: 'Read a connected account and its health',
  tags: ['connections'],
  access: 'connections:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The connection.', content: connection, etag: true },
  errors: ['not_found'],
  async handler(context) {
    const body = await readConnection(context, context.params.id)
    return { body, revision: body.revision }
  },
})
