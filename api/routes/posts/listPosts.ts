import { listPosts as queryPosts } from '../../../db/repositories/post-queries.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { listPostsQuery, postPage } from '../../contract/schemas/posts.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { SNAPSHOT, tenantRules } from '../../posts/read-post.ts'
import { presentPost } from '../../presenters/post.ts'

export const listPosts = defineOperation({
  id: 'listPosts',
  method: 'get',
  path: '/v1/posts',
  summary: 'List posts, newest first',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: listPostsQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of posts.', content: postPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    return deps.db.withTenant(
      actor.tenantId,
      async (em) => {
        const filter = {
          limit: query.limit,
          cursor: query.cursor,
          status: query.status === undefined ? undefined : [query.status],
          platform: query.platform,
          connectionId: query.connection_id,
          campaign: query.campaign,
          q: query.q,
          from: query.from === undefined ? undefined : new Date(query.from),
          to: query.to === undefined ? undefined : new Date(query.to),
        }
        const page = await orInvalidCursor(context, queryPosts(em, filter))
        const rules = await tenantRules(em, actor.tenantId)
        const view = { rules, userId: actor.userId, nowMs: deps.now() }
        const data = page.data.map((found) => presentPost(found, view))
        return { body: { data, next_cursor: page.nextCursor } }
      },
      SNAPSHOT,
    )
  },
})
