import type { EntityManager } from '@mikro-orm/postgresql'

export interface Suspect {
  kind: 'post' | 'connection'
  tenantId: string
  id: string
}

const POSTS = `
  select tenant_id, id from posts
  where deleted_at is null and updated_at < now() - ? * interval '1 millisecond'
    and (status in ('queued', 'unconfirmed') or (status = 'scheduled' and
      (scheduled_at < now() - ? * interval '1 millisecond' or updated_at > now() - interval '1 day')))
  order by updated_at limit ?`

const CONNECTIONS = `
  select tenant_id, id from connections
  where status in ('active', 'error') and updated_at < now() - ? * interval '1 millisecond'
    and (next_refresh_at is null or next_refresh_at < now() + interval '1 hour')
  order by updated_at desc limit ?`

/**
 * Rows that should have a living workflow: posts that are due or under way, posts lately scheduled,
 * and connections whose refresh is near. Runs as the system role; ids only.
 */
export async function sweepSuspects(
  em: EntityManager,
  graceMs: number,
  limit: number,
): Promise<Suspect[]> {
  type Row = { tenant_id: string; id: string }
  const posts = await em.execute<Row[]>(POSTS, [graceMs, graceMs, limit])
  const connections = await em.execute<Row[]>(CONNECTIONS, [graceMs, limit])
  return [
    ...posts.map((row) => ({ kind: 'post' as const, tenantId: row.tenant_id, id: row.id })),
    ...connections.map((row) => ({
      kind: 'connection' as const,
      tenantId: row.tenant_id,
      id: row.id,
    })),
  ]
}

/** Messages that nobody has delivered for too long. */
export async function overdueMessages(em: EntityManager, graceMs: number): Promise<number> {
  const sql = `select count(*) as overdue from outbox
    where processed_at is null and created_at < now() - ? * interval '1 millisecond'`
  const [row] = await em.execute<{ overdue: string | number }[]>(sql, [graceMs])
  return Number(row?.overdue ?? 0)
}

export async function recordSweep(
  em: EntityManager,
  disagreements: number,
  detail: object,
): Promise<void> {
  const sql = 'insert into sweep_results (at, disagreements, detail) values (now(), ?, ?::jsonb)'
  await em.execute(sql, [disagreements, JSON.stringify(detail)])
  await em.execute(`delete from sweep_results where at < now() - interval '7 days'`)
}

/** What nobody needs any more. */
export async function deleteExpired(em: EntityManager): Promise<void> {
  await em.execute('delete from idempotency_keys where expires_at < now()')
  await em.execute(`delete from outbox where processed_at < now() - interval '1 day'`)
}
