import { sessionConnections } from '../../../db/repositories/session-connections.ts'
import { findSession } from '../../connect/session-accounts.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { oauthSession } from '../../contract/schemas/connections.ts'

export const getOauthSession = defineOperation({
  id: 'getOauthSession',
  method: 'get',
  path: '/v1/oauth-sessions/{id}',
  summary: 'How far a consent has come and which accounts it covers',
  tags: ['connections'],
  access: 'connections:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The session.', content: oauthSession },
  errors: ['not_found'],
  async handler(context) {
    const { deps, actor, params } = context
    return deps.db.withTenant(actor.tenantId, async (em) => {
      const session = await findSession(context, em, params.id)
      const connections = await sessionConnections(em, session)
      const isExpired = session.expiresAt.getTime() <= deps.now()
      const status = session.status === 'pending' && isExpired ? 'expired' : session.status
      const accounts = connections.map((connection) => ({
        account_id: connection.platformAccountId ?? '',
        connection_id: connection.id,
        account_handle: connection.accountHandle ?? null,
        display_name: connection.displayName ?? null,
      }))
      return {
        body: {
          id: session.id,
          platform: session.platform,
          status,
          error_code: session.errorCode ?? null,
          accounts,
          expires_at: session.expiresAt.toISOString(),
        },
      }
    })
  },
})
