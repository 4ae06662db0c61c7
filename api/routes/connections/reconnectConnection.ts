import { auditingFailure } from '../../connect/audit-failure.ts'
import { authorize } from '../../connect/authorize.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import { findConnection } from '../../connect/read-connection.ts'
import { CONNECT_FAILED } from '../../connect/use-state.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { authorization, reconnectBody } from '../../contract/schemas/connections.ts'

export const reconnectConnection = defineOperation({
  id: 'reconnectConnection',
  method: 'post',
  path: '/v1/connections/{id}/reconnect',
  summary: 'Begin a new consent for an account that is connected or was',
  description:
    'The connection keeps its id and its scheduled posts. Accounts without a consent page are connected again by POST /v1/connections.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.reconnect', resource: 'oauth_session' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: reconnectBody,
  success: { status: 201, description: 'Where to send the browser.', content: authorization },
  errors: [...CONNECT_ERRORS, 'validation_failed', 'not_found'],
  async handler(context) {
    const { deps, actor, params, body } = context
    const { platform } = await deps.db.withTenant(actor.tenantId, (em) =>
      findConnection(context, em, params.id),
    )
    const failure = { action: CONNECT_FAILED, resource: 'connection', resourceId: params.id }
    const answer = await auditingFailure(context, { ...failure, detail: { platform } }, () =>
      authorize(context, {
        platform,
        redirectAfter: body.redirect_after,
        reconnectConnectionId: params.id,
      }),
    )
    return { body: answer }
  },
})
