import { auditingFailure } from '../../connect/audit-failure.ts'
import { authorize } from '../../connect/authorize.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import { CONNECT_FAILED } from '../../connect/use-state.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { authorization, authorizeBody } from '../../contract/schemas/connections.ts'

export const authorizeConnection = defineOperation({
  id: 'authorizeConnection',
  method: 'post',
  path: '/v1/connections/authorize',
  summary: 'Begin connecting an account by the consent page of its platform',
  description:
    'Send the browser to `authorization_url` within ten minutes. It comes back on OAUTH_SUCCESS_URL or `redirect_after` with `connection_id`, with `session_id` where accounts have to be chosen, or on OAUTH_ERROR_URL with `code`.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.authorize', resource: 'oauth_session' },
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: authorizeBody,
  success: { status: 201, description: 'Where to send the browser.', content: authorization },
  errors: [...CONNECT_ERRORS, 'validation_failed', 'not_found'],
  async handler(context) {
    const { body } = context
    const { platform, method } = body
    const failure = { action: CONNECT_FAILED, resource: 'platform', resourceId: platform }
    const answer = await auditingFailure(context, { ...failure, detail: { method } }, () =>
      authorize(context, {
        ...{ platform, method },
        instanceUrl: body.instance_url,
        platformAppId: body.platform_app_id,
        scopes: body.scopes,
        redirectAfter: body.redirect_after,
        reconnectConnectionId: body.reconnect_connection_id,
      }),
    )
    return { body: answer }
  },
})
