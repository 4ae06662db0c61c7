import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartStep } from '../../domain/parts.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { TargetWarning } from '../entities/post-target.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds } from './save-post.ts'
import { savePost } from './save-post.ts'
import { advance, warningOf } from './target-parts.ts'

/** Leaves out an aside that cannot be sent: the target goes on, or is published without it. */
export async function skipPart(
  em: EntityManager,
  ids: PostIds & { targetId: string },
  step: PartStep,
  reason: TargetWarning,
): Promise<PostState | null> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  const target = before?.targets.find(({ id }) => id === ids.targetId)
  if (before === undefined || target?.status !== 'queued') return before ?? null
  await advance(em, ids, step, undefined, [warningOf(step, reason)])
  const outcome = step.isLast ? ('published' as const) : ('advanced' as const)
  const ended = { type: 'target_ended', targetId: ids.targetId, result: { outcome } } as const
  const after = applyEvent(before, ended)
  const detail = { target_id: ids.targetId, part: step.part, code: reason.code }
  return savePost(em, ids, before, after, { type: 'part_left_out', detail })
}

/** Nothing is left to send: a person dropped the rest of a thread, and what is asked for is out. */
export async function finishTarget(
  em: EntityManager,
  ids: PostIds & { targetId: string; revision: number },
): Promise<PostState | null> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  if (before === undefined || before.revision !== ids.revision) return before ?? null
  const began = applyEvent(before, { type: 'began' })
  const result = { outcome: 'published' } as const
  const after = applyEvent(began, { type: 'target_ended', targetId: ids.targetId, result })
  if (after === began) return before
  const detail = { target_id: ids.targetId }
  return savePost(em, ids, before, after, { type: 'target_published', detail })
}
