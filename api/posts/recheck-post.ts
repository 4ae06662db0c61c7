import type { PostState, PostStatus } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import { plannedNow } from './change-targets.ts'
import { assertContent } from './check-content.ts'
import { assertCanPublish } from './plan-targets.ts'
import { sharedMedia } from './post-media.ts'
import { findPost } from './read-post.ts'

const RECHECKED: readonly PostStatus[] = ['draft', 'scheduled', 'failed', 'partially_published']

/** Before a post is committed to a time (null: now): accounts and limits may have changed since it was written. */
export async function recheckPost(
  requester: Requester<'not_found' | 'content_invalid' | 'inactive_connection'>,
  state: PostState,
  postId: string,
  time: Date | null = null,
): Promise<void> {
  const { deps, actor } = requester
  // In every other state the command itself is refused, which says more.
  if (!RECHECKED.includes(state.status)) return
  await deps.db.withTenant(actor.tenantId, async (em) => {
    const { post, targets } = await findPost(requester, em, postId)
    const media = await sharedMedia(em, { tenantId: actor.tenantId, postId })
    const open = targets.filter(({ status }) => status === 'pending' || status === 'failed')
    const planned = await plannedNow(em, open)
    assertCanPublish(requester, planned)
    await assertContent(requester, em, { content: post.content, media, at: time, postId }, planned)
  })
}
