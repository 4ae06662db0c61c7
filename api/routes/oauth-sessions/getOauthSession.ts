import { sessionConnections } from '../../../db/repositories/session-connections.ts'
import { findSession } from '../../connect/session-accounts.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { oauthSession } from '../../contract/schemas/oauth-sessions.ts'
import { presentSession } from '../../presenters/oauth-session.ts'

export const getOauthSession = defineOperation({
  id: 'getOauthSession',
  method: 'get',
  path: '/v1/oauth-sessions/{id}',
  summary: 'How far a consent has come and which accounts it covers',
  description: 'For the user who began it, and for admins.',
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
      return { body: presentSession(session, connections, deps.now()) }
    })
  },
})
