import { orUnsupported } from '../../connect/app-credentials.ts'
import { askPlatform, CONNECT_ERRORS, platformCall } from '../../connect/connect-failure.ts'
import { answerConnection } from '../../connect/read-connection.ts'
import { saveAccount } from '../../connect/save-account.ts'
import { takeCredentials } from '../../connect/take-credentials.ts'
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
    const { deps, actor, body } = context
    const { platform, name } = body
    const connector = deps.registry.connector(platform)
    if (connector?.auth.withCredentials === undefined) {
      const detail = `Accounts of ${platform} are not connected by credentials.`
      throw context.fail('platform_unsupported', { detail })
    }
    const credentials = takeCredentials(context, connector, body.credentials)
    const isTypedHost = 'service_url' in credentials || 'instance_url' in credentials
    const place = { isTypedHost, refusal: 'credentials_refused' as const }
    const call = platformCall(context)
    const { grant, account } = await askPlatform(context, place, async () => {
      const grant = await orUnsupported(
        context,
        connector.auth.withCredentials?.(credentials, call),
      )
      const { accessToken, tokenType, secrets = {}, serviceUrl } = grant
      const access = { accessToken, tokenType, secrets, serviceUrl }
      return { grant, account: await connector.auth.identify(access, call) }
    })
    const { tenantId, userId } = actor
    const connected = { connector, grant, account, tenantId, userId, name }
    const { also: answer } = await saveAccount(context, connected, async (em, { connectionId }) => {
      await context.audit(em, connectionId, { platform })
      const answer = answerOf(await answerConnection(context, em, connectionId))
      // In the transaction of the account: a repeat after a crash asks the platform nothing again.
      await context.remember(em, answer)
      return answer
    })
    return answer
  },
})

/** Kept under the Idempotency-Key and sent, so both are one shape. */
function answerOf(body: ConnectionAnswer) {
  return { body, revision: body.revision, location: `/v1/connections/${body.id}` }
}
