import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { Database } from '../open-database.ts'
import type { AttemptEnd } from './attempt-end.ts'
import type { AttemptIds, Ended } from './attempt-outcomes.ts'
import { detailOf, factsOf, outcomeOf } from './attempt-outcomes.ts'
import type { Claim, ClaimInput } from './publish-claims.ts'
import { maySend } from './publish-claims.ts'
import type { PostIds } from './save-post.ts'
import { targetRow } from './save-post.ts'

/**
 * The usual course of a publish in two round trips: what the locked way decides under the row's
 * lock is decided here on a snapshot and written if the row's `seq` has not moved. `undefined` says
 * that it has; then the locked way decides.
 */

type Statements = Pick<Database, 'execute'>

/**
 * Claims without holding a lock: `write_publish` compares `seq` and writes in one statement.
 * Undefined sends the caller to `claimPublish`.
 */
export async function claimFast(
  db: Statements,
  input: ClaimInput,
  before: PostState,
  nowMs: number,
): Promise<Claim | undefined> {
  // The function opens attempts at whole posts only.
  if (input.step.part > 0 || !input.step.isLast) return undefined
  if (!maySend(before, input, nowMs)) return undefined
  const began = applyEvent(before, { type: 'began' })
  const after = applyEvent(began, { type: 'target_started', targetId: input.targetId })
  if (after === began) return undefined
  const { targetId, revision, sendBefore, worker } = input
  const written = await write(db, input, before, {
    status: after.status,
    targets: changedTargets(before, after),
    open: { target_id: targetId, revision, send_before: sendBefore, worker },
    event: eventOf('publishing', before, after, { target_id: targetId }),
  })
  if (written === undefined) return undefined
  const { attempt_id: id, publish_round: round, frozen_at_ms } = written
  const attempt = { id, round, frozenAt: new Date(frozen_at_ms) }
  return { outcome: 'claimed', attempt, post: { ...after, seq: before.seq + 1 } }
}

/** Records a published answer; every other end is rare and takes the locked way. */
export async function publishedFast(
  db: Statements,
  ids: AttemptIds,
  end: AttemptEnd,
  before: PostState,
): Promise<Ended | undefined> {
  if (end.status !== 'published' || end.confirmedBy !== 'answer') return undefined
  if (end.warnings !== undefined && end.warnings.length > 0) return undefined
  const event = { type: 'target_ended', targetId: ids.targetId, result: outcomeOf(end) } as const
  const after = applyEvent(before, event)
  // Words for a failure of another target would have to be read from its row.
  if (after.status !== 'published' && after.status !== 'queued') return undefined
  const target = before.targets.find((candidate) => candidate.id === ids.targetId)
  const written = await write(db, ids, before, {
    status: after.status,
    targets: changedTargets(before, after, { [ids.targetId]: factsOf(end) }),
    close: { id: ids.attemptId, platform_post_id: end.platformPostId },
    event: eventOf('target_published', before, after, detailOf(ids, end)),
    connection: target?.connectionId,
  })
  if (written === undefined) return undefined
  return { post: { ...after, seq: before.seq + 1 }, applied: true }
}

function eventOf(type: string, before: PostState, after: PostState, detail: object) {
  return { type, detail: { from: before.status, to: after.status, ...detail } }
}

interface Written {
  outcome: 'written' | 'conflict'
  attempt_id: string
  publish_round: number
  frozen_at_ms: number
}

async function write(
  db: Statements,
  { tenantId, postId }: PostIds,
  before: PostState,
  what: object,
): Promise<Written | undefined> {
  const sql = 'select write_publish(?::uuid, ?::uuid, ?::bigint, ?::jsonb) as written'
  const values = [tenantId, postId, before.seq, JSON.stringify(what)]
  const [row] = await db.execute<{ written: Written }>(sql, values)
  return row?.written.outcome === 'written' ? row.written : undefined
}

function changedTargets(
  before: PostState,
  after: PostState,
  facts: Readonly<Record<string, ReturnType<typeof factsOf>>> = {},
) {
  return after.targets
    .filter((target, index) => target !== before.targets[index])
    .map((target) => targetRow(target, facts[target.id] ?? {}))
}
