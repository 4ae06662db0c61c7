import { sessionConnections } from '../../../db/repositories/session-connections.ts'
import { findSession } from '../../connect/session-accounts.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connectAccountsBody, connectedAccounts } from '../../contract/schemas/connections.ts'
import { refreshModelOf } from '../../kick.ts'
import { presentConnection } from '../../presenters/connection.ts'

export const connectAccounts = defineOperation({
  id: 'connectAccounts',
  method: 'post',
  path: '/v1/oauth-sessions/{id}/connect',
  summary: 'Connect accounts of a consent',
  description:
    'A consent that covers one account connects it at once; naming that account then answers its connection.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.chosen', resource: 'oauth_session' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: connectAccountsBody,
  success: { status: 200, description: 'The connections.', content: connectedAccounts },
  errors: ['not_found', 'validation_failed', 'illegal_transition'],
  async handler(context) {
    const { deps, actor, params, body } = context
    return deps.db.withTenant(actor.tenantId, async (em) => {
      const session = await findSession(context, em, params.id)
      if (session.status !== 'used') {
        throw context.fail('illegal_transition', { currentStatus: session.status })
      }
      const connections = await sessionConnections(em, session)
      const data = body.account_ids.map((accountId, index) => {
        const found = connections.find(({ platformAccountId }) => platformAccountId === accountId)
        if (found !== undefined)
          return presentConnection(found, refreshModelOf(deps, found.platform))
        const message = 'The consent covers no such account.'
        const error = { path: `account_ids[${index}]`, code: 'unknown_account', message }
        throw context.fail('validation_failed', { detail: message, errors: [error] })
      })
      return { body: { data } }
    })
  },
})
