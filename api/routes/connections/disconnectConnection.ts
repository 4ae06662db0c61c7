import { CONNECTION_COMMAND_ERRORS, commandConnection } from '../../connect/command-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connection } from '../../contract/schemas/connections.ts'

export const disconnectConnection = defineOperation({
  id: 'disconnectConnection',
  method: 'post',
  path: '/v1/connections/{id}/disconnect',
  summary: 'End the connection and erase its tokens',
  description:
    'The access is revoked at the platform as far as it can be reached. Connecting the same account again brings this connection back.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.disconnected', resource: 'connection' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: {
    status: 200,
    description: 'The connection as it is now.',
    content: connection,
    etag: true,
  },
  errors: CONNECTION_COMMAND_ERRORS,
  async handler(context) {
    const { temporal } = context.deps
    const body = await commandConnection(
      context,
      context.params.id,
      'disconnect',
      (input, command) => temporal.disconnectConnection(input, command),
    )
    return { body, revision: body.revision }
  },
})
