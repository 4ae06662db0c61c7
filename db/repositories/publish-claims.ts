import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartStep } from '../../domain/parts.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import { heldReason, isApproved } from '../../domain/post-state.ts'
import { endAttempt } from './attempt-outcomes.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds } from './save-post.ts'
import { savePost } from './save-post.ts'

/** What a staged publish claims; the row decides whether it still holds. */
export interface ClaimInput extends PostIds {
  targetId: string
  /** Revision the publish was staged for. */
  revision: number
  /** After this instant the attempt must not send. */
  sendBefore: Date
  worker: string
  step: PartStep
}

export interface OpenedAttempt {
  id: string
  /** One higher after each retry that a person asked for. */
  round: number
  /** Instant of the first try of this round: the same post is dated the same on every try. */
  frozenAt: Date
}

export type Claim =
  | { outcome: 'claimed'; attempt: OpenedAttempt; post: PostState }
  /** Changed, withdrawn, already ended, or its account may not be used: send nothing. */
  | { outcome: 'stale'; post: PostState | null }
  /** An earlier execution may have sent it: confirm, never send. */
  | { outcome: 'undecided'; post: PostState }

/**
 * Opens the one attempt that may reach the platform. The unique index behind the insert, not the
 * caller, guarantees once: a retried, local or zombie execution finds the open attempt and gets
 * `undecided`.
 */
export async function claimPublish(
  em: EntityManager,
  input: ClaimInput,
  nowMs: number,
): Promise<Claim> {
  const before = await lockPostState(em, input.tenantId, input.postId)
  const target = before?.targets.find((candidate) => candidate.id === input.targetId)
  if (before === undefined || target === undefined)
    return { outcome: 'stale', post: before ?? null }
  if (target.status === 'publishing') return leaveUndecided(em, input)
  if (target.status === 'unconfirmed') return { outcome: 'undecided', post: before }
  if (!maySend(before, input, nowMs)) return { outcome: 'stale', post: before }
  const obstacle = await connectionObstacle(em, input)
  if (obstacle !== undefined) {
    return { outcome: 'stale', post: await giveUpTarget(em, input, obstacle) }
  }
  const began = applyEvent(before, { type: 'began' })
  const after = applyEvent(began, { type: 'target_started', targetId: input.targetId })
  if (after === began) return { outcome: 'stale', post: before }
  // Same transaction as the state: `publishing` without an attempt cannot be committed.
  const attempt = await openAttempt(em, input)
  const event = { type: 'publishing', detail: { target_id: input.targetId } }
  const post = await savePost(em, input, before, after, event)
  return { outcome: 'claimed', attempt, post }
}

/** Whether the row, as it stands, is what was staged and may be sent now. */
export function maySend(post: PostState, input: ClaimInput, nowMs: number): boolean {
  if (post.revision !== input.revision || !isApproved(post)) return false
  if (post.status === 'queued') return true
  const isDue = post.status === 'scheduled' && (post.scheduledAt ?? 0) <= nowMs
  // A publish that waited long, for a rate limit or a worker, may have become too late to send.
  return isDue && heldReason(post, nowMs) === undefined
}

/** Why the account of a staged publish may not be used any more. */
async function connectionObstacle(
  em: EntityManager,
  { tenantId, targetId }: PostIds & { targetId: string },
): Promise<'connection_inactive' | 'needs_reconnect' | undefined> {
  const sql = `select c.is_active, c.status from post_targets g
      join connections c on c.tenant_id = g.tenant_id and c.id = g.connection_id
    where g.tenant_id = ? and g.id = ?`
  const rows = await em.execute<{ is_active: boolean; status: string }[]>(sql, [tenantId, targetId])
  const [connection] = rows
  if (!connection?.is_active || connection.status === 'disconnected') return 'connection_inactive'
  return connection.status === 'active' ? undefined : 'needs_reconnect'
}

const OPEN_ATTEMPT = `
  with target as (
    update post_targets set attempt_count = attempt_count + 1,
      frozen_at = coalesce(frozen_at, date_trunc('milliseconds', now()))
    where tenant_id = ? and id = ?
    returning attempt_count, publish_round, frozen_at
  ), attempt as (
    insert into publish_attempts (tenant_id, post_id, target_id, attempt_no, publish_round,
      revision, started_at, send_before, worker, part, role, is_last)
    select ?, ?, ?, target.attempt_count, target.publish_round, ?, clock_timestamp(), ?, ?, ?, ?, ?
    from target returning id
  )
  select attempt.id, target.publish_round, target.frozen_at from attempt, target`

interface OpenedRow {
  id: string
  publish_round: number
  frozen_at: Date | string
}

async function openAttempt(em: EntityManager, input: ClaimInput): Promise<OpenedAttempt> {
  const { tenantId, postId, targetId } = input
  const who = [tenantId, targetId, tenantId, postId, targetId]
  const { step } = input
  const what = [input.revision, input.sendBefore, input.worker, step.part, step.role, step.isLast]
  const [row] = await em.execute<OpenedRow[]>(OPEN_ATTEMPT, [...who, ...what])
  if (row === undefined) throw new Error('the claimed target vanished inside its transaction')
  return { id: row.id, round: row.publish_round, frozenAt: new Date(row.frozen_at) }
}

/** The earlier execution is gone or slow; if it still answers, its record settles the target. */
async function leaveUndecided(
  em: EntityManager,
  input: PostIds & { targetId: string },
): Promise<Claim> {
  const sql = `select id from publish_attempts
    where tenant_id = ? and target_id = ? and status = 'open'`
  const [open] = await em.execute<{ id: string }[]>(sql, [input.tenantId, input.targetId])
  if (open === undefined)
    throw new Error(`target ${input.targetId} is publishing without an attempt`)
  const failure = {
    kind: 'outcome_unknown' as const,
    code: 'worker_lost',
    message: 'The process that was publishing stopped before it could tell how it ended.',
  }
  const end = { status: 'unconfirmed' as const, failure }
  const { post } = await endAttempt(em, { ...input, attemptId: open.id }, end)
  return post === null ? { outcome: 'stale', post } : { outcome: 'undecided', post }
}

/**
 * Ends a target that could not be sent for too long. An attempt that is still open stays a matter
 * for `confirm`: giving up never claims to know what it does not. A later revision is left alone.
 */
export async function giveUpTarget(
  em: EntityManager,
  ids: PostIds & { targetId: string; revision: number },
  code: string,
  words?: { reason: string; retryable: boolean },
): Promise<PostState | null> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  const target = before?.targets.find((candidate) => candidate.id === ids.targetId)
  if (before === undefined || target === undefined) return null
  if (target.status === 'publishing') {
    const claim = await leaveUndecided(em, ids)
    return claim.post
  }
  if (target.status !== 'queued' && target.status !== 'pending') return before
  // Staged for a post that has been changed since: the new revision has a publish of its own.
  if (before.revision !== ids.revision) return before
  const began = applyEvent(before, { type: 'began' })
  const result = { outcome: 'failed' as const, code, retryable: words?.retryable ?? true }
  const after = applyEvent(began, { type: 'target_ended', targetId: ids.targetId, result })
  if (after === before) return before
  const detail = { target_id: ids.targetId, code }
  const facts = words === undefined ? {} : { [ids.targetId]: { failureReason: words.reason } }
  return savePost(em, ids, before, after, { type: 'target_failed', detail }, facts)
}
