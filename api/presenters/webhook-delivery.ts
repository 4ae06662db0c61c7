import type { ToldDelivery } from '../../db/repositories/webhook-endpoints.ts'
import { webhookMessageId } from '../../domain/webhook-events.ts'
import type { WebhookDeliveryAnswer } from '../contract/schemas/webhooks.ts'
import { isoOf } from './instants.ts'

/** A line of the log of deliveries, with what is sent. */
export function presentWebhookDelivery({ delivery, event }: ToldDelivery): WebhookDeliveryAnswer {
  return {
    id: delivery.id,
    webhook_endpoint_id: delivery.endpointId,
    state: delivery.state,
    event: {
      id: webhookMessageId(event.id),
      type: event.type,
      timestamp: event.occurredAt.toISOString(),
      seq: event.seq ?? null,
      data: event.data,
    },
    attempts: delivery.attempts,
    next_attempt_at: isoOf(delivery.nextAttemptAt),
    last_attempt_at: isoOf(delivery.lastAttemptAt),
    last_status: delivery.lastStatus ?? null,
    last_duration_ms: delivery.lastDurationMs ?? null,
    last_error: delivery.lastError ?? null,
    delivered_at: isoOf(delivery.deliveredAt),
    created_at: delivery.createdAt.toISOString(),
  }
}
