import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConnectionStatus } from '../../domain/connection-state.ts'
import type { Platform } from '../../domain/platforms.ts'
import { Connection } from '../entities/connection.ts'
import { after, allOf } from './conditions.ts'
import { decodeCursor, KEYSET_AT, type Keyset, type Page, pageOf } from './keyset.ts'

/** Filters that are undefined do not filter; `limit` is rows per page. */
export interface ConnectionFilter {
  platform?: Platform
  status?: readonly ConnectionStatus[]
  isActive?: boolean
  limit: number
  cursor?: string
}

/** Within the tenant of the transaction: row-level security hides all others. */
export async function getConnection(
  em: EntityManager,
  connectionId: string,
): Promise<Connection | undefined> {
  return (await em.findOne(Connection, { id: connectionId })) ?? undefined
}

/** The connections among these ids that the tenant has, in no order. */
export async function getConnections(
  em: EntityManager,
  connectionIds: readonly string[],
): Promise<Connection[]> {
  if (connectionIds.length === 0) return []
  return em.find(Connection, { id: { $in: [...connectionIds] } })
}

/** Newest first. Throws InvalidCursor. */
export async function listConnections(
  em: EntityManager,
  filter: ConnectionFilter,
): Promise<Page<Connection>> {
  const { platform, status, isActive, cursor, limit } = filter
  const where = allOf([
    platform && ['platform = ?', platform],
    status && ['status in (?)', status],
    isActive === undefined ? undefined : ['is_active = ?', isActive],
    after(cursor === undefined ? undefined : decodeCursor(cursor)),
  ])
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at
     from connections
     where ${where.sql}
     order by created_at desc, id
     limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const found = await getConnections(
    em,
    page.rows.map(({ id }) => id),
  )
  const byId = new Map(found.map((connection) => [connection.id, connection]))
  const data = page.rows.flatMap(({ id }) => byId.get(id) ?? [])
  return { data, nextCursor: page.next }
}

/**
 * What `platforms: [...]` of a new post means: of each platform the usable connection marked as
 * default, else the longest connected one. A platform without a usable one is missing in the answer.
 */
export async function defaultConnections(
  em: EntityManager,
  platforms: readonly Platform[],
): Promise<Connection[]> {
  if (platforms.length === 0) return []
  const rows = await em.execute<{ id: string }[]>(
    `select distinct on (platform) id
     from connections
     where platform in (?) and status = 'active' and is_active
     order by platform, is_default desc, connected_at, id`,
    [platforms],
  )
  return getConnections(
    em,
    rows.map(({ id }) => id),
  )
}
