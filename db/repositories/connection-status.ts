import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConnectionStatus } from '../../domain/connection-state.ts'
import { connectionAnnouncement } from './webhook-events.ts'

/** A connection within its tenant; both are in every WHERE, beside row-level security. */
export interface ConnectionIds {
  tenantId: string
  connectionId: string
}

export interface ConnectionError {
  code: string
  /** Words for a person; shown as `last_error`. */
  message: string
}

/** `detail` holds ids and codes; never a token, never a platform's raw answer. */
interface ConnectionEvent {
  type: string
  detail?: Readonly<Record<string, unknown>>
  actorId?: string | null
}

/**
 * Adds to the connection's history and tells the tenant's endpoints; call it after the write that
 * raised `seq`.
 */
export async function recordConnectionEvent(
  em: EntityManager,
  ids: ConnectionIds,
  event: ConnectionEvent,
): Promise<void> {
  const insert = `insert into connection_events (tenant_id, connection_id, seq, type, detail, actor_id)
    select tenant_id, id, seq, ?, ?::jsonb, ? from connections where tenant_id = ? and id = ?`
  const detail = JSON.stringify(event.detail ?? {})
  const { tenantId, connectionId } = ids
  const values = [event.type, detail, event.actorId ?? null, tenantId, connectionId]
  const told = connectionAnnouncement(event)
  if (told === undefined) {
    await em.execute(insert, values)
    return
  }
  const announced = `with recorded as (${insert} returning tenant_id, connection_id)
    select announce_connection(tenant_id, connection_id, ?, ?::jsonb) from recorded`
  await em.execute(announced, [...values, told.type, JSON.stringify(told.extra)])
}

/**
 * Notes that the token endpoint is about to be called. Answers false when the version has moved or
 * the connection may not refresh; `interrupted` when an earlier call never told its end.
 */
export async function beginRefresh(
  em: EntityManager,
  ids: ConnectionIds,
  tokenVersion: number,
): Promise<{ begun: boolean; interrupted: boolean }> {
  // The inner select locks the row: two calls with one version cannot both begin.
  const sql = `update connections c set refresh_started_at = now()
    from (select id, refresh_started_at from connections
      where tenant_id = ? and id = ? for update) old
    where c.tenant_id = ? and c.id = old.id and c.token_version = ?
      and c.status in ('active', 'error')
    returning old.refresh_started_at is not null as interrupted`
  const { tenantId, connectionId } = ids
  const values = [tenantId, connectionId, tenantId, tokenVersion]
  const [row] = await em.execute<{ interrupted: boolean }[]>(sql, values)
  return { begun: row !== undefined, interrupted: row?.interrupted ?? false }
}

/** Refusals in a row after which a person should look. */
const REFUSALS_UNTIL_ERROR = 5

export interface RefreshTrouble extends ConnectionError {
  nextTryAt: Date
  /** The platform refused us without proof of revocation: five in a row are an `error`. */
  isRefusal: boolean
  /** The platform answered: the stored refresh token has not been used up by this call. */
  answered: boolean
}

/** A refresh that failed without proof that the grant is dead: the account stays connected. */
export async function recordRefreshTrouble(
  em: EntityManager,
  ids: ConnectionIds,
  tokenVersion: number,
  trouble: RefreshTrouble,
): Promise<void> {
  const sql = `update connections set refresh_failures = refresh_failures + 1, next_refresh_at = ?,
      last_error = ?::jsonb, seq = seq + 1,
      refresh_refusals = case when ? then refresh_refusals + 1 else 0 end,
      status = case when ? and refresh_refusals + 1 >= ? then 'error' else status end,
      refresh_started_at = case when ? then null else refresh_started_at end
    where tenant_id = ? and id = ? and token_version = ? and status in ('active', 'error')
    returning id`
  const { code, message, nextTryAt, isRefusal, answered } = trouble
  const refusal = [isRefusal, isRefusal, REFUSALS_UNTIL_ERROR]
  const values = [nextTryAt, errorJson({ code, message }), ...refusal, answered]
  const owner = [ids.tenantId, ids.connectionId, tokenVersion]
  const rows = await em.execute<unknown[]>(sql, [...values, ...owner])
  if (rows.length === 0) return
  await recordConnectionEvent(em, ids, { type: 'refresh_failed', detail: { code } })
}

