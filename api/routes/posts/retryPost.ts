import type { PostTarget } from '../../../db/entities/post-target.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post, retryPostBody } from '../../contract/schemas/posts.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import { recheckPost } from '../../posts/recheck-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'
import { optionalTimeOf } from '../../posts/take-time.ts'

export const retryPost = defineOperation({
  id: 'retryPost',
  method: 'post',
  path: '/v1/posts/{id}/retry',
  summary: 'Try failed targets again, now or at a time',

  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.retried', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: retryPostBody,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: [...COMMAND_ERRORS, 'validation_failed', 'content_invalid', 'inactive_connection'],
  async handler(context) {
    const postId = context.params.id
    const { target_ids: targetIds, ...time } = context.body
    const state = await loadState(context, postId)
    const at = await optionalTimeOf(context, postId, time)
    const isMeant = ({ id, status, retryable }: PostTarget) =>
      status === 'failed' && retryable && (targetIds?.includes(id) ?? true)
    await recheckPost(context, state, postId, at ?? null, isMeant)
    const body = await commandPost(context, state, {
      postId,
      expectedRevision: context.ifMatch,
      name: 'retry',
      command: { type: 'retry', at: at?.getTime(), targetIds },
      args: { at: at?.toISOString(), targetIds },
    })
    return { body, revision: body.revision }
  },
})
