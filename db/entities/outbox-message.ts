import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, instant, jsonObject, updatedAt } from './columns.ts'

const OutboxMessageSchema = defineEntity({
  name: 'OutboxMessage',
  tableName: 'outbox',
  properties: {
    /** A string, as a bigint may outgrow a number. */
    id: p.bigint('string').primary().generated('by default as identity'),
    tenantId: p.uuid(),
    kind: p.text(),
    aggregateId: p.uuid(),
    payload: jsonObject(),
    /** Not before this instant; a claim moves it ahead and so leases the message. */
    availableAt: instant().defaultRaw('now()'),
    attempts: p.integer().default(0),
    lastError: p.text().nullable(),
    processedAt: instant().nullable(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [
    {
      name: 'outbox_pending_index',
      properties: ['availableAt', 'id'],
      where: 'processed_at is null',
    },
    { name: 'outbox_aggregate_index', properties: ['tenantId', 'aggregateId'] },
  ],
  checks: [{ name: 'outbox_attempts_check', expression: 'attempts >= 0' }],
  rowLevelSecurity: 'force',
})

export class OutboxMessage extends OutboxMessageSchema.class {}
OutboxMessageSchema.setClass(OutboxMessage)
