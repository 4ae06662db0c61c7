import type { EntityManager } from '@mikro-orm/postgresql'
import type { PartStep } from '../../domain/parts.ts'
import { isAside } from '../../domain/parts.ts'
import type { PublishedPart, TargetWarning } from '../entities/post-target.ts'
import type { AttemptEnd } from './attempt-end.ts'
import { dropCheckpoint } from './publish-checkpoints.ts'

interface TargetIds {
  tenantId: string
  targetId: string
}

const ADVANCE = `
  update post_targets set next_part = greatest(next_part, ?), parts = parts || ?::jsonb,
    warnings = warnings || ?::jsonb
  where tenant_id = ? and id = ?`

/**
 * Moves a target on to its next part when this one is out, or is an aside that was refused. Ends
 * that leave the part to be tried again change nothing.
 */
export async function recordPart(
  em: EntityManager,
  ids: TargetIds,
  step: PartStep,
  end: AttemptEnd,
): Promise<void> {
  if (end.status === 'published') {
    const { platformPostId, permalink, metadata = {}, warnings = [] } = end
    // An ordinary post is told by its target alone.
    const isWhole = step.part === 0 && step.isLast
    if (isWhole && warnings.length === 0) return
    const out = { platform_post_id: platformPostId, permalink, metadata }
    await advance(em, ids, step, isWhole ? undefined : out, warnings)
  } else if (end.status === 'rejected' && isAside(step.role)) {
    await advance(em, ids, step, undefined, [warningOf(step, end.failure)])
  }
}

/** A missing aside in words that stand beside a published post. */
export function warningOf({ role }: PartStep, { code, message }: TargetWarning): TargetWarning {
  const what = role === 'comment' ? 'The first comment' : 'An addition to the post'
  return { code, message: `${what} failed: ${message}` }
}

/** What was prepared for the part is used up. */
export async function advance(
  em: EntityManager,
  ids: TargetIds,
  { part, role }: PartStep,
  out: Pick<PublishedPart, 'platform_post_id' | 'permalink' | 'metadata'> | undefined,
  warnings: readonly TargetWarning[],
): Promise<void> {
  const published_at = new Date().toISOString()
  const parts = out === undefined ? [] : [{ part, role, ...out, published_at }]
  const what = [part + 1, JSON.stringify(parts), JSON.stringify(warnings)]
  await em.execute(ADVANCE, [...what, ids.tenantId, ids.targetId])
  await dropCheckpoint(em, { ...ids, part })
}
