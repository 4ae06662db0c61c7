import type { EntityManager } from '@mikro-orm/postgresql'
import { AuditEntry } from '../../db/entities/audit-entry.ts'
import { allOf, type Condition } from '../../db/repositories/conditions.ts'
import { decodeCursor, type Keyset, type Page, pageOf } from '../../db/repositories/keyset.ts'

/** Filters that are undefined do not filter; they are joined by AND. */
export interface AuditFilter {
  action?: string
  /** Id of a key or of the user behind it. */
  actorId?: string
  resource?: string
  resourceId?: string
  /** `to` is exclusive. */
  from?: Date
  to?: Date
  limit: number
  cursor?: string
}

/** Newest first, within the tenant of the transaction. Throws InvalidCursor. */
export async function queryAuditLog(
  em: EntityManager,
  filter: AuditFilter,
): Promise<Page<AuditEntry>> {
  const { action, actorId, resource, resourceId, from, to, cursor, limit } = filter
  const where = allOf([
    action === undefined ? undefined : ['action = ?', action],
    actorId === undefined
      ? undefined
      : [`actor_id = ? or detail->>'user_id' = ?`, actorId, actorId],
    resource === undefined ? undefined : ['resource_type = ?', resource],
    resourceId === undefined ? undefined : ['resource_id = ?', resourceId],
    from && ['at >= ?', from],
    to && ['at < ?', to],
    after(cursor),
  ])
  const keys = await em.execute<Keyset[]>(
    `select id, (at at time zone 'UTC')::text || '+00' as at from audit_log
     where ${where.sql} order by audit_log.at desc, id limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const found = await em.find(AuditEntry, { id: { $in: page.rows.map(({ id }) => id) } })
  const byId = new Map(found.map((entry) => [entry.id, entry]))
  return { data: page.rows.flatMap(({ id }) => byId.get(id) ?? []), nextCursor: page.next }
}

function after(cursor: string | undefined): Condition | undefined {
  if (cursor === undefined) return undefined
  const { at, id } = decodeCursor(cursor)
  return ['at <= ?::timestamptz and (at < ?::timestamptz or id > ?)', at, at, id]
}
