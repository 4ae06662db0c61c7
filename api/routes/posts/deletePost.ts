import { z } from 'zod'
import { Post } from '../../../db/entities/post.ts'
import { enqueue } from '../../../db/repositories/outbox.ts'
import { lockPostState } from '../../../db/repositories/post-facts.ts'
import { decide } from '../../../domain/post-commands.ts'
import { defineOperation, NOTHING, type Requester } from '../../contract/operation.ts'
import { idParams, queryFlag } from '../../contract/schemas/common.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import type { CommandError } from '../../posts/refusals.ts'
import { COMMAND_ERRORS, refusal } from '../../posts/refusals.ts'
import { isDeletable } from '../../presenters/post.ts'

export const deletePost = defineOperation({
  id: 'deletePost',
  method: 'delete',
  path: '/v1/posts/{id}',
  summary: 'Delete a post from Clarion',
  description:
    'A post that waits is cancelled first. What is published stays at the platforms. While publishing runs or its outcome is unknown, the post cannot be deleted.',
  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.deleted', resource: 'post' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: z.strictObject({
    from_platforms: queryFlag.optional().meta({ description: 'Not offered yet.' }),
  }),
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: [...COMMAND_ERRORS, 'platform_unsupported'],
  async handler(context) {
    const postId = context.params.id
    if (context.query.from_platforms === true) {
      const detail = 'Deleting from the platforms is not offered yet; delete it there.'
      throw context.fail('platform_unsupported', { detail })
    }
    const state = await loadState(context, postId)
    const command = { type: 'cancel' } as const
    // Cancelled by its workflow first: nothing may still be on its way when the row is hidden.
    if (decide(state, command, context.deps.now()).ok) {
      const expectedRevision = context.ifMatch
      await commandPost(context, state, {
        postId,
        expectedRevision,
        name: 'cancel',
        command,
        args: {},
      })
      // The cancellation compared the revision already, and raised it.
      await hide(context, postId, undefined)
    } else {
      await hide(context, postId, context.ifMatch)
    }
    return {}
  },
})

/**
 * Marks the row as deleted under its lock, so that no publish is claimed in between. The ledger and
 * history stay.
 */
async function hide(
  requester: Requester<CommandError>,
  postId: string,
  expectedRevision: number | undefined,
): Promise<void> {
  const { deps, actor } = requester
  const { tenantId, userId } = actor
  await deps.db.withTenant(tenantId, async (em) => {
    const state = await lockPostState(em, tenantId, postId)
    if (state === undefined) throw requester.fail('not_found')
    if (expectedRevision !== undefined && expectedRevision !== state.revision) {
      throw refusal(requester, state, 'precondition_failed')
    }
    if (!isDeletable(state.status)) throw refusal(requester, state, 'illegal_transition')
    await em.nativeUpdate(Post, { id: postId }, { deletedAt: new Date(), updatedBy: userId })
    await requester.audit(em, postId, { status: state.status })
    await enqueue(em, { tenantId, kind: 'post_changed', aggregateId: postId })
  })
}
