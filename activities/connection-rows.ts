import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import type { ActivityDeps } from './deps.ts'
import { refreshModelOf } from './deps.ts'
import type { ConnectionRef } from './types.ts'

/** The connection as its row has it now; null when it is gone. */
export async function connectionSnapshot(
  deps: ActivityDeps,
  { tenantId, connectionId }: ConnectionRef,
): Promise<ConnectionState | null> {
  const facts = await deps.db.withTenant(tenantId, (em) =>
    loadConnectionState(em, tenantId, connectionId),
  )
  if (facts === undefined) return null
  return { ...facts.state, refreshModel: refreshModelOf(deps, facts.platform) }
}
