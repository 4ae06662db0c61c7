import { listDeliveries } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { listWebhookDeliveriesQuery, webhookDeliveryPage } from '../../contract/schemas/webhooks.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentWebhookDelivery } from '../../presenters/webhook-delivery.ts'
import { findEndpoint } from '../../webhooks/read-endpoint.ts'

export const listWebhookDeliveries = defineOperation({
  id: 'listWebhookDeliveries',
  method: 'get',
  path: '/v1/webhook-endpoints/{id}/deliveries',
  summary: 'What was sent to an endpoint and how it went, newest first',
  description: 'Kept for 30 days.',
  tags: ['webhooks'],
  access: 'webhooks:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: listWebhookDeliveriesQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of deliveries.', content: webhookDeliveryPage },
  errors: ['not_found', 'invalid_cursor'],
  async handler(context) {
    const { deps, actor, params, query } = context
    const page = await deps.db.withTenant(actor.tenantId, async (em) => {
      await findEndpoint(context, em, params.id)
      return orInvalidCursor(context, listDeliveries(em, params.id, query))
    })
    return { body: { data: page.data.map(presentWebhookDelivery), next_cursor: page.nextCursor } }
  },
})
