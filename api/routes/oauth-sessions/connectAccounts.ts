import { auditingFailure } from '../../connect/audit-failure.ts'
import { chooseAccounts } from '../../connect/choose-accounts.ts'
import { CONNECT_FAILED } from '../../connect/use-state.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { connectAccountsBody, connectedAccounts } from '../../contract/schemas/oauth-sessions.ts'

export const connectAccounts = defineOperation({
  id: 'connectAccounts',
  method: 'post',
  path: '/v1/oauth-sessions/{id}/connect',
  summary: 'Connect accounts of a consent',
  description:
    'Within half an hour of a consent that covers several accounts; each may be chosen later than others. An account that is connected already is answered again. A consent that covers one account connects it at once.',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.chosen', resource: 'oauth_session' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: connectAccountsBody,
  success: { status: 200, description: 'The connections.', content: connectedAccounts },
  errors: [
    'not_found',
    'validation_failed',
    'illegal_transition',
    'oauth_session_expired',
    'platform_unsupported',
    'account_mismatch',
  ],
  async handler(context) {
    const { id } = context.params
    const entry = { action: CONNECT_FAILED, resource: 'oauth_session', resourceId: id }
    const data = await auditingFailure(context, entry, () =>
      chooseAccounts(context, id, context.body.account_ids),
    )
    return { body: { data } }
  },
})
