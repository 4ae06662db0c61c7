import { ApplicationFailure } from '@temporalio/activity'
import { clearWaiting, noteWaiting } from '../db/repositories/target-waiting.ts'
import { cipherCode } from './cipher-code.ts'
import type { ActivityDeps } from './deps.ts'
import type { TargetRef } from './types.ts'

/**
 * Stages a publish; when the keys are away, or the platform asks the account to wait, the target says
 * so until that is over. A note that
 * cannot be written is left out: the error itself is what matters.
 */
export async function tellingWhy<T>(
  deps: ActivityDeps,
  target: TargetRef,
  stage: () => Promise<T>,
): Promise<T> {
  try {
    return await stage()
  } catch (error) {
    const code = cipherCode(error) ?? waitOf(error)
    if (code !== undefined) await note(deps, target, code)
    throw error
  }
}

const WAITS = ['rate_limited', 'daily_cap']

/** What the platform, or its known bounds, make the account wait for. */
function waitOf(error: unknown): string | undefined {
  const type = error instanceof ApplicationFailure ? error.type : undefined
  return type != null && WAITS.includes(type) ? type : undefined
}

async function note(deps: ActivityDeps, target: TargetRef, code: string): Promise<void> {
  try {
    await deps.db.withTenant(target.tenantId, (em) => noteWaiting(em, target, code))
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    deps.log.warn({ targetId: target.targetId, reason }, 'could not note what a target waits for')
  }
}

/** Called only where something was noted, so that an ordinary publish costs nothing. */
export async function waitingIsOver(deps: ActivityDeps, target: TargetRef): Promise<void> {
  await deps.db.withTenant(target.tenantId, (em) => clearWaiting(em, target))
}
