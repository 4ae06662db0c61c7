import type { EntityManager } from '@mikro-orm/postgresql'
import { recordAudit } from '../../db/repositories/audit.ts'
import type { Actor } from '../deps.ts'
import type { RequestState } from './request-state.ts'

/** `detail` holds ids and codes only: audit rows outlive the secrets of their time. */
export interface AuditEntry {
  action: string
  resource: string
  resourceId: string
  detail?: Record<string, unknown>
}

/**
 * Writes an audit row for an API key in the caller's transaction, so that neither exists without
 * the other.
 */
export async function appendAudit(
  em: EntityManager,
  actor: Actor,
  state: Pick<RequestState, 'requestId' | 'ip'>,
  entry: AuditEntry,
): Promise<void> {
  await recordAudit(em, {
    tenantId: actor.tenantId,
    actorType: 'api_key',
    actorId: actor.keyId,
    action: entry.action,
    resourceType: entry.resource,
    resourceId: entry.resourceId,
    requestId: state.requestId,
    ip: state.ip,
    detail: { user_id: actor.userId, ...entry.detail },
  })
}
