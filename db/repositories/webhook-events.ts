import type { EntityManager } from '@mikro-orm/postgresql'
import { TEST_EVENT_TYPE, type WebhookEventType } from '../../domain/webhook-events.ts'

/** Which entry of a connection's history is told to endpoints, and as what. */
const CONNECTION_EVENT_TYPES: Readonly<Record<string, WebhookEventType>> = {
  connected: 'connection.connected',
  reconnected: 'connection.connected',
  refreshed: 'connection.refreshed',
  recovered: 'connection.recovered',
  needs_reconnect: 'connection.needs_reconnect',
  disconnected: 'connection.disconnected',
  expiring: 'connection.expiring',
}

/** Parts of a connection's event that endpoints are told; everything else stays here. */
const TOLD_DETAILS = ['days_left', 'ends_at']

/** What `announce_connection` is called with; undefined for what is nobody else's matter. */
export function connectionAnnouncement(event: {
  type: string
  detail?: Readonly<Record<string, unknown>>
}): { type: WebhookEventType; extra: Readonly<Record<string, unknown>> } | undefined {
  const type = CONNECTION_EVENT_TYPES[event.type]
  if (type === undefined) return undefined
  const told = Object.entries(event.detail ?? {}).filter(([name]) => TOLD_DETAILS.includes(name))
  const reconnected = event.type === 'reconnected' ? { reconnected: true } : {}
  return { type, extra: { ...Object.fromEntries(told), ...reconnected } }
}

/** For `asSystem`: tenants with events that were not handed out yet. */
export async function tenantsWithNewEvents(em: EntityManager, limit: number): Promise<string[]> {
  const sql = 'select distinct tenant_id from webhook_events where seq is null limit ?'
  const rows = await em.execute<{ tenant_id: string }[]>(sql, [limit])
  return rows.map((row) => row.tenant_id)
}

/** Numbers are given under this lock alone, in the order in which events became visible. */
const NUMBERING = `hashtextextended('webhook_events|' || ?, 0)`

const HAND_OUT = `
  with fresh as (
    select id, row_number() over (order by occurred_at, id) as n from (
      select id, occurred_at from webhook_events
      where tenant_id = ? and seq is null order by occurred_at, id limit ?) f
  ), numbered as (
    update webhook_events e
    set seq = fresh.n + (select coalesce(max(seq), 0) from webhook_events where tenant_id = ?)
    from fresh where e.tenant_id = ? and e.id = fresh.id
    returning e.id, e.type
  ), addressed as (
    insert into webhook_deliveries (tenant_id, event_id, endpoint_id, next_attempt_at)
    select p.tenant_id, n.id, p.id, ? from numbered n
    join webhook_endpoints p on p.tenant_id = ? and p.is_active
      and (p.events = '{}' or n.type = any(p.events))
    returning 1
  )
  select (select count(*) from numbered) as events, (select count(*) from addressed) as deliveries`

/**
 * Numbers a tenant's new events and gives each endpoint that asks for them a delivery, due at `now`.
 * Answers how many events that were; 0 too while somebody else does it.
 */
export async function handOutEvents(
  em: EntityManager,
  tenantId: string,
  now: Date,
  limit: number,
): Promise<number> {
  const lock = `select pg_try_advisory_xact_lock(${NUMBERING}) as mine`
  const [held] = await em.execute<{ mine: boolean }[]>(lock, [tenantId])
  if (!held?.mine) return 0
  const values = [tenantId, limit, tenantId, tenantId, now, tenantId]
  const [done] = await em.execute<{ events: string | number }[]>(HAND_OUT, values)
  return Number(done?.events ?? 0)
}

/** A test for one endpoint, whatever it has asked for; answers the id of its delivery. */
export async function announceTest(
  em: EntityManager,
  target: { tenantId: string; endpointId: string },
  now: Date,
): Promise<string> {
  const { tenantId, endpointId } = target
  await em.execute(`select pg_advisory_xact_lock(${NUMBERING})`, [tenantId])
  const sql = `
    with told as (
      insert into webhook_events (tenant_id, type, data, seq)
      select ?::uuid, ?, ?::jsonb, coalesce(max(seq), 0) + 1 from webhook_events where tenant_id = ?
      returning tenant_id, id)
    insert into webhook_deliveries (tenant_id, event_id, endpoint_id, next_attempt_at)
    select tenant_id, id, ?::uuid, ? from told returning id`
  const data = JSON.stringify({ webhook_endpoint_id: endpointId })
  const values = [tenantId, TEST_EVENT_TYPE, data, tenantId, endpointId, now]
  const [row] = await em.execute<{ id: string }[]>(sql, values)
  if (row === undefined) throw new Error('insert into webhook_deliveries returned no id')
  return row.id
}

/**
 * For `asSystem`: forgets what was told a month ago, with its deliveries. The newest event of each
 * tenant stays, because the next number is counted from it.
 */
export async function purgeEvents(em: EntityManager, limit: number): Promise<number> {
  const sql = `delete from webhook_events where id in (
      select e.id from webhook_events e
      where e.occurred_at < now() - interval '30 days'
        and exists (select 1 from webhook_events n
          where n.tenant_id = e.tenant_id and n.seq > e.seq)
      order by e.occurred_at limit ?)
    returning 1`
  const rows = await em.execute<unknown[]>(sql, [limit])
  return rows.length
}
