import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartStep } from '../../domain/parts.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { TargetWarning } from '../entities/post-target.ts'
import { lockPostState } from './post-facts.ts'
import type { PostIds } from './save-post.ts'
import { savePost } from './save-post.ts'
import { advance } from './target-parts.ts'

/** Leaves out an aside that cannot be sent: the target goes on, or is published without it. */
export async function skipPart(
  em: EntityManager,
  ids: PostIds & { targetId: string },
  step: PartStep,
  warning: TargetWarning,
): Promise<PostState | null> {
  const before = await lockPostState(em, ids.tenantId, ids.postId)
  const target = before?.targets.find(({ id }) => id === ids.targetId)
  if (before === undefined || target?.status !== 'queued') return before ?? null
  await advance(em, ids, step, undefined, [warning])
  const outcome = step.isLast ? ('published' as const) : ('advanced' as const)
  const ended = { type: 'target_ended', targetId: ids.targetId, result: { outcome } } as const
  const after = applyEvent(before, ended)
  const detail = { target_id: ids.targetId, part: step.part, code: warning.code }
  return savePost(em, ids, before, after, { type: 'part_left_out', detail })
}
