import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartRole, PartStep } from '../../domain/parts.ts'
import { isAside, ONLY_PART } from '../../domain/parts.ts'
import type { TargetOutcome } from '../../domain/post-events.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { AttemptEnd, AttemptFailure } from './attempt-end.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds, TargetFacts } from './save-post.ts'
import { savePost } from './save-post.ts'
import { recordPart } from './target-parts.ts'

/** One attempt and the rows it belongs to. */
export interface AttemptIds extends PostIds {
  targetId: string
  attemptId: string
}

export interface Ended {
  /** Null: the post is gone. */
  post: PostState | null
  /** False when the attempt had ended before and was left as it is. */
  applied: boolean
}

/**
 * Writes an attempt's end, its target's and its post's state in one go. An attempt that has ended
 * for good is left as it is: whoever proved something first is right.
 */
export async function endAttempt(
  em: EntityManager,
  ids: AttemptIds,
  end: AttemptEnd,
): Promise<Ended> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  if (before === undefined) return { post: null, applied: false }
  // The conditional UPDATE arbitrates between a late answer, a lookup and a person.
  const step = await closeAttempt(em, ids, end)
  if (step === undefined) return { post: before, applied: false }
  await recordPart(em, ids, step, end)
  const result = outcomeOf(end, step)
  const after = applyEvent(before, { type: 'target_ended', targetId: ids.targetId, result })
  const event = { type: `target_${result.outcome}`, detail: detailOf(ids, end) }
  const facts = { [ids.targetId]: factsOf(end, step) }
  const post = await savePost(em, ids, before, after, event, facts)
  await countOnConnection(em, ids, before, end)
  return { post, applied: true }
}

const CLOSE_ATTEMPT = `
  update publish_attempts set status = ?, finished_at = clock_timestamp(), platform_post_id = ?,
    failure_kind = coalesce(?, failure_kind), failure_code = coalesce(?, failure_code),
    failure_message = coalesce(?, failure_message), http_status = coalesce(?, http_status),
    confirmed_by = ?
  where tenant_id = ? and id = ? and status = any(?::text[]) returning part, role, is_last`

interface StepRow {
  part: number
  role: PartRole
  is_last: boolean
}

/** Which part the attempt was about; undefined when it had ended before. */
async function closeAttempt(
  em: EntityManager,
  ids: AttemptIds,
  end: AttemptEnd,
): Promise<PartStep | undefined> {
  const failure = 'failure' in end ? end.failure : undefined
  const published = end.status === 'published' ? end : undefined
  // An undecided attempt may still be decided, but not be declared undecided again.
  const from = end.status === 'unconfirmed' ? '{open}' : '{open,unconfirmed}'
  const [row] = await em.execute<StepRow[]>(CLOSE_ATTEMPT, [
    end.status,
    published?.platformPostId ?? null,
    failure?.kind ?? null,
    failure?.code ?? null,
    failure?.message ?? null,
    failure?.httpStatus ?? null,
    published?.confirmedBy ?? (end.status === 'absent' ? 'lookup' : null),
    ids.tenantId,
    ids.attemptId,
    from,
  ])
  return row && { part: row.part, role: row.role, isLast: row.is_last }
}

/** What the end of an attempt means to its target, for the pure state machine. */
export function outcomeOf(end: AttemptEnd, step: PartStep = ONLY_PART): TargetOutcome {
  switch (end.status) {
    case 'published':
      return { outcome: step.isLast ? 'published' : 'advanced' }
    case 'rejected':
      if (isAside(step.role)) return { outcome: step.isLast ? 'published' : 'advanced' }
      return { outcome: 'failed', code: end.failure.code, retryable: end.retryable }
    case 'unconfirmed':
      return { outcome: 'unconfirmed', code: end.failure.code }
    case 'not_sent':
      return { outcome: 'requeued', code: end.failure.code }
    case 'absent':
      return { outcome: 'requeued', code: 'absent' }
  }
}

/** What the target's row gets besides its state. */
export function factsOf(end: AttemptEnd, step: PartStep = ONLY_PART): TargetFacts {
  // The target goes by the id of the post itself; other parts have theirs in `parts`.
  if (end.status === 'published') {
    if (step.part > 0) return {}
    return {
      platformPostId: end.platformPostId,
      permalink: end.permalink,
      metadata: end.metadata,
    }
  }
  return 'failure' in end ? { failureReason: wordsOf(end.failure, step) } : {}
}

/** A reader must see that what came before the part is out. */
function wordsOf({ message }: AttemptFailure, { part, role }: PartStep): string {
  return role === 'reply' ? `The thread stopped at its part ${part + 1}: ${message}` : message
}

/** Detail of the history's event: ids and a code, no words of the platform. */
export function detailOf(ids: AttemptIds, end: AttemptEnd): Record<string, unknown> {
  const code = 'failure' in end ? end.failure.code : undefined
  return { target_id: ids.targetId, attempt_id: ids.attemptId, code }
}

/** Counters of the account. Ends that prove nothing was sent do not count as use. */
async function countOnConnection(
  em: EntityManager,
  ids: AttemptIds,
  post: PostState,
  end: AttemptEnd,
): Promise<void> {
  if (end.status === 'not_sent' || end.status === 'absent') return
  const target = post.targets.find((candidate) => candidate.id === ids.targetId)
  if (target === undefined) return
  const published = end.status === 'published'
  const sql = `update connections set last_post_status = ?, last_used_at = now(),
      post_count = post_count + ?,
      last_validated_at = case when ? then now() else last_validated_at end
    where tenant_id = ? and id = ?`
  const status = published ? 'published' : end.status === 'rejected' ? 'failed' : 'unconfirmed'
  const added = published ? 1 : 0
  await em.execute(sql, [status, added, published, ids.tenantId, target.connectionId])
}
