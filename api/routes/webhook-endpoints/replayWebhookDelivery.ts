import type { EntityManager } from '@mikro-orm/postgresql'
import {
  getDelivery,
  replayDelivery,
  type ToldDelivery,
} from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING, type Requester } from '../../contract/operation.ts'
import { deliveryParams, webhookDelivery } from '../../contract/schemas/webhooks.ts'
import { presentWebhookDelivery } from '../../presenters/webhook-delivery.ts'
import { assertActive, findEndpoint } from '../../webhooks/read-endpoint.ts'

export const replayWebhookDelivery = defineOperation({
  id: 'replayWebhookDelivery',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}/deliveries/{delivery_id}/replay',
  summary: 'Send a delivery again, whatever became of it',
  description: 'At once and with all its retries; `webhook-id` and payload stay the same.',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_delivery.replayed', resource: 'webhook_delivery' },
  idempotency: 'key',
  params: deliveryParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The delivery.', content: webhookDelivery },
  errors: ['not_found', 'illegal_transition'],
  async handler(context) {
    const { deps, actor, params } = context
    const { id, delivery_id: deliveryId } = params
    return deps.db.withTenant(actor.tenantId, async (em) => {
      assertActive(context, await findEndpoint(context, em, id))
      await find(context, em, id, deliveryId)
      await replayDelivery(em, deliveryId, new Date(deps.now()))
      await context.audit(em, deliveryId, { webhook_endpoint_id: id })
      const answer = { body: presentWebhookDelivery(await find(context, em, id, deliveryId)) }
      await context.remember(em, answer)
      return answer
    })
  },
})

async function find(
  requester: Requester<'not_found'>,
  em: EntityManager,
  endpointId: string,
  deliveryId: string,
): Promise<ToldDelivery> {
  const told = await getDelivery(em, endpointId, deliveryId)
  if (told === undefined) throw requester.fail('not_found')
  return told
}
