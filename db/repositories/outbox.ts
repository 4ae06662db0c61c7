import type { EntityManager } from '@mikro-orm/postgresql'

export const OUTBOX_KINDS = [
  'post_start',
  'post_changed',
  'connection_start',
  'connection_changed',
] as const
export type OutboxKind = (typeof OUTBOX_KINDS)[number]

/**
 * Names what changed and not how: the reader loads the row as it is then, so order and repeats do
 * no harm.
 */
export interface OutboxMessage {
  id: string
  tenantId: string
  kind: OutboxKind
  aggregateId: string
}

/** Ties a row to what must be told to Temporal: same transaction, delivered at least once. */
export async function enqueue(
  em: EntityManager,
  message: Omit<OutboxMessage, 'id'>,
): Promise<string> {
  const sql = `insert into outbox (tenant_id, kind, aggregate_id) values (?, ?, ?) returning id`
  const [row] = await em.execute<{ id: string | number }[]>(sql, [
    message.tenantId,
    message.kind,
    message.aggregateId,
  ])
  if (row === undefined) throw new Error('insert into outbox returned no id')
  return String(row.id)
}

/**
 * SKIP LOCKED lets relays work side by side; the lease and not a held lock keeps a message theirs.
 */
const LEASE = `
  update outbox set available_at = now() + ? * interval '1 millisecond', attempts = attempts + 1
  where id in (
    select id from outbox where processed_at is null and available_at <= now()
    order by id limit ? for update skip locked)
  returning id, tenant_id, kind, aggregate_id`

/**
 * Takes messages for `leaseMs`; a relay that dies in between loses them to another when the lease
 * ends. Runs as the system role, across tenants.
 */
export async function leaseMessages(
  em: EntityManager,
  limit: number,
  leaseMs: number,
): Promise<OutboxMessage[]> {
  const rows = await em.execute<
    { id: string | number; tenant_id: string; kind: OutboxKind; aggregate_id: string }[]
  >(LEASE, [leaseMs, limit])
  return rows
    .map((row) => ({
      id: String(row.id),
      tenantId: row.tenant_id,
      kind: row.kind,
      aggregateId: row.aggregate_id,
    }))
    .sort((a, b) => Number(a.id) - Number(b.id))
}

/** Repeatable: a message that was processed before keeps its instant. */
export async function markProcessed(em: EntityManager, ids: readonly string[]): Promise<void> {
  const sql = `update outbox set processed_at = now(), last_error = null
    where id = any(?::bigint[]) and processed_at is null`
  await em.execute(sql, [`{${ids.join(',')}}`])
}

/** Gives the lease back: the next try comes after as many seconds as there were tries. */
export async function markFailed(em: EntityManager, id: string, error: string): Promise<void> {
  const sql = `update outbox set last_error = ?,
      available_at = now() + least(attempts, 30) * interval '1 second'
    where id = ? and processed_at is null`
  await em.execute(sql, [error.slice(0, 500), id])
}
