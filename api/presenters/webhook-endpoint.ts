import type { WebhookEndpoint } from '../../db/entities/webhook-endpoint.ts'
import type { WebhookEndpointAnswer } from '../contract/schemas/webhooks.ts'
import { isoOf } from './instants.ts'

/** Everything but its secrets. */
export function presentWebhookEndpoint(endpoint: WebhookEndpoint): WebhookEndpointAnswer {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description ?? null,
    events: endpoint.events,
    is_active: endpoint.isActive,
    disabled_at: isoOf(endpoint.disabledAt),
    disabled_reason: endpoint.disabledReason ?? null,
    consecutive_failures: endpoint.consecutiveFailures,
    failing_since: isoOf(endpoint.failingSince),
    last_delivered_at: isoOf(endpoint.lastDeliveredAt),
    previous_secret_expires_at: isoOf(endpoint.previousSecretExpiresAt),
    revision: endpoint.revision,
    created_by: endpoint.createdBy ?? null,
    updated_by: endpoint.updatedBy ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  }
}
