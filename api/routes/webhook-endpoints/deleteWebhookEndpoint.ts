import { deleteEndpoint } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { takeEndpoint } from '../../webhooks/read-endpoint.ts'

export const deleteWebhookEndpoint = defineOperation({
  id: 'deleteWebhookEndpoint',
  method: 'delete',
  path: '/v1/webhook-endpoints/{id}',
  summary: 'Remove an endpoint with its secret and its log of deliveries',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_endpoint.deleted', resource: 'webhook_endpoint' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: ['not_found', 'precondition_failed'],
  async handler(context) {
    const { id } = context.params
    await context.deps.db.withTenant(context.actor.tenantId, async (em) => {
      await takeEndpoint(context, em, id, context.ifMatch)
      await deleteEndpoint(em, id)
      await context.audit(em, id)
    })
    return {}
  },
})
