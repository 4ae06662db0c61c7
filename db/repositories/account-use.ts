import type { EntityManager } from '@mikro-orm/postgresql'

interface AccountIds {
  tenantId: string
  connectionId: string
}

const PARTS = `greatest(1, (select count(*) from jsonb_array_elements(g.parts) p
  where p->>'role' in ('post', 'reply')))`

const SENT = `
  select extract(epoch from g.published_at) * 1000 as at_ms, ${PARTS} as posts
  from post_targets g
  where g.tenant_id = ? and g.connection_id = ? and g.published_at > ?
  order by g.published_at desc limit 500`

/** Posts of an account that went out since an instant, newest first; 500 are more than any cap. */
export async function sentSince(
  em: EntityManager,
  { tenantId, connectionId }: AccountIds,
  since: Date,
): Promise<{ atMs: number; posts: number }[]> {
  const rows = await em.execute<{ at_ms: string; posts: string }[]>(SENT, [
    tenantId,
    connectionId,
    since,
  ])
  return rows.map((row) => ({ atMs: Number(row.at_ms), posts: Number(row.posts) }))
}

const PLANNED = `
  select extract(epoch from p.scheduled_at) * 1000 as at_ms, 1 as posts
  from post_targets g join posts p on p.tenant_id = g.tenant_id and p.id = g.post_id
  where g.tenant_id = ? and g.connection_id = ? and p.deleted_at is null and p.id is distinct from ?
    and p.status = 'scheduled' and p.scheduled_at > ? and p.scheduled_at <= ?
    and g.status in ('pending', 'queued')
  limit 500`

/** Posts of an account that are planned between two instants, one of them left out. */
export async function plannedBetween(
  em: EntityManager,
  { tenantId, connectionId }: AccountIds,
  window: { from: Date; to: Date; exceptPostId?: string },
): Promise<{ atMs: number; posts: number }[]> {
  const rows = await em.execute<{ at_ms: string; posts: string }[]>(PLANNED, [
    tenantId,
    connectionId,
    window.exceptPostId ?? null,
    window.from,
    window.to,
  ])
  return rows.map((row) => ({ atMs: Number(row.at_ms), posts: Number(row.posts) }))
}
