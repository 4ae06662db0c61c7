import { PostApproval } from '../../../db/entities/post-approval.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams, pageOf } from '../../contract/schemas/common.ts'
import { approval } from '../../contract/schemas/posts.ts'
import { findPost } from '../../posts/read-post.ts'

/** Far above what people decide about one post; keeps the answer bounded. */
const MAX_ROWS = 1000

export const listPostApprovals = defineOperation({
  id: 'listPostApprovals',
  method: 'get',
  path: '/v1/posts/{id}/approvals',
  summary: 'Who asked for approval and who decided what',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'All decisions, oldest first.', content: pageOf(approval) },
  errors: ['not_found'],
  async handler(context) {
    const { deps, actor, params } = context
    return deps.db.withTenant(actor.tenantId, async (em) => {
      await findPost(context, em, params.id)
      const rows = await em.find(
        PostApproval,
        { postId: params.id, effective: true },
        { orderBy: { at: 'asc', id: 'asc' }, limit: MAX_ROWS },
      )
      const data = rows.map((row) => ({
        id: row.id,
        revision: row.revision,
        decision: row.decision,
        by_user_id: row.byUserId ?? null,
        actor: row.actor,
        comment: row.comment ?? null,
        at: row.at.toISOString(),
      }))
      return { body: { data, next_cursor: null } }
    })
  },
})
