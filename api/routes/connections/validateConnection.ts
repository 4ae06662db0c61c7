import { CONNECTION_COMMAND_ERRORS, commandConnection } from '../../connect/command-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connection } from '../../contract/schemas/connections.ts'

export const validateConnection = defineOperation({
  id: 'validateConnection',
  method: 'post',
  path: '/v1/connections/{id}/validate',
  summary: 'Ask the platform whether the account still works',
  description: 'Read-only at the platform.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.validated', resource: 'connection' },
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
    const body = await commandConnection(context, context.params.id, 'validate', (input, command) =>
      temporal.validateConnection(input, command),
    )
    return { body, revision: body.revision }
  },
})
