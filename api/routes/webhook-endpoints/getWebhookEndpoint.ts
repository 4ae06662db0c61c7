import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { webhookEndpoint } from '../../contract/schemas/webhooks.ts'
import { answerEndpoint } from '../../webhooks/read-endpoint.ts'

export const getWebhookEndpoint = defineOperation({
  id: 'getWebhookEndpoint',
  method: 'get',
  path: '/v1/webhook-endpoints/{id}',
  summary: 'Read an endpoint: what it asks for and how it fares',
  tags: ['webhooks'],
  access: 'webhooks:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The endpoint.', content: webhookEndpoint, etag: true },
  errors: ['not_found'],
  handler: (context) =>
    context.deps.db.withTenant(context.actor.tenantId, (em) =>
      answerEndpoint(context, em, context.params.id),
    ),
})
