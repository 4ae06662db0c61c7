import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { looks } from '../../contract/schemas/posts.ts'
import { loadState } from '../../posts/command-post.ts'
import { whatIsPublished } from '../../posts/remove-post.ts'

export const lookUpPost = defineOperation({
  id: 'lookUpPost',
  method: 'post',
  path: '/v1/posts/{id}/lookup',
  summary: 'Ask the platforms whether they still have a published post',
  description:
    'Reads only. Permalinks that a platform gave late are kept, and so is the news that it removed the post.',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'What each platform says.', content: looks },
  errors: ['not_found'],
  async handler(context) {
    const { deps, actor, params } = context
    await loadState(context, params.id)
    const published = await whatIsPublished(context, params.id)
    if (published.length === 0) return { body: { data: [] } }
    const targets = published.map(({ id, platform, connectionId }) => ({
      ...{ id, platform, connectionId },
    }))
    const { tenantId, userId: actorId } = actor
    const input = { tenantId, postId: params.id, actorId, targets }
    const seen = await deps.temporal.lookUpPost(input)
    const data = seen.map(({ targetId, state, permalink, code }) => ({
      ...{ target_id: targetId, state, permalink, code },
    }))
    return { body: { data } }
  },
})
