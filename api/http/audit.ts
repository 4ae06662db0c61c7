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

/** Stands for a key where a browser comes back from a platform: the session names the user. */
export const CALLBACK_KEY = 'oauth-callback'

/** Stands for a key where nobody is known. */
export const PUBLIC_KEY = 'public'

/**
 * Writes an audit row for who acts, in the caller's transaction, so that neither exists without
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
    ...whoIs(actor),
    action: entry.action,
    resourceType: entry.resource,
    resourceId: entry.resourceId,
    requestId: state.requestId,
    ip: state.ip,
    detail: { ...(actor.keyId === PUBLIC_KEY ? {} : { user_id: actor.userId }), ...entry.detail },
  })
}

function whoIs({ keyId, userId }: Actor): { actorType: string; actorId?: string } {
  if (keyId === PUBLIC_KEY) return { actorType: 'anonymous' }
  if (keyId === CALLBACK_KEY) return { actorType: 'user', actorId: userId }
  return { actorType: 'api_key', actorId: keyId }
}
