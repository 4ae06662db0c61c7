import { CONNECTION_COMMAND_ERRORS, commandConnection } from '../../connect/command-connection.ts'
import { removeConnection } from '../../connect/remove-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'

export const deleteConnection = defineOperation({
  id: 'deleteConnection',
  method: 'delete',
  path: '/v1/connections/{id}',
  summary: 'Disconnect an account and forget it',
  description:
    'The tokens are erased. An account that posts name stays in their history as disconnected; one that was never used is removed.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.deleted', resource: 'connection' },
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: CONNECTION_COMMAND_ERRORS,
  async handler(context) {
    const { temporal } = context.deps
    const { id } = context.params
    await commandConnection(context, id, 'disconnect', (input, command) =>
      temporal.disconnectConnection(input, command),
    )
    // Only after the tokens are erased and revoked: a row that is gone could not do it.
    await removeConnection(context, id)
    return {}
  },
})
