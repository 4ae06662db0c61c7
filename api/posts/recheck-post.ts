import type { PostTarget } from '../../db/entities/post-target.ts'
import type { PostState, PostStatus } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import { plannedNow } from './change-targets.ts'
import { assertContent } from './check-content.ts'
import { assertCanPublish } from './plan-targets.ts'
import { sharedMedia } from './post-media.ts'
import { findPost } from './read-post.ts'

const RECHECKED: readonly PostStatus[] = ['draft', 'scheduled', 'failed', 'partially_published']

/**
 * Before a post is committed to a time (null: now): accounts and limits may have changed since it
 * was written. Only targets that are meant are looked at: what is not sent keeps no other back.
 */
export async function recheckPost(
  requester: Requester<'not_found' | 'content_invalid' | 'inactive_connection'>,
  state: PostState,
  postId: string,
  time: Date | null = null,
  isMeant: (target: PostTarget) => boolean = isOpen,
): Promise<void> {
  const { deps, actor } = requester
  // In every other state the command itself is refused, which says more.
  if (!RECHECKED.includes(state.status)) return
  await deps.db.withTenant(actor.tenantId, async (em) => {
    const { post, targets } = await findPost(requester, em, postId)
    const media = await sharedMedia(em, { tenantId: actor.tenantId, postId })
    const ids = new Set(targets.filter(isMeant).map(({ connectionId }) => connectionId))
    // Planned with the others: paths count all targets of the post.
    const all = await plannedNow(em, targets)
    const planned = all.filter(({ connection }) => ids.has(connection.id))
    assertCanPublish(requester, planned)
    await assertContent(requester, em, { content: post.content, media, at: time, postId }, planned)
  })
}

function isOpen({ status }: PostTarget): boolean {
  return status === 'pending' || status === 'failed'
}
