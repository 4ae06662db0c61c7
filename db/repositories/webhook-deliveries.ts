import type { EntityManager } from '@mikro-orm/postgresql'
import type { WebhookDisabledReason } from '../../domain/webhook-events.ts'

/** A delivery that this process may attempt until its lease ends. */
export interface LeasedDelivery {
  id: string
  tenantId: string
  endpointId: string
  /** Of this attempt; an outcome counts only while no later one has begun. */
  attempt: number
}

export interface LeaseRequest {
  now: Date
  /** A sender that dies loses what it holds after this. */
  leaseMs: number
  /** At most this many in all. */
  limit: number
  /** At most this many of one endpoint; one that fails gets a single one. */
  perEndpoint: number
  /** Endpoints that have enough under way. */
  busy: readonly string[]
}

// By endpoint and not by age alone: the backlog of one that is slow must not fill every batch.
const LEASE = `
  update webhook_deliveries w set attempts = attempts + 1,
    next_attempt_at = ?::timestamptz + ? * interval '1 millisecond'
  where w.id in (
    select d.id from webhook_endpoints e
    cross join lateral (
      select id, next_attempt_at from webhook_deliveries
      where endpoint_id = e.id and state = 'pending' and next_attempt_at <= ?
      order by next_attempt_at
      limit case when e.consecutive_failures > 0 then 1 else ? end
      for update skip locked) d
    where e.is_active and e.id <> all(?::uuid[])
    order by d.next_attempt_at limit ?)
  returning w.id, w.tenant_id, w.endpoint_id, w.attempts`

/** For `asSystem`: takes what is due, in no order. SKIP LOCKED lets senders work side by side. */
export async function leaseDeliveries(
  em: EntityManager,
  { now, leaseMs, limit, perEndpoint, busy }: LeaseRequest,
): Promise<LeasedDelivery[]> {
  const rows = await em.execute<
    { id: string; tenant_id: string; endpoint_id: string; attempts: number }[]
  >(LEASE, [now, leaseMs, now, perEndpoint, `{${busy.join(',')}}`, limit])
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    endpointId: row.endpoint_id,
    attempt: row.attempts,
  }))
}

/** All that one attempt needs; secrets are ciphertexts still. */
export interface DeliveryLoad {
  url: string
  /** The current one first, the previous one while it is valid. */
  secrets: string[]
  eventId: string
  type: string
  occurredAt: Date
  seq: number | null
  data: Record<string, unknown>
  failedAttempts: number
}

/** Within the tenant; undefined when it is no longer this attempt's, or its endpoint is off. */
export async function loadDelivery(
  em: EntityManager,
  leased: LeasedDelivery,
  now: Date,
): Promise<DeliveryLoad | undefined> {
  await forgetExpiredSecret(em, leased.endpointId, now)
  const sql = `
    select p.url, p.secret_ciphertext, p.previous_secret_ciphertext, e.id as event_id, e.type,
      e.occurred_at, e.seq, e.data, d.failed_attempts
    from webhook_deliveries d
    join webhook_events e on e.tenant_id = d.tenant_id and e.id = d.event_id
    join webhook_endpoints p on p.tenant_id = d.tenant_id and p.id = d.endpoint_id
    where d.id = ? and d.attempts = ? and d.state = 'pending' and p.is_active`
  const [row] = await em.execute<LoadRow[]>(sql, [leased.id, leased.attempt])
  if (row === undefined) return undefined
  const { secret_ciphertext: current, previous_secret_ciphertext: previous } = row
  return {
    url: row.url,
    secrets: previous === null ? [current] : [current, previous],
    eventId: row.event_id,
    type: row.type,
    occurredAt: new Date(row.occurred_at),
    seq: row.seq === null ? null : Number(row.seq),
    data: row.data,
    failedAttempts: row.failed_attempts,
  }
}

interface LoadRow {
  url: string
  secret_ciphertext: string
  previous_secret_ciphertext: string | null
  event_id: string
  type: string
  occurred_at: string | Date
  seq: string | number | null
  data: Record<string, unknown>
  failed_attempts: number
}

