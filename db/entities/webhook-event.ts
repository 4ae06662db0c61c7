import { defineEntity, p } from '@mikro-orm/core'
import { id, instant, jsonObject } from './columns.ts'

const WebhookEventSchema = defineEntity({
  name: 'WebhookEvent',
  tableName: 'webhook_events',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    type: p.text(),
    occurredAt: instant().defaultRaw('clock_timestamp()'),
    /** Ids and words for a person; never content, never a secret. */
    data: jsonObject(),
    /** Counts the tenant's events; null until it was handed out to endpoints. */
    seq: p.bigint('number').nullable(),
  },
  indexes: [
    {
      name: 'webhook_events_new_index',
      properties: ['tenantId', 'occurredAt'],
      where: 'seq is null',
    },
    { name: 'webhook_events_occurred_index', properties: 'occurredAt' },
  ],
  uniques: [
    { name: 'webhook_events_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'webhook_events_seq_unique', properties: ['tenantId', 'seq'] },
  ],
  rowLevelSecurity: 'force',
})

export class WebhookEvent extends WebhookEventSchema.class {}
WebhookEventSchema.setClass(WebhookEvent)
