import { listEndpoints } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { listWebhookEndpointsQuery, webhookEndpointPage } from '../../contract/schemas/webhooks.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentWebhookEndpoint } from '../../presenters/webhook-endpoint.ts'

export const listWebhookEndpoints = defineOperation({
  id: 'listWebhookEndpoints',
  method: 'get',
  path: '/v1/webhook-endpoints',
  summary: 'List the addresses that are told what happens, newest first',
  tags: ['webhooks'],
  access: 'webhooks:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: listWebhookEndpointsQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of endpoints.', content: webhookEndpointPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    const page = await deps.db.withTenant(actor.tenantId, (em) =>
      orInvalidCursor(context, listEndpoints(em, query)),
    )
    return { body: { data: page.data.map(presentWebhookEndpoint), next_cursor: page.nextCursor } }
  },
})
