import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { decisionBody, post } from '../../contract/schemas/posts.ts'
import { decidePost } from '../../posts/decide-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'

export const approvePost = defineOperation({
  id: 'approvePost',
  method: 'post',
  path: '/v1/posts/{id}/approve',
  summary: 'Approve a post',

  tags: ['posts'],
  access: 'posts:approve',
  audit: { action: 'post.approved', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: decisionBody,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: COMMAND_ERRORS,
  async handler(context) {
    const body = await decidePost(context, {
      postId: context.params.id,
      expectedRevision: context.ifMatch,
      name: 'approve',
      decision: 'approved',
      comment: context.body.comment ?? null,
    })
    return { body, revision: body.revision }
  },
})
