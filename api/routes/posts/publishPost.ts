import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post } from '../../contract/schemas/posts.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import { recheckPost } from '../../posts/recheck-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'

export const publishPost = defineOperation({
  id: 'publishPost',
  method: 'post',
  path: '/v1/posts/{id}/publish',
  summary: 'Publish now',

  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.publish_requested', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: [...COMMAND_ERRORS, 'content_invalid', 'inactive_connection'],
  async handler(context) {
    const postId = context.params.id
    const state = await loadState(context, postId)
    await recheckPost(context, state, postId)
    const body = await commandPost(context, state, {
      postId,
      expectedRevision: context.ifMatch,
      name: 'publish',
      command: { type: 'publish' },
      args: {},
    })
    return { body, revision: body.revision }
  },
})
