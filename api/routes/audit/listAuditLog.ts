import { queryAuditLog } from '../../audit/query-audit-log.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { auditPage, auditQuery } from '../../contract/schemas/audit.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentAuditEntry } from '../../presenters/audit-entry.ts'

export const listAuditLog = defineOperation({
  id: 'listAuditLog',
  method: 'get',
  path: '/v1/audit-log',
  summary: 'Who did what, newest first',
  description: 'Entries are only ever added. They hold ids and codes, never a secret.',
  tags: ['audit'],
  access: 'audit:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: auditQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of entries.', content: auditPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    const { action, resource, limit, cursor } = query
    const filter = {
      ...{ action, resource, limit, cursor },
      actorId: query.actor_id,
      resourceId: query.resource_id,
      from: query.from === undefined ? undefined : new Date(query.from),
      to: query.to === undefined ? undefined : new Date(query.to),
    }
    const page = await deps.db.withTenant(actor.tenantId, (em) =>
      orInvalidCursor(context, queryAuditLog(em, filter)),
    )
    return { body: { data: page.data.map(presentAuditEntry), next_cursor: page.nextCursor } }
  },
})
