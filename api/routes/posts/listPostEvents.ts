import { PostEvent } from '../../../db/entities/post-event.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams, pageOf, sequenceQuery } from '../../contract/schemas/common.ts'
import { event } from '../../contract/schemas/posts.ts'
import { readSequenceCursor, sequencePage } from '../../http/sequence-page.ts'
import { findPost } from '../../posts/read-post.ts'

export const listPostEvents = defineOperation({
  id: 'listPostEvents',
  method: 'get',
  path: '/v1/posts/{id}/events',
  summary: 'What happened to a post, in order',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: sequenceQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of events, oldest first.', content: pageOf(event) },
  errors: ['not_found', 'invalid_cursor'],
  async handler(context) {
    const { deps, actor, params, query } = context
    const after = readSequenceCursor(context, query.cursor)
    return deps.db.withTenant(actor.tenantId, async (em) => {
      await findPost(context, em, params.id)
      const rows = await em.find(
        PostEvent,
        { postId: params.id, seq: { $gt: after } },
        { orderBy: { seq: 'asc' }, limit: query.limit + 1 },
      )
      const page = sequencePage(rows, query.limit)
      const data = page.rows.map(({ id, seq, type, detail, actor: who, at }) => ({
        id,
        seq,
        type,
        detail,
        actor: who ?? null,
        at: at.toISOString(),
      }))
      return { body: { data, next_cursor: page.next_cursor } }
    })
  },
})
