import { ApplicationFailure } from '@temporalio/activity'
import { limitConnection } from '../db/repositories/connection-limits.ts'
import type { CheckpointIds } from '../db/repositories/publish-checkpoints.ts'
import { dropCheckpoint } from '../db/repositories/publish-checkpoints.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { ActivityDeps } from './deps.ts'
import type { Obstacle } from './give-up.ts'
import { retryAt } from './give-up.ts'
import { recordRevoked } from './record-outcome.ts'
import type { EndInput, PublishInput } from './types.ts'

export type PrepareEnd = { outcome: 'refused'; obstacle: Obstacle } | { outcome: 'needs_token' }

/** A platform that names no wait gets a minute. */
const DEFAULT_WAIT_MS = 60_000

/**
 * What a failure before the irreversible call means. Nothing is published, so that everything that
 * is not final is thrown for another try.
 */
export async function explainPrepareFailure(
  deps: ActivityDeps,
  input: PublishInput,
  { ids, connection }: { ids: CheckpointIds; connection: EndInput },
  error: unknown,
): Promise<PrepareEnd> {
  if (!(error instanceof PlatformFailure)) throw error
  if (error.startOver) await deps.db.withTenant(ids.tenantId, (em) => dropCheckpoint(em, ids))
  const { code, message } = error
  switch (error.kind) {
    case 'rejected':
      return { outcome: 'refused', obstacle: { code, reason: message, retryable: false } }
    case 'auth_expired':
    case 'auth_revoked':
      if (!input.tokenIsFresh) return { outcome: 'needs_token' }
      if (error.kind === 'auth_revoked') {
        await deps.db.withTenant(ids.tenantId, (em) => recordRevoked(em, connection, error))
      }
      return { outcome: 'refused', obstacle: { code: 'needs_reconnect' } }
    case 'rate_limited': {
      const until = error.retryAt ?? new Date(Date.now() + DEFAULT_WAIT_MS)
      await deps.db.withTenant(ids.tenantId, (em) => limitConnection(em, ids, until))
      throw retryAt(until.getTime() + 1, 'rate_limited', message)
    }
    case 'transient':
    case 'outcome_unknown':
      throw ApplicationFailure.create({ type: code, message, category: 'BENIGN' })
  }
}
