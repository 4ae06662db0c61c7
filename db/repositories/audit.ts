import type { EntityManager } from '@mikro-orm/postgresql'
import { AuditEntry } from '../entities/audit-entry.ts'

export interface NewAuditEntry {
  tenantId: string
  /** `user`, `api_key`, `workflow`, `system`. */
  actorType: string
  actorId?: string
  /** Resource and verb, such as `post.schedule`. */
  action: string
  resourceType?: string
  resourceId?: string
  requestId?: string
  ip?: string
  /** What changed; ids and codes, never a secret. */
  detail?: Record<string, unknown>
}

/** In the transaction of what it tells about: neither exists without the other. */
export async function recordAudit(em: EntityManager, entry: NewAuditEntry): Promise<void> {
  await em.insert(AuditEntry, { ...entry, detail: entry.detail ?? {} })
}
