import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post } from '../../contract/schemas/posts.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'

export const unschedulePost = defineOperation({
  id: 'unschedulePost',
  method: 'post',
  path: '/v1/posts/{id}/unschedule',
  summary: 'Take a scheduled post back to draft',

  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.unscheduled', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: COMMAND_ERRORS,
  async handler(context) {
    const postId = context.params.id
    const state = await loadState(context, postId)
    const body = await commandPost(context, state, {
      postId,
      expectedRevision: context.ifMatch,
      name: 'unschedule',
      command: { type: 'unschedule' },
      args: {},
    })
    return { body, revision: body.revision }
  },
})
