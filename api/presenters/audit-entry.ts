import type { z } from 'zod'
import type { AuditEntry } from '../../db/entities/audit-entry.ts'
import type { auditEntry } from '../contract/schemas/audit.ts'

export function presentAuditEntry(row: AuditEntry): z.output<typeof auditEntry> {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor_type: row.actorType,
    actor_id: row.actorId ?? null,
    action: row.action,
    resource: row.resourceType ?? null,
    resource_id: row.resourceId ?? null,
    request_id: row.requestId ?? null,
    ip: row.ip ?? null,
    detail: row.detail,
  }
}
