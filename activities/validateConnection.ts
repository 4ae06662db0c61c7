import {
  recordDead,
  recordNotValidated,
  recordValidated,
} from '../db/repositories/connection-status.ts'
import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import { PlatformFailure } from '../domain/failures.ts'
import { connectionAccess } from './connection-access.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef, RefreshResult } from './types.ts'

const PROFILE_TIMEOUT_MS = 20_000

/**
 * Asks the platform who the account is, unless something proved it since `provedSince` (epoch ms).
 * A refused token proves revocation only where tokens cannot
 * be refreshed; elsewhere it answers `failed` with `token_refused`, and a refresh decides. A
 * platform in trouble proves nothing: `failed` with its code, and the row says so.
 */
export async function validateConnection(
  deps: ActivityDeps,
  ref: ConnectionRef & { provedSince?: number },
): Promise<RefreshResult> {
  const facts = await deps.db.withTenant(ref.tenantId, (em) =>
    loadForRefresh(em, ref.tenantId, ref.connectionId),
  )
  const isProved = (facts?.validatedAt?.getTime() ?? 0) > (ref.provedSince ?? Number.MAX_VALUE)
  if (facts === undefined || facts.status === 'disconnected' || isProved) {
    return { outcome: 'superseded', connection: await connectionSnapshot(deps, ref) }
  }
  try {
    await ask(deps, ref, facts)
    return { outcome: 'refreshed', connection: await connectionSnapshot(deps, ref) }
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    return notValidated(deps, ref, facts, error)
  }
}

async function ask(deps: ActivityDeps, ref: ConnectionRef, facts: RefreshFacts): Promise<void> {
  const auth = deps.authorizer(facts.platform, facts.method)
  if (auth === undefined) return
  const access = await connectionAccess(deps, ref, facts)
  const signal = AbortSignal.timeout(PROFILE_TIMEOUT_MS)
  const onRateLimit = deps.limits.of(ref)
  const account = await auth.identify(access, { http: deps.http, signal, onRateLimit })
  await deps.db.withTenant(ref.tenantId, (em) => recordValidated(em, ref, account))
}

async function notValidated(
  deps: ActivityDeps,
  ref: ConnectionRef,
  facts: RefreshFacts,
  failure: PlatformFailure,
): Promise<RefreshResult> {
  const { code, message } = failure
  const isRefused = failure.kind === 'auth_expired' || failure.kind === 'auth_revoked'
  // A refused access token may merely be old: only a refresh can prove more.
  const isRenewable = facts.refreshModel === 'rotating' || facts.refreshModel === 'reusable'
  if (failure.kind === 'auth_revoked' || (isRefused && !isRenewable)) {
    await deps.db.withTenant(ref.tenantId, (em) =>
      recordDead(em, ref, facts.tokenVersion, statusOf(facts), { code, message }),
    )
    return { outcome: 'dead', code, connection: await connectionSnapshot(deps, ref) }
  }
  if (!isRefused) {
    await deps.db.withTenant(ref.tenantId, (em) => recordNotValidated(em, ref, { code, message }))
  }
  const connection = await connectionSnapshot(deps, ref)
  return { outcome: 'failed', code: isRefused ? 'token_refused' : code, connection }
}

/** A refusal after the end of its life is the expected one. */
function statusOf({ expiresAt }: RefreshFacts): 'expired' | 'revoked' {
  return expiresAt !== null && expiresAt.getTime() <= Date.now() ? 'expired' : 'revoked'
}
