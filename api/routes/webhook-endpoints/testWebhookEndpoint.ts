import { getDelivery } from '../../../db/repositories/webhook-endpoints.ts'
import { announceTest } from '../../../db/repositories/webhook-events.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { webhookDelivery } from '../../contract/schemas/webhooks.ts'
import { presentWebhookDelivery } from '../../presenters/webhook-delivery.ts'
import { assertActive, findEndpoint } from '../../webhooks/read-endpoint.ts'

export const testWebhookEndpoint = defineOperation({
  id: 'testWebhookEndpoint',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}/test',
  summary: 'Send a test event to an endpoint, whatever types it asks for',
  description:
    'Answers the delivery of a `webhook.test` event; the log of deliveries says how it went.',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_endpoint.tested', resource: 'webhook_endpoint' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 201, description: 'The delivery.', content: webhookDelivery },
  errors: ['not_found', 'illegal_transition'],
  async handler(context) {
    const { deps, actor, params } = context
    const { tenantId } = actor
    return deps.db.withTenant(tenantId, async (em) => {
      assertActive(context, await findEndpoint(context, em, params.id))
      const target = { tenantId, endpointId: params.id }
      const deliveryId = await announceTest(em, target, new Date(deps.now()))
      await context.audit(em, params.id, { delivery_id: deliveryId })
      const told = await getDelivery(em, params.id, deliveryId)
      if (told === undefined) throw context.fail('not_found')
      const answer = { body: presentWebhookDelivery(told) }
      await context.remember(em, answer)
      return answer
    })
  },
})
