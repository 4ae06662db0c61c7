import type { EntityManager } from '@mikro-orm/postgresql'

/** A row that should have a living workflow. */
export interface Suspect {
  kind: 'post' | 'connection'
  tenantId: string
  id: string
}

const POSTS = `
  select tenant_id, id from posts
  where id > ? and deleted_at is null and updated_at < now() - ? * interval '1 millisecond'
    and (status in ('queued', 'unconfirmed')
      or (status = 'scheduled' and scheduled_at < now() + interval '10 minutes'))
  order by id limit ?`

const CONNECTIONS = `
  select tenant_id, id from connections
  where id > ? and status in ('active', 'error')
    and updated_at < now() - ? * interval '1 millisecond'
    and (next_refresh_at < now() + interval '10 minutes'
      or last_validated_at < now() - interval '3 days'
      or (next_refresh_at is null and updated_at > now() - interval '1 day'))
  order by id limit ?`

/**
 * One page of rows that should have a living workflow: posts under way, due or soon due, and
 * connections whose refresh is near. Runs as the system role, across tenants; ids only.
 */
export async function sweepSuspects(
  em: EntityManager,
  kind: Suspect['kind'],
  page: { after: string; graceMs: number; limit: number },
): Promise<Suspect[]> {
  const sql = kind === 'post' ? POSTS : CONNECTIONS
  const rows = await em.execute<{ tenant_id: string; id: string }[]>(sql, [
    page.after,
    page.graceMs,
    page.limit,
  ])
  return rows.map((row) => ({ kind, tenantId: row.tenant_id, id: row.id }))
}

/** Messages that nobody has delivered for too long. */
export async function overdueMessages(em: EntityManager, graceMs: number): Promise<number> {
  const sql = `select count(*) as overdue from outbox
    where processed_at is null and created_at < now() - ? * interval '1 millisecond'`
  const [row] = await em.execute<{ overdue: string | number }[]>(sql, [graceMs])
  return Number(row?.overdue ?? 0)
}

/** Keeps a week of results: enough to see since when something disagrees. */
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
  // With them goes what a consent gave and nobody chose.
  await em.execute('delete from oauth_sessions where expires_at < now()')
  await em.execute(`delete from outbox where processed_at < now() - interval '1 day'`)
}
