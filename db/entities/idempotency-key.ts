import { defineEntity, p } from '@mikro-orm/core'
import { createdAt, instant, updatedAt } from './columns.ts'

export const IDEMPOTENCY_STATUSES = ['in_flight', 'done'] as const

const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  properties: {
    tenantId: p.uuid().primary(),
    key: p.text().primary(),
    operation: p.text(),
    fingerprint: p.text(),
    status: p.enum(IDEMPOTENCY_STATUSES).default('in_flight'),
    responseStatus: p.integer().nullable(),
    responseBody: p.json<object | string | number | boolean>().nullable(),
    responseHeaders: p.json<Record<string, string>>().nullable(),
    lockedUntil: instant(),
    expiresAt: instant(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  indexes: [{ name: 'idempotency_keys_expires_index', properties: 'expiresAt' }],
  checks: [
    {
      name: 'idempotency_keys_done_check',
      expression: `status <> 'done' or response_status is not null`,
    },
  ],
  rowLevelSecurity: 'force',
})

export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey)
