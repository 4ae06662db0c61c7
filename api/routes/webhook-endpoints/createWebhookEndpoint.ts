import { randomUUID } from 'node:crypto'
import { insertEndpoint } from '../../../db/repositories/webhook-endpoints.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import {
  createWebhookEndpointBody,
  webhookEndpointWithSecret,
} from '../../contract/schemas/webhooks.ts'
import { newSecret } from '../../webhooks/new-secret.ts'
import { answerEndpoint } from '../../webhooks/read-endpoint.ts'

export const createWebhookEndpoint = defineOperation({
  id: 'createWebhookEndpoint',
  method: 'post',
  path: '/v1/webhook-endpoints',
  summary: 'Add an address that is told what happens',
  description:
    'Deliveries are signed as https://www.standardwebhooks.com says, with the `secret` that this answer alone shows.',
  tags: ['webhooks'],
  access: 'webhooks:write',
  audit: { action: 'webhook_endpoint.created', resource: 'webhook_endpoint' },
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: createWebhookEndpointBody,
  success: {
    status: 201,
    description: 'The endpoint and its secret.',
    content: webhookEndpointWithSecret,
    etag: true,
  },
  errors: ['validation_failed', 'not_found'],
  async handler(context) {
    const { deps, actor, body } = context
    const { tenantId, userId } = actor
    const id = randomUUID()
    // Outside of the transaction, because Vault may be slow.
    const { secret, sealed } = await newSecret(deps.cipher, { tenantId, endpointId: id })
    const { url, description = null, events = [], is_active: isActive = true } = body
    return deps.db.withTenant(tenantId, async (em) => {
      const row = { id, tenantId, url, description, events, isActive, createdBy: userId }
      await insertEndpoint(em, row, sealed)
      await context.audit(em, id, { url: new URL(url).origin, events })
      const { body: shown, revision } = await answerEndpoint(context, em, id)
      const answer = { revision, location: `/v1/webhook-endpoints/${id}` }
      // Kept without the secret: what is stored for repeats is not encrypted.
      await context.remember(em, { ...answer, body: { ...shown, secret: null } })
      return { ...answer, body: { ...shown, secret } }
    })
  },
})
