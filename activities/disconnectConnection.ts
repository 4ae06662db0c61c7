import { recordDisconnected } from '../db/repositories/connection-status.ts'
import { eraseTokens } from '../db/repositories/connection-tokens.ts'
import { isGrantShared } from '../db/repositories/grantors.ts'
import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import type { Authorizer } from '../platforms/authorizer.ts'
import { connectionAccess } from './connection-access.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef } from './types.ts'

/** A person waits for this; erasing our own copy must not wait longer. */
const REVOKE_TIMEOUT_MS = 10_000

/** Ends a connection: revokes at the platform as far as it can be reached, then erases every secret
 * in the transaction that says so. */
export async function disconnectConnection(
  deps: ActivityDeps,
  input: ConnectionRef & { actorId: string | null },
): Promise<ConnectionState | null> {
  await revokeAtPlatform(deps, input)
  await deps.db.withTenant(input.tenantId, async (em) => {
    await recordDisconnected(em, input, input.actorId)
    await eraseTokens(em, input.tenantId, input.connectionId)
  })
  return connectionSnapshot(deps, input)
}

/** A platform that is away must not keep a person from withdrawing access here. */
async function revokeAtPlatform(deps: ActivityDeps, ref: ConnectionRef): Promise<void> {
  const facts = await deps.db.withTenant(ref.tenantId, (em) =>
    loadForRefresh(em, ref.tenantId, ref.connectionId),
  )
  if (facts === undefined || facts.tokens.length === 0) return
  const auth = deps.authorizer(facts.platform, facts.method)
  if (auth?.revoke === undefined) return
  try {
    if (await isShared(deps, ref, facts, auth)) return
    const request = await connectionAccess(deps, ref, facts)
    await auth.revoke(request, { http: deps.http, signal: AbortSignal.timeout(REVOKE_TIMEOUT_MS) })
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    deps.log.warn({ connectionId: ref.connectionId, reason }, 'could not revoke at the platform')
  }
}

/** One person's grant may carry several Pages or locations: the others must go on. */
async function isShared(
  deps: ActivityDeps,
  { connectionId }: ConnectionRef,
  { grantorId, accountId }: RefreshFacts,
  { revocation }: Authorizer,
): Promise<boolean> {
  if (revocation?.scope !== 'grant') return false
  const owner = grantorId ?? accountId
  if (owner === null) return false
  const { platforms } = revocation
  return deps.db.asSystem((em) => isGrantShared(em, { connectionId, grantorId: owner, platforms }))
}
