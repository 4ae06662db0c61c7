import { listDestinations } from '../../../db/repositories/connection-destinations.ts'
import { findConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams, sequenceQuery } from '../../contract/schemas/common.ts'
import { destinationPage } from '../../contract/schemas/connections.ts'
import { readSequenceCursor, sequencePage } from '../../http/sequence-page.ts'
import { presentDestination } from '../../presenters/destination.ts'

export const listConnectionAccounts = defineOperation({
  id: 'listConnectionAccounts',
  method: 'get',
  path: '/v1/connections/{id}/accounts',
  summary: 'Places within an account that posts may go to: boards, subreddits',
  description:
    'As they were read when the connection was synced last. Empty where the account itself is the only place.',
  tags: ['connections'],
  access: 'connections:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: sequenceQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of places.', content: destinationPage },
  errors: ['not_found', 'invalid_cursor'],
  async handler(context) {
    const { deps, actor, params, query } = context
    // Cursors count from 1, positions from 0: the first page has no cursor.
    const after = readSequenceCursor(context, query.cursor) - 1
    return deps.db.withTenant(actor.tenantId, async (em) => {
      const connection = await findConnection(context, em, params.id)
      const found = await listDestinations(em, connection.id, { after, limit: query.limit + 1 })
      const numbered = found.map((row) => ({ row, seq: row.position + 1 }))
      const page = sequencePage(numbered, query.limit)
      const data = page.rows.map(({ row }) => presentDestination(row, connection))
      return { body: { data, next_cursor: page.next_cursor } }
    })
  },
})
