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
    const body = await commandConnection(
      context,
      context.params.id,
      'refresh',
      async (input, command) => {
        const answer = await temporal.refreshConnection(input, command)
        if (answer.outcome !== 'retrying' || answer.code !== 'token_too_young') return
        const detail = `The platform extends this token from ${answer.nextTryAt} on; until then it is as good as new.`
        throw context.fail('connection_not_refreshable', { detail })
      },
    )
    return { body, revision: body.revision }
  },
})
