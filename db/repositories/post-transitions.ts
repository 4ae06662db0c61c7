import type { EntityManager } from '@mikro-orm/postgresql'
import type { ErrorCode } from '../../domain/errors.ts'
import { reasonFor } from '../../domain/failure-reasons.ts'
import type { PartRole, PartStep } from '../../domain/parts.ts'
import { ONLY_PART } from '../../domain/parts.ts'
import type { PostCommand } from '../../domain/post-commands.ts'
import { decide } from '../../domain/post-commands.ts'
import type { TargetOutcome } from '../../domain/post-events.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import { settle } from '../../domain/post-state.ts'
import type { AttemptEnd } from './attempt-end.ts'
import { outcomeOf } from './attempt-outcomes.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds, TargetFacts } from './save-post.ts'
import { savePost } from './save-post.ts'
import { recordPart } from './target-parts.ts'

/** One command as the workflow hands it to the row. */
export interface CommandInput extends PostIds {
  /** Unique per decision; a repeat answers as the first time and changes nothing. */
  transitionId: string
  command: PostCommand
  expectedRevision?: number
  actorId?: string | null
  approvalId?: string
  permalink?: string
}

/** A refusal carries the post as it is, so that the caller can tell why. */
export type CommandResult =
  | { ok: true; post: PostState }
  | { ok: false; code: ErrorCode; post: PostState | null }

/**
 * Decides a command on the row itself, under its lock: whoever comes first, a command or the commit
 * of a staged publish, wins, and the other is told the truth.
 */
export async function applyCommand(
  em: EntityManager,
  input: CommandInput,
  nowMs: number,
): Promise<CommandResult> {
  const before = await lockPostState(em, input.tenantId, input.postId)
  if (before === undefined) return { ok: false, code: 'not_found', post: null }
  if (await isRepeat(em, input)) return { ok: true, post: before }
  if (input.expectedRevision !== undefined && input.expectedRevision !== before.revision) {
    return { ok: false, code: 'precondition_failed', post: before }
  }
  const decision = decide(before, input.command, nowMs)
  if (!decision.ok) return { ok: false, code: refusal(before, decision.code), post: before }
  const { next, step } = await settleAttempt(em, input, decision.next)
  const post = await savePost(em, input, before, next, eventOf(input), factsOf(input, step))
  await recordApproval(em, input, before, post)
  return { ok: true, post }
}

/** Ends a hold: nobody approved the post, or it became too late, for longer than it may wait. A
 * post that was changed in the last moment is left alone. */
export async function expireHold(
  em: EntityManager,
  ids: PostIds & { revision: number },
): Promise<PostState | null> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  if (before === undefined) return null
  if (before.revision !== ids.revision) return before
  const after = applyEvent(before, { type: 'hold_expired' })
  return after === before ? before : savePost(em, ids, before, after, { type: 'hold_expired' })
}

/** Says in the row why a due post is not sent; changes nothing when it no longer waits. */
export async function recordHold(em: EntityManager, ids: PostIds, code: string): Promise<void> {
  const sql = `update posts set attention_code = ?
    where tenant_id = ? and id = ? and status = 'scheduled'`
  await em.execute(sql, [code, ids.tenantId, ids.postId])
}

/** Under the post's lock, so that a repeat running beside the first sees its event. */
async function isRepeat(em: EntityManager, input: CommandInput): Promise<boolean> {
  const sql = 'select 1 from post_events where tenant_id = ? and post_id = ? and transition_id = ?'
  const rows = await em.execute<unknown[]>(sql, [input.tenantId, input.postId, input.transitionId])
  return rows.length > 0
}

function refusal(post: PostState, code: ErrorCode): ErrorCode {
  return code === 'illegal_transition' && post.status === 'queued' ? 'already_publishing' : code
}

