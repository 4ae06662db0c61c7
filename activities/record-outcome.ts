import type { EntityManager } from '@mikro-orm/postgresql'
import { DatabaseUnavailable } from '../db/database-errors.ts'
import type { Ended } from '../db/repositories/attempt-outcomes.ts'
import { endAttempt } from '../db/repositories/attempt-outcomes.ts'
import { limitConnection } from '../db/repositories/connection-limits.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import type { ActivityDeps } from './deps.ts'
import type { TargetRef } from './types.ts'

/** The answer is in our hands and nowhere else: PostgreSQL gets this long to come back before the
 * activity is given to another execution, which knows it from the heartbeat. */
const KEEP_TRYING_MS = 60_000

/** Writes how an attempt ended. Repeatable: an attempt that has ended stays as it is. */
export async function recordOutcome(
  deps: ActivityDeps,
  target: TargetRef,
  attemptId: string,
  outcome: CommitOutcome,
  onTrouble: () => void = () => undefined,
): Promise<Ended> {
  const write = async (em: EntityManager) => {
    const ended = await endAttempt(em, { ...target, attemptId }, outcome.end)
    const { limitedUntil } = outcome
    if (limitedUntil) await limitConnection(em, target, new Date(limitedUntil))
    return ended
  }
  const giveUpAt = Date.now() + KEEP_TRYING_MS
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      return await deps.db.withTenant(target.tenantId, write)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || Date.now() > giveUpAt) throw error
      onTrouble()
      deps.log.warn({ attemptId, delayMs }, 'database away while recording an outcome')
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs))
  }
}
