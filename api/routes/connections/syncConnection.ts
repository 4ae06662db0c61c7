import { CONNECTION_COMMAND_ERRORS, commandConnection } from '../../connect/command-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connection } from '../../contract/schemas/connections.ts'

export const syncConnection = defineOperation({
  id: 'syncConnection',
  method: 'post',
  path: '/v1/connections/{id}/sync',
  summary: 'Read the account’s profile and places anew',
  description:
    'Read-only at the platform. Happens by itself every `sync_frequency_minutes`; see GET /v1/connections/{id}/accounts for the places.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.synced', resource: 'connection' },
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
    const body = await commandConnection(context, context.params.id, 'sync', (input, command) =>
      temporal.syncConnection(input, command),
    )
    return { body, revision: body.revision }
  },
})
