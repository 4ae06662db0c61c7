import type { ConnectionFacts } from '../db/repositories/connection-facts.ts'
import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef } from './types.ts'

type Needs = Pick<ActivityDeps, 'db' | 'authorizer'>

/** The connection as its row has it now; null when it is gone. */
export async function connectionSnapshot(
  deps: Needs,
  { tenantId, connectionId }: ConnectionRef,
): Promise<ConnectionState | null> {
  const facts = await deps.db.withTenant(tenantId, (em) =>
    loadConnectionState(em, tenantId, connectionId),
  )
  return facts === undefined ? null : connectionStateOf(deps, facts)
}

/** Whether there is anything to sync is the platform's matter, how often the row's. */
export function connectionStateOf(
  deps: Pick<ActivityDeps, 'authorizer'>,
  { platform, method, state }: ConnectionFacts,
): ConnectionState {
  const syncs = deps.authorizer(platform, method)?.destinations !== undefined
  return { ...state, syncEveryMs: syncs ? state.syncEveryMs : null }
}
