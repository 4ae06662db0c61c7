import { z } from 'zod'
import { Post } from '../../../db/entities/post.ts'
import { enqueue } from '../../../db/repositories/outbox.ts'
import { lockPostState } from '../../../db/repositories/post-facts.ts'
import type { PublishedTarget } from '../../../db/repositories/published-targets.ts'
import { decide } from '../../../domain/post-commands.ts'
import type { PostState } from '../../../domain/post-state.ts'
import { defineOperation, NOTHING, type Requester } from '../../contract/operation.ts'
import { idParams, queryFlag } from '../../contract/schemas/common.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import type { CommandError } from '../../posts/refusals.ts'
import { COMMAND_ERRORS, refusal } from '../../posts/refusals.ts'
import type { RemovalErrors } from '../../posts/remove-post.ts'
import { removeFromPlatforms, whatIsPublished } from '../../posts/remove-post.ts'
import { isDeletable } from '../../presenters/post.ts'

export const deletePost = defineOperation({
  id: 'deletePost',
  method: 'delete',
  path: '/v1/posts/{id}',
  summary: 'Delete a post from Clarion, and on request from its platforms',
  description:
    'A post that waits is cancelled first. What is published stays at the platforms unless `from_platforms` is true; platforms that let apps delete nothing answer `platform_unsupported`, and then nothing is deleted. While publishing runs or its outcome is unknown, the post cannot be deleted.',
  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.deleted', resource: 'post' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: z.strictObject({
    from_platforms: queryFlag.optional().meta({
      description:
        'Delete what is published at the platforms too, and keep the post if that fails.',
    }),
  }),
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: [...COMMAND_ERRORS, 'platform_unsupported', 'removal_incomplete'],
  async handler(context) {
    const postId = context.params.id
    const state = await loadState(context, postId)
    const wantsAll = context.query.from_platforms === true
    const published = wantsAll ? await whatIsPublished(context, postId) : []
    if (published.length > 0) return removeEverywhere(context, state, postId, published)
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

/** The workflow hides the row once no platform has the post any more. */
async function removeEverywhere(
  requester: Requester<CommandError | RemovalErrors> & { ifMatch: number | undefined },
  state: PostState,
  postId: string,
  published: readonly PublishedTarget[],
): Promise<Record<string, never>> {
  const { deps, actor, ifMatch } = requester
  if (ifMatch !== undefined && ifMatch !== state.revision) {
    throw refusal(requester, state, 'precondition_failed')
  }
  if (!isDeletable(state.status)) throw refusal(requester, state, 'illegal_transition')
  await removeFromPlatforms(requester, postId, published)
  await deps.db.withTenant(actor.tenantId, (em) =>
    requester.audit(em, postId, { status: state.status, from_platforms: true }),
  )
  return {}
}

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
