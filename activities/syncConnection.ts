import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import { replaceDestinations } from '../db/repositories/replace-destinations.ts'
import { PlatformFailure } from '../domain/failures.ts'
import { connectionAccess } from './connection-access.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef, RefreshResult } from './types.ts'
import { validateConnection } from './validateConnection.ts'

const SYNC_TIMEOUT_MS = 45_000

/**
 * Reads what the account is and where it may post to (boards, subreddits) and keeps it for the API.
 * Answers like `validateConnection`.
 */
export async function syncConnection(
  deps: ActivityDeps,
  ref: ConnectionRef,
): Promise<RefreshResult> {
  const validated = await validateConnection(deps, ref)
  if (validated.outcome !== 'refreshed') return validated
  const facts = await deps.db.withTenant(ref.tenantId, (em) =>
    loadForRefresh(em, ref.tenantId, ref.connectionId),
  )
  if (facts === undefined) return { outcome: 'superseded', connection: null }
  const auth = deps.authorizer(facts.platform, facts.method)
  try {
    const access = await connectionAccess(deps, ref, facts)
    const signal = AbortSignal.timeout(SYNC_TIMEOUT_MS)
    const call = { http: deps.http, signal, onRateLimit: deps.limits.of(ref) }
    const destinations = (await auth?.destinations?.(access, call)) ?? []
    await deps.db.withTenant(ref.tenantId, (em) => replaceDestinations(em, ref, destinations))
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    const connection = await connectionSnapshot(deps, ref)
    return { outcome: 'failed', code: error.code, connection }
  }
  return { outcome: 'refreshed', connection: await connectionSnapshot(deps, ref) }
}
