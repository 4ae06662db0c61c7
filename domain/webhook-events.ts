/** What an endpoint may ask to be told of; the names are part of the public contract. */
export const WEBHOOK_EVENT_TYPES = [
  'post.scheduled',
  'post.published',
  'post.partially_published',
  'post.failed',
  'post.unconfirmed',
  'post.cancelled',
  'post.approval_requested',
  'post.approved',
  'post.rejected',
  'connection.connected',
  'connection.refreshed',
  'connection.needs_reconnect',
  'connection.recovered',
  'connection.disconnected',
  'connection.expiring',
] as const
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number]

/** Goes to the endpoint that is tested, whatever it has asked for. */
export const TEST_EVENT_TYPE = 'webhook.test'

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const
export type WebhookDeliveryState = (typeof WEBHOOK_DELIVERY_STATES)[number]

/**
 * Why nothing is sent to an endpoint: a person paused it, it answered 410, or it failed for days.
 */
export const WEBHOOK_DISABLED_REASONS = ['paused', 'gone', 'failing'] as const
export type WebhookDisabledReason = (typeof WEBHOOK_DISABLED_REASONS)[number]

/** `webhook-id`: the same at every attempt and replay, so that receivers can drop repeats. */
export function webhookMessageId(eventId: string): string {
  return `msg_${eventId}`
}
