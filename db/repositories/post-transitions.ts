import type { EntityManager } from '@mikro-orm/postgresql'
import type { ErrorCode } from '../../domain/errors.ts'
import type { PostCommand } from '../../domain/post-commands.ts'
import { decide } from '../../domain/post-commands.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds, TargetFacts } from './save-post.ts'
import { savePost } from './save-post.ts'

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
  await settleAttempt(em, input)
  const post = await savePost(em, input, before, decision.next, eventOf(input), factsOf(input))
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
async function settleAttempt(em: EntityManager, input: CommandInput): Promise<void> {
  const { command } = input
  if (command.type !== 'resolve') return
  const id = command.as === 'published' ? command.platformPostId : null
  const sql = `update publish_attempts set status = ?, confirmed_by = 'person',
      finished_at = coalesce(finished_at, now()), platform_post_id = ?
    where tenant_id = ? and target_id = ? and status in ('open', 'unconfirmed')`
  await em.execute(sql, [command.as, id, input.tenantId, command.targetId])
}

function eventOf(input: CommandInput) {
  const { command, actorId, transitionId } = input
  const at = 'at' in command && command.at !== undefined ? new Date(command.at).toISOString() : null
  const detail = at === null ? {} : { at }
  return { type: command.type, actorId, transitionId, detail }
}

function factsOf(input: CommandInput): Record<string, TargetFacts> {
  const { command } = input
  if (command.type !== 'resolve' || command.as !== 'published') return {}
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
