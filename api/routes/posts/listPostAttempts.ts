import { PublishAttempt } from '../../../db/entities/publish-attempt.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams, pageOf } from '../../contract/schemas/common.ts'
import { attempt } from '../../contract/schemas/posts.ts'
import { findPost } from '../../posts/read-post.ts'
import { isoOf } from '../../presenters/instants.ts'

/** Far above what retries of one post reach; keeps the answer bounded. */
const MAX_ROWS = 1000

export const listPostAttempts = defineOperation({
  id: 'listPostAttempts',
  method: 'get',
  path: '/v1/posts/{id}/attempts',
  summary: 'Every call that may have published a target, and its outcome',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The ledger, oldest first.', content: pageOf(attempt) },
  errors: ['not_found'],
  async handler(context) {
    const { deps, actor, params } = context
    return deps.db.withTenant(actor.tenantId, async (em) => {
      const { targets } = await findPost(context, em, params.id)
      const platforms = new Map(targets.map((target) => [target.id, target.platform]))
      const rows = await em.find(
        PublishAttempt,
        { postId: params.id },
        { orderBy: { startedAt: 'asc', id: 'asc' }, limit: MAX_ROWS },
      )
      const data = rows.flatMap((row) => {
        const platform = platforms.get(row.targetId)
        return platform === undefined ? [] : [{ ...present(row), platform }]
      })
      return { body: { data, next_cursor: null } }
    })
  },
})

function present(row: PublishAttempt) {
  return {
    id: row.id,
    target_id: row.targetId,
    attempt_no: row.attemptNo,
    part: row.part,
    role: row.role,
    revision: row.revision,
    status: row.status,
    started_at: row.startedAt.toISOString(),
    finished_at: isoOf(row.finishedAt),
    platform_post_id: row.platformPostId ?? null,
    failure_kind: row.failureKind ?? null,
    failure_code: row.failureCode ?? null,
    failure_message: row.failureMessage ?? null,
    http_status: row.httpStatus ?? null,
    confirmed_by: row.confirmedBy ?? null,
  }
}
