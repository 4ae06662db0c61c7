import { defineEntity, p } from '@mikro-orm/core'
import { WEBHOOK_DELIVERY_STATES } from '../../domain/webhook-events.ts'
import { createdAt, id, instant, updatedAt } from './columns.ts'

const WebhookDeliverySchema = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    eventId: p.uuid(),
    endpointId: p.uuid(),
    state: p.enum(WEBHOOK_DELIVERY_STATES).default('pending'),
    /** Attempts begun, over all replays; a lease raises it and so makes older outcomes void. */
    attempts: p.integer().default(0),
    /** Since the last replay: the place in the schedule of retries. */
    failedAttempts: p.integer().default(0),
    /** Not before this instant; a lease moves it ahead. */
    nextAttemptAt: instant().nullable(),
    lastAttemptAt: instant().nullable(),
    /** HTTP status; null when there was no answer. */
    lastStatus: p.integer().nullable(),
    lastDurationMs: p.integer().nullable(),
    lastError: p.text().nullable(),
    deliveredAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'webhook_deliveries_due_index',
      properties: ['endpointId', 'nextAttemptAt'],
      where: `state = 'pending'`,
    },
    {
      name: 'webhook_deliveries_list_index',
      properties: ['tenantId', 'endpointId', 'createdAt'],
    },
  ],
  uniques: [
    { name: 'webhook_deliveries_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'webhook_deliveries_event_unique',
      properties: ['tenantId', 'eventId', 'endpointId'],
    },
  ],
  checks: [
    {
      name: 'webhook_deliveries_attempts_check',
      expression: 'attempts >= 0 and failed_attempts >= 0',
    },
    {
      name: 'webhook_deliveries_pending_check',
      expression: `(state = 'pending') = (next_attempt_at is not null)`,
    },
    {
      name: 'webhook_deliveries_delivered_check',
      expression: `state <> 'delivered' or delivered_at is not null`,
    },
  ],
  rowLevelSecurity: 'force',
})

/** One event on its way to one endpoint. */
export class WebhookDelivery extends WebhookDeliverySchema.class {}
WebhookDeliverySchema.setClass(WebhookDelivery)