/**
 * The platform proved that the grant is dead. Compare-and-set: if somebody stored newer tokens in
 * the meantime, the proof was about old ones and nothing changes.
 */
export async function recordDead(
  em: EntityManager,
  ids: ConnectionIds,
  tokenVersion: number,
  status: Extract<ConnectionStatus, 'expired' | 'revoked'>,
  error: ConnectionError,
): Promise<boolean> {
  const sql = `update connections set status = ?, last_error = ?::jsonb, next_refresh_at = null,
      refresh_started_at = null, is_authenticated = false, seq = seq + 1
    where tenant_id = ? and id = ? and token_version = ?
      and status in ('active', 'error') returning id`
  const owner = [ids.tenantId, ids.connectionId, tokenVersion]
  const rows = await em.execute<unknown[]>(sql, [status, errorJson(error), ...owner])
  if (rows.length === 0) return false
  const detail = { status, code: error.code }
  await recordConnectionEvent(em, ids, { type: 'needs_reconnect', detail })
  return true
}

/** What a platform says of an account, as far as it may change. */
export interface SeenAccount {
  handle: string
  displayName: string | null
  profileImageUrl: string | null
}

/** The account was seen to work; what it calls itself may have changed. */
export async function recordValidated(
  em: EntityManager,
  ids: ConnectionIds,
  account: SeenAccount,
): Promise<void> {
  const sql = `update connections set last_validated_at = now(), last_validation_failed_at = null,
      account_handle = ?, display_name = coalesce(?, display_name),
      profile_image_url = coalesce(?, profile_image_url),
      last_error = case when refresh_failures = 0 then null else last_error end
    where tenant_id = ? and id = ?`
  const { handle, displayName, profileImageUrl } = account
  const values = [handle, displayName, profileImageUrl, ids.tenantId, ids.connectionId]
  await em.execute(sql, values)
}

/** A validation that proved nothing: the account stays as it is and is asked again later. */
export async function recordNotValidated(
  em: EntityManager,
  ids: ConnectionIds,
  error: ConnectionError,
): Promise<void> {
  const sql = `update connections set last_validation_failed_at = now(), last_error = ?::jsonb
    where tenant_id = ? and id = ? and status <> 'disconnected'`
  await em.execute(sql, [errorJson(error), ids.tenantId, ids.connectionId])
}

/** A person was told that the access ends in so many days; each warning is given once. */
export async function recordWarned(
  em: EntityManager,
  ids: ConnectionIds,
  warning: { tokenVersion: number; days: number; endsAt: Date },
): Promise<void> {
  const sql = `update connections set warned_days = ?, seq = seq + 1
    where tenant_id = ? and id = ? and token_version = ? and status in ('active', 'error')
      and (warned_days is null or warned_days > ?) returning id`
  const { tokenVersion, days, endsAt } = warning
  const owner = [ids.tenantId, ids.connectionId, tokenVersion]
  const rows = await em.execute<unknown[]>(sql, [days, ...owner, days])
  if (rows.length === 0) return
  const detail = { days_left: days, ends_at: endsAt.toISOString() }
  await recordConnectionEvent(em, ids, { type: 'expiring', detail })
}

/** Ends a connection; its ciphertexts are erased by the caller in the same transaction. */
export async function recordDisconnected(
  em: EntityManager,
  ids: ConnectionIds,
  actorId: string | null,
): Promise<void> {
  const sql = `update connections set status = 'disconnected', disconnected_at = now(),
      next_refresh_at = null, refresh_started_at = null, is_authenticated = false, seq = seq + 1
    where tenant_id = ? and id = ? and status <> 'disconnected' returning id`
  const rows = await em.execute<unknown[]>(sql, [ids.tenantId, ids.connectionId])
  if (rows.length === 0) return
  await recordConnectionEvent(em, ids, { type: 'disconnected', actorId })
}

function errorJson(error: ConnectionError): string {
  const { code, message } = error
  return JSON.stringify({ code, message, at: new Date().toISOString() })
}
