import type { EntityManager } from '@mikro-orm/postgresql'
import type { AttemptEnd } from '../db/repositories/attempt-end.ts'
import type { Ended } from '../db/repositories/attempt-outcomes.ts'
import { endAttempt } from '../db/repositories/attempt-outcomes.ts'
import { limitConnection } from '../db/repositories/connection-limits.ts'
import { recordDead } from '../db/repositories/connection-status.ts'
import { publishedFast } from '../db/repositories/fast-publish.ts'
import { enqueue } from '../db/repositories/outbox.ts'
import { dropCheckpoint } from '../db/repositories/publish-checkpoints.ts'
import type { PostState } from '../domain/post-state.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import type { ActivityDeps } from './deps.ts'
import { keepTrying } from './keep-trying.ts'
import type { EndInput, TargetRef } from './types.ts'

/** `onTrouble` is told at each failed try, so that the answer can be kept elsewhere meanwhile. */
export interface RecordOptions {
  onTrouble?(): void
  /** The post as the claim left it, which lets the usual end be written in one round trip. */
  snapshot?: PostState
  /** Version of the token that the call was made with. */
  tokenVersion?: number
  /** Which part it was about; what was prepared for it may be of no use any more. */
  part?: number
}

/** Writes how an attempt ended. Repeatable: an attempt that has ended stays as it is. */
export async function recordOutcome(
  deps: ActivityDeps,
  target: TargetRef & { dueAt?: number | null },
  attemptId: string,
  outcome: CommitOutcome,
  { onTrouble, snapshot, tokenVersion, part }: RecordOptions = {},
): Promise<Ended> {
  const ids = { ...target, attemptId }
  const write = async (em: EntityManager) => {
    const ended = await endAttempt(em, ids, outcome.end)
    const { limitedUntil, revoked, startOver } = outcome
    if (startOver && part !== undefined) await dropCheckpoint(em, { ...target, part })
    if (limitedUntil) await limitConnection(em, target, new Date(limitedUntil))
    if (revoked && ended.applied) await tellConnection(em, target, ended, revoked, tokenVersion)
    return ended
  }
  const attempt = async () => {
    const fast = snapshot && (await publishedFast(deps.db, ids, outcome.end, snapshot))
    const ended = fast ?? (await deps.db.withTenant(target.tenantId, write))
    if (ended.applied) count(deps, target, outcome.end, ended.post)
    return ended
  }
  // Writing again is safe even after a COMMIT without answer: an attempt that has ended stays as it
  // is.
  return keepTrying(deps, attemptId, attempt, onTrouble)
}

async function tellConnection(
  em: EntityManager,
  { tenantId, targetId }: TargetRef,
  { post }: Ended,
  revoked: { code: string; message: string },
  tokenVersion: number | undefined,
): Promise<void> {
  const connectionId = post?.targets.find(({ id }) => id === targetId)?.connectionId
  if (connectionId === undefined || tokenVersion === undefined) return
  await recordRevoked(em, { tenantId, connectionId, tokenVersion }, revoked)
}

/** Compare-and-set on the token's version: a reconnect in between is not undone by an old refusal. */
export async function recordRevoked(
  em: EntityManager,
  { tenantId, connectionId, tokenVersion }: EndInput,
  { code, message }: { code: string; message: string },
): Promise<void> {
  const ids = { tenantId, connectionId }
  if (!(await recordDead(em, ids, tokenVersion, 'revoked', { code, message }))) return
  await enqueue(em, { tenantId, kind: 'connection_changed', aggregateId: connectionId })
}

function count(
  { metrics }: ActivityDeps,
  { targetId, dueAt }: TargetRef & { dueAt?: number | null },
  end: AttemptEnd,
  post: PostState | null,
): void {
  const target = post?.targets.find(({ id }) => id === targetId)
  if (target === undefined) return
  const isOnItsWay = end.status === 'published' && end.confirmedBy === 'answer'
  const lateMs = isOnItsWay && dueAt != null ? Date.now() - dueAt : undefined
  metrics.attemptEnded(target.platform, end.status, lateMs)
}
