import { ConnectionEvent } from '../../../db/entities/connection-event.ts'
import { findConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams, pageOf, sequenceQuery } from '../../contract/schemas/common.ts'
import { event } from '../../contract/schemas/posts.ts'
import { readSequenceCursor, sequencePage } from '../../http/sequence-page.ts'

export const listConnectionEvents = defineOperation({
  id: 'listConnectionEvents',
  method: 'get',
  path: '/v1/connections/{id}/events',
  summary: 'What happened to a connection, in order',
  tags: ['connections'],
  access: 'connections:read',
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
      await findConnection(context, em, params.id)
      const rows = await em.find(
        ConnectionEvent,
        { connectionId: params.id, seq: { $gt: after } },
        { orderBy: { seq: 'asc' }, limit: query.limit + 1 },
      )
      const page = sequencePage(rows, query.limit)
      const data = page.rows.map(({ id, seq, type, detail, actorId, at }) => ({
        id,
        seq,
        type,
        detail,
        actor: actorId ?? null,
        at: at.toISOString(),
      }))
      return { body: { data, next_cursor: page.next_cursor } }
    })
  },
})