async function forgetExpiredSecret(em: EntityManager, endpointId: string, now: Date) {
  const sql = `update webhook_endpoints
    set previous_secret_ciphertext = null, previous_secret_expires_at = null
    where id = ? and previous_secret_expires_at <= ?`
  await em.execute(sql, [endpointId, now])
}

/** How one attempt went. */
export interface Attempted {
  at: Date
  durationMs: number
  /** Undefined when there was no answer. */
  status?: number
  /** Words for the log of deliveries; undefined when the receiver took it. */
  error?: string
}

/** Within the tenant: the receiver took it. */
export async function recordDelivered(
  em: EntityManager,
  leased: LeasedDelivery,
  { at, durationMs, status }: Attempted,
): Promise<void> {
  const sql = `update webhook_deliveries set state = 'delivered', next_attempt_at = null,
      delivered_at = ?, last_attempt_at = ?, last_status = ?, last_duration_ms = ?,
      last_error = null
    where id = ? and attempts = ? and state = 'pending' returning id`
  const values = [at, at, status ?? null, durationMs, leased.id, leased.attempt]
  const rows = await em.execute<unknown[]>(sql, values)
  if (rows.length === 0) return
  // Once a minute at most: deliveries side by side would wait for each other's write of this row.
  const healthy = `update webhook_endpoints
    set consecutive_failures = 0, failing_since = null, last_delivered_at = ?
    where id = ? and (consecutive_failures > 0 or last_delivered_at is null
      or last_delivered_at < ?::timestamptz - interval '1 minute')`
  await em.execute(healthy, [at, leased.endpointId, at])
}

/** The endpoint after one more failure. */
export interface FailingEndpoint {
  failures: number
  since: Date
}

/**
 * Within the tenant: the receiver did not take it; null as `nextAttemptAt` was the last attempt.
 * Undefined when another attempt has begun meanwhile, which then counts.
 */
export async function recordFailed(
  em: EntityManager,
  leased: LeasedDelivery,
  { at, durationMs, status, error = '' }: Attempted,
  nextAttemptAt: Date | null,
): Promise<FailingEndpoint | undefined> {
  const sql = `update webhook_deliveries set state = ?, next_attempt_at = ?,
      failed_attempts = failed_attempts + 1, last_attempt_at = ?, last_status = ?,
      last_duration_ms = ?, last_error = ?
    where id = ? and attempts = ? and state = 'pending' returning id`
  const state = nextAttemptAt === null ? 'failed' : 'pending'
  const outcome = [state, nextAttemptAt, at, status ?? null, durationMs, error.slice(0, 500)]
  const rows = await em.execute<unknown[]>(sql, [...outcome, leased.id, leased.attempt])
  if (rows.length === 0) return undefined
  const count = `update webhook_endpoints set consecutive_failures = consecutive_failures + 1,
      failing_since = coalesce(failing_since, ?)
    where id = ? returning consecutive_failures as failures, failing_since as since`
  const found = await em.execute<{ failures: number; since: string | Date }[]>(count, [
    at,
    leased.endpointId,
  ])
  const [endpoint] = found
  if (endpoint === undefined) return undefined
  return { failures: endpoint.failures, since: new Date(endpoint.since) }
}

/** Within the tenant: nothing was sent and nothing is counted; Vault may be away, for example. */
export async function postponeDelivery(
  em: EntityManager,
  leased: LeasedDelivery,
  until: Date,
  reason: string,
): Promise<void> {
  const sql = `update webhook_deliveries set next_attempt_at = ?, last_error = ?
    where id = ? and attempts = ? and state = 'pending'`
  await em.execute(sql, [until, reason, leased.id, leased.attempt])
}

/** Within the tenant: false when it is off already. What waits for it waits until it is on again. */
export async function disableEndpoint(
  em: EntityManager,
  endpointId: string,
  reason: WebhookDisabledReason,
  at: Date,
): Promise<boolean> {
  const sql = `update webhook_endpoints set is_active = false, disabled_at = ?,
      disabled_reason = ?, revision = revision + 1
    where id = ? and is_active returning id`
  const rows = await em.execute<unknown[]>(sql, [at, reason, endpointId])
  return rows.length > 0
}
