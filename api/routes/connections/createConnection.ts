import { connectByCredentials } from '../../connect/connect-by-credentials.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import { answerConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import type { ConnectionAnswer } from '../../contract/schemas/connections.ts'
import { connection, createConnectionBody } from '../../contract/schemas/connections.ts'

export const createConnection = defineOperation({
  id: 'createConnection',
  method: 'post',
  path: '/v1/connections',
  summary: 'Connect an account by credentials that need no consent page',
  description: 'An account that is known already is connected again and keeps its id.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.connected', resource: 'connection' },
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: createConnectionBody,
  success: { status: 201, description: 'The connection.', content: connection, etag: true },
  errors: [...CONNECT_ERRORS, 'validation_failed', 'account_mismatch', 'not_found'],
  async handler(context) {
    const { body } = context
    const { platform } = body
    return connectByCredentials(context, body, async (em, { connectionId, isNew }, method) => {
      await context.audit(em, connectionId, { platform, method, is_reconnect: !isNew })
      const answer = answerOf(await answerConnection(context, em, connectionId))
      // In the transaction of the account: a repeat after a crash asks the platform nothing again.
      await context.remember(em, answer)
      return answer
    })
  },
})

/** Kept under the Idempotency-Key and sent, so both are one shape. */
function answerOf(body: ConnectionAnswer) {
  return { body, revision: body.revision, location: `/v1/connections/${body.id}` }
}