/** A person's word closes the attempt that was left open, so that a late lookup changes nothing. */
async function settleAttempt(
  em: EntityManager,
  input: CommandInput,
  decided: PostState,
): Promise<{ next: PostState; step: PartStep }> {
  const { command } = input
  if (command.type !== 'resolve') return { next: decided, step: ONLY_PART }
  const id = command.as === 'published' ? command.platformPostId : null
  const sql = `update publish_attempts set status = ?, confirmed_by = 'person',
      finished_at = coalesce(finished_at, now()), platform_post_id = ?
    where tenant_id = ? and target_id = ? and status in ('open', 'unconfirmed')
    returning part, role, is_last`
  const [row] = await em.execute<{ part: number; role: PartRole; is_last: boolean }[]>(sql, [
    ...[command.as, id, input.tenantId, command.targetId],
  ])
  const step = row ? { part: row.part, role: row.role, isLast: row.is_last } : ONLY_PART
  const end = personsEnd(command, input.permalink)
  const ids = { tenantId: input.tenantId, targetId: command.targetId }
  await recordPart(em, ids, step, end)
  return { next: withOutcome(decided, command.targetId, outcomeOf(end, step)), step }
}

/** A person's word in the terms of an attempt's end, so that both lead on in the same way. */
function personsEnd(
  command: Extract<PostCommand, { type: 'resolve' }>,
  permalink: string | undefined,
): AttemptEnd {
  if (command.as === 'published') {
    const { platformPostId } = command
    const out = { platformPostId, permalink: permalink ?? null, confirmedBy: 'lookup' as const }
    return { status: 'published', ...out }
  }
  const code = 'not_published'
  const failure = { kind: 'rejected' as const, code, message: reasonFor(code) }
  return { status: 'rejected', failure, retryable: true }
}

/** The decision spoke of a whole post; other parts may follow, and an aside may be missing. */
function withOutcome(decided: PostState, targetId: string, result: TargetOutcome): PostState {
  const status = { published: 'published', advanced: 'queued' } as const
  if (result.outcome !== 'published' && result.outcome !== 'advanced') return decided
  const targets = decided.targets.map((target) =>
    target.id === targetId
      ? { ...target, status: status[result.outcome], failureCode: null, retryable: false }
      : target,
  )
  return { ...decided, targets, status: settle(targets) }
}

function eventOf(input: CommandInput) {
  const { command, actorId, transitionId } = input
  const at = 'at' in command && command.at !== undefined ? new Date(command.at).toISOString() : null
  const detail = at === null ? {} : { at }
  return { type: command.type, actorId, transitionId, detail }
}

function factsOf(input: CommandInput, { part }: PartStep): Record<string, TargetFacts> {
  const { command } = input
  if (command.type !== 'resolve' || command.as !== 'published' || part > 0) return {}
  const { targetId, platformPostId } = command
  return { [targetId]: { platformPostId, permalink: input.permalink ?? null } }
}

const DECISIONS = { pending: 'requested', approved: 'approved', rejected: 'rejected' } as const

/** The history of approvals follows what the decision did to `approval_status`. */
async function recordApproval(
  em: EntityManager,
  input: CommandInput,
  before: PostState,
  after: PostState,
): Promise<void> {
  if (input.approvalId !== undefined) {
    const sql = `update post_approvals set effective = true, at = now(), revision = ?
      where tenant_id = ? and post_id = ? and id = ?`
    await em.execute(sql, [after.revision, input.tenantId, input.postId, input.approvalId])
    return
  }
  if (after.approvalStatus === null || after.approvalStatus === before.approvalStatus) return
  const isReset = before.approvalStatus === 'approved' && after.approvalStatus === 'pending'
  const sql = `insert into post_approvals
      (tenant_id, post_id, revision, decision, by_user_id, actor, effective)
    values (?, ?, ?, ?, (select id from users where tenant_id = ? and id = ?), ?, true)`
  const decision = isReset ? 'reset' : DECISIONS[after.approvalStatus]
  const actor = input.actorId ?? 'operator'
  // An operator may name somebody who is not (or no longer) a user: `actor` keeps the word.
  const by = [input.tenantId, input.actorId ?? null]
  const what = [input.tenantId, input.postId, after.revision, decision]
  await em.execute(sql, [...what, ...by, actor])
}
