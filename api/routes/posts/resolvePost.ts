import type { PostCommand } from '../../../domain/post-commands.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post, resolvePostBody } from '../../contract/schemas/posts.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'

export const resolvePost = defineOperation({
  id: 'resolvePost',
  method: 'post',
  path: '/v1/posts/{id}/resolve',
  summary: 'Say what became of a target whose outcome is unknown',

  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.resolved', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: resolvePostBody,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: COMMAND_ERRORS,
  async handler(context) {
    const postId = context.params.id
    const { target_id: targetId, as, platform_post_id: platformPostId, permalink } = context.body
    const state = await loadState(context, postId)
    const command: PostCommand =
      as === 'published'
        ? { type: 'resolve', targetId, as, platformPostId: platformPostId ?? '' }
        : { type: 'resolve', targetId, as }
    const body = await commandPost(context, state, {
      postId,
      expectedRevision: context.ifMatch,
      name: 'resolve',
      command,
      args: { targetId, as, platformPostId, permalink: permalink ?? undefined },
    })
    return { body, revision: body.revision }
  },
})
