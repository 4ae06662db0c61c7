import { authorize } from '../../connect/authorize.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { authorization, authorizeBody } from '../../contract/schemas/connections.ts'

export const authorizeConnection = defineOperation({
  id: 'authorizeConnection',
  method: 'post',
  path: '/v1/connections/authorize',
  summary: 'Begin connecting an account by the consent page of its platform',
  description:
    'Send the browser to `authorization_url` within ten minutes. It comes back on OAUTH_SUCCESS_URL or `redirect_after` with `connection_id`, or on OAUTH_ERROR_URL with `code`.',
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
    if (body.platform_app_id !== undefined) {
      const detail = 'Apps of a tenant are not offered yet; leave platform_app_id out.'
      throw context.fail('platform_unsupported', { detail })
    }
    const answer = await authorize(context, {
      platform: body.platform,
      instanceUrl: body.instance_url,
      scopes: body.scopes,
      redirectAfter: body.redirect_after,
      reconnectConnectionId: body.reconnect_connection_id,
    })
    return { body: answer }
  },
})
