import { rotateEndpointSecret } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { webhookEndpointWithSecret } from '../../contract/schemas/webhooks.ts'
import { newSecret } from '../../webhooks/new-secret.ts'
import { answerEndpoint, takeEndpoint } from '../../webhooks/read-endpoint.ts'

/** Time to give the new secret to the receiver. */
const OVERLAP_MS = 24 * 3_600_000

export const rotateWebhookSecret = defineOperation({
  id: 'rotateWebhookSecret',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}/rotate-secret',
  summary: 'Give an endpoint a new secret',
  description:
    'For 24 hours deliveries carry two signatures, of the new secret and of the one before. Another rotation in this time ends the older of both at once.',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_endpoint.secret_rotated', resource: 'webhook_endpoint' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: {
    status: 200,
    description: 'The endpoint and its new secret.',
    content: webhookEndpointWithSecret,
    etag: true,
  },
  errors: ['not_found', 'precondition_failed'],
  async handler(context) {
    const { deps, actor, params } = context
    const { tenantId, userId } = actor
    const { id } = params
    const { secret, sealed } = await newSecret(deps.cipher, { tenantId, endpointId: id })
    return deps.db.withTenant(tenantId, async (em) => {
      await takeEndpoint(context, em, id, context.ifMatch)
      const until = new Date(deps.now() + OVERLAP_MS)
      await rotateEndpointSecret(em, id, sealed, { until, userId })
      await context.audit(em, id)
      const { body, revision } = await answerEndpoint(context, em, id)
      // Kept without the secret: what is stored for repeats is not encrypted.
      await context.remember(em, { revision, body: { ...body, secret: null } })
      return { revision, body: { ...body, secret } }
    })
  },
})
