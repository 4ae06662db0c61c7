import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post } from '../../contract/schemas/posts.ts'
import { readPost } from '../../posts/read-post.ts'

export const getPost = defineOperation({
  id: 'getPost',
  method: 'get',
  path: '/v1/posts/{id}',
  summary: 'Read a post with the state of each target',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The post.', content: post, etag: true },
  errors: ['not_found'],
  async handler(context) {
    const body = await readPost(context, context.params.id)
    return { body, revision: body.revision }
  },
})
