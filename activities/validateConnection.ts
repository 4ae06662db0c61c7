import { recordDead, recordValidated } from '../db/repositories/connection-status.ts'
import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import { PlatformFailure } from '../domain/failures.ts'
import { connectionAccess } from './connection-access.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import { refreshModelOf } from './deps.ts'
import type { ConnectionRef, RefreshResult } from './types.ts'

const PROFILE_TIMEOUT_MS = 20_000

/**
 * Asks the platform who the account is. A refused token proves revocation only where tokens cannot
 * be refreshed; elsewhere it answers `failed` with `token_refused`, and a refresh decides.
 */
export async function validateConnection(
  deps: ActivityDeps,
  ref: ConnectionRef,
): Promise<RefreshResult> {
  const facts = await deps.db.withTenant(ref.tenantId, (em) =>
    loadForRefresh(em, ref.tenantId, ref.connectionId),
  )
  if (facts === undefined || facts.status === 'disconnected') {
    return { outcome: 'superseded', connection: await connectionSnapshot(deps, ref) }
  }
  try {
    const access = await connectionAccess(deps, ref, facts)
    const call = { http: deps.http, signal: AbortSignal.timeout(PROFILE_TIMEOUT_MS) }
    const account = await deps
      .connector(facts.platform)
      ?.auth.identify({ ...access, tokenType: facts.tokenType }, call)
    if (account) {
      await deps.db.withTenant(ref.tenantId, (em) => recordValidated(em, ref, account))
    }
    return { outcome: 'refreshed', connection: await connectionSnapshot(deps, ref) }
  } catch (error) {
    if (!isRefused(error)) throw error
    const { code, message } = error
    // A refused access token may merely be old: only a refresh can prove more.
    if (refreshModelOf(deps, facts.platform) !== 'none') {
      const connection = await connectionSnapshot(deps, ref)
      return { outcome: 'failed', code: 'token_refused', connection }
    }
    await deps.db.withTenant(ref.tenantId, (em) =>
      recordDead(em, ref, facts.tokenVersion, 'revoked', { code, message }),
    )
    return { outcome: 'dead', code, connection: await connectionSnapshot(deps, ref) }
  }
}

function isRefused(error: unknown): error is PlatformFailure {
  if (!(error instanceof PlatformFailure)) return false
  return error.kind === 'auth_expired' || error.kind === 'auth_revoked'
}
