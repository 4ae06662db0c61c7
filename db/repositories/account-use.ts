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
  order by g.published_at desc limit ?`

/** The newest posts of an account that went out since an instant; more than a cap need not be read. */
export async function sentSince(
  em: EntityManager,
  { tenantId, connectionId }: AccountIds,
  since: Date,
  atMost: number,
): Promise<{ atMs: number; posts: number }[]> {
  const rows = await em.execute<{ at_ms: string; posts: string }[]>(SENT, [
    tenantId,
    connectionId,
    since,
    atMost,
  ])
  return rows.map((row) => ({ atMs: Number(row.at_ms), posts: Number(row.posts) }))
}

const PLANNED = `
  select extract(epoch from p.at) * 1000 as at_ms, 1 + case jsonb_typeof(g.settings->'thread')
    when 'array' then jsonb_array_length(g.settings->'thread') else 0 end as posts
  from post_targets g join (
    select tenant_id, id, case status when 'queued' then coalesce(publish_started_at, scheduled_at)
      else scheduled_at end as at
    from posts where status in ('scheduled', 'queued') and deleted_at is null
  ) p on p.tenant_id = g.tenant_id and p.id = g.post_id
  where g.tenant_id = ? and g.connection_id = ? and p.id is distinct from ?
    and p.at > ? and p.at <= ? and g.status in ('pending', 'queued', 'publishing')
  order by p.at desc limit ?`

/** Posts of an account that are planned or on their way between two instants, one left out. */
export async function plannedBetween(
  em: EntityManager,
  { tenantId, connectionId }: AccountIds,
  window: { from: Date; to: Date; exceptPostId?: string; atMost: number },
): Promise<{ atMs: number; posts: number }[]> {
  const rows = await em.execute<{ at_ms: string; posts: string }[]>(PLANNED, [
    tenantId,
    connectionId,
    window.exceptPostId ?? null,
    window.from,
    window.to,
    window.atMost,
  ])
  return rows.map((row) => ({ atMs: Number(row.at_ms), posts: Number(row.posts) }))
}
