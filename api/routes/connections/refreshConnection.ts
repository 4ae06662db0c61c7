import { CONNECTION_COMMAND_ERRORS, commandConnection } from '../../connect/command-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connection } from '../../contract/schemas/connections.ts'

export const refreshConnection = defineOperation({
  id: 'refreshConnection',
  method: 'post',
  path: '/v1/connections/{id}/refresh',
  summary: 'Renew the access token now',
  description:
    'Answers when the token endpoint has answered; a refresh that runs already is waited for, not repeated.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.refresh_requested', resource: 'connection' },
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
    const body = await commandConnection(context, context.params.id, 'refresh', (input, command) =>
      temporal.refreshConnection(input, command),
    )
    return { body, revision: body.revision }
  },
})
