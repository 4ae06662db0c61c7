import type { WebhookEndpoint } from '../../../db/entities/webhook-endpoint.ts'
import { type EndpointFields, updateEndpoint } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import {
  type ChangeWebhookEndpointBody,
  changeWebhookEndpointBody,
  webhookEndpoint,
} from '../../contract/schemas/webhooks.ts'
import { answerEndpoint, takeEndpoint } from '../../webhooks/read-endpoint.ts'

export const changeWebhookEndpoint = defineOperation({
  id: 'changeWebhookEndpoint',
  method: 'patch',
  path: '/v1/webhook-endpoints/{id}',
  summary: 'Change an endpoint, or switch it on or off',
  description:
    'Deliveries that wait for an endpoint that is off are sent when it is switched on again; what happens meanwhile is not told to it.',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_endpoint.changed', resource: 'webhook_endpoint' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: changeWebhookEndpointBody,
  success: { status: 200, description: 'The endpoint.', content: webhookEndpoint, etag: true },
  errors: ['not_found', 'precondition_failed', 'validation_failed'],
  handler: (context) =>
    context.deps.db.withTenant(context.actor.tenantId, async (em) => {
      const { id } = context.params
      const row = await takeEndpoint(context, em, id, context.ifMatch)
      const fields = fieldsOf(context.body, row, new Date(context.deps.now()))
      await updateEndpoint(em, row, { ...fields, updatedBy: context.actor.userId })
      await context.audit(em, id, { fields: Object.keys(context.body) })
      return answerEndpoint(context, em, id)
    }),
})

function fieldsOf(
  { is_active: isActive, ...given }: ChangeWebhookEndpointBody,
  row: WebhookEndpoint,
  now: Date,
): EndpointFields {
  if (isActive === undefined || isActive === row.isActive) return given
  if (!isActive) return { ...given, isActive, disabledAt: now, disabledReason: 'paused' }
  const healthy = { consecutiveFailures: 0, failingSince: null }
  return { ...given, ...healthy, isActive, disabledAt: null, disabledReason: null }
}
