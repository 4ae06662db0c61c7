import { ApplicationFailure } from '@temporalio/activity'
import { giveUpTarget } from '../db/repositories/publish-claims.ts'
import { skipPart } from '../db/repositories/skip-part.ts'
import { reasonFor } from '../domain/failure-reasons.ts'
import type { PartStep } from '../domain/parts.ts'
import { isAside } from '../domain/parts.ts'
import type { PostState } from '../domain/post-state.ts'
import type { ActivityDeps } from './deps.ts'
import type { PublishInput } from './types.ts'

/** Why something cannot be sent. Without `reason` the catalogue's words for the code. */
export interface Obstacle {
  code: string
  reason?: string
  /** False when the same can only fail again; true unless said. */
  retryable?: boolean
}

/** Ends the target as failed, unless it has moved on. */
export function giveUp(
  deps: ActivityDeps,
  input: PublishInput,
  { code, reason, retryable = true }: Obstacle,
): Promise<PostState | null> {
  const words = { reason: reason ?? reasonFor(code), retryable }
  return deps.db.withTenant(input.tenantId, (em) => giveUpTarget(em, input, code, words))
}

/** A refused aside is left out and told as a warning; anything else ends the target. */
export async function dropPart(
  deps: ActivityDeps,
  input: PublishInput,
  step: PartStep,
  obstacle: Obstacle,
): Promise<{ state: PostState | null; isOver: boolean }> {
  if (!isAside(step.role)) return { state: await giveUp(deps, input, obstacle), isOver: true }
  const why = { code: obstacle.code, message: obstacle.reason ?? reasonFor(obstacle.code) }
  const state = await deps.db.withTenant(input.tenantId, (em) => skipPart(em, input, step, why))
  return { state, isOver: step.isLast }
}

/** Tried again by the server at an instant (epoch ms); nothing was sent. */
export function retryAt(atMs: number, type: string, message: string): ApplicationFailure {
  const nextRetryDelay = Math.max(1, atMs - Date.now())
  // Told twice: a wait longer than the activity may be tried for becomes the workflow's own.
  const details = [{ retryAtMs: atMs }]
  return ApplicationFailure.create({ type, message, nextRetryDelay, details, category: 'BENIGN' })
}
