import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConnectionState } from '../../domain/connection-state.ts'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'

/** Snapshot for the connection workflow; instants in epoch ms, no token among them. */
export interface ConnectionFacts {
  platform: Platform
  /** The way it was connected by. */
  method: string
  isActive: boolean
  /** `syncEveryMs` as the row asks for it, whether or not the platform has anything to sync. */
  state: Omit<ConnectionState, 'syncEveryMs'> & { syncEveryMs: number }
}

type Instant = string | Date | null

interface Row {
  platform: string
  method: string
  is_active: boolean
  status: ConnectionState['status']
  refresh_model: ConnectionState['refreshModel']
  token_version: number
  issued_at: Instant
  expires_at: Instant
  refresh_expires_at: Instant
  refresh_failures: number
  next_refresh_at: Instant
  last_validated_at: Instant
  last_validation_failed_at: Instant
  warned_days: number | null
  sync_frequency_minutes: number
  last_sync_at: Instant
}

const FACTS = `
  select platform, method, is_active, status, refresh_model, token_version, issued_at, expires_at,
    refresh_expires_at, refresh_failures, next_refresh_at, last_validated_at,
    last_validation_failed_at, warned_days, sync_frequency_minutes, last_sync_at
  from connections where tenant_id = ? and id = ?`

/** What the connection workflow may know. */
export async function loadConnectionState(
  em: EntityManager,
  tenantId: string,
  connectionId: string,
): Promise<ConnectionFacts | undefined> {
  const [row] = await em.execute<Row[]>(FACTS, [tenantId, connectionId])
  return row === undefined ? undefined : toFacts(row)
}

function toFacts(row: Row): ConnectionFacts {
  const platform = parsePlatform(row.platform)
  if (platform === undefined) throw new Error(`connections holds unknown platform ${row.platform}`)
  const { method, is_active: isActive } = row
  return {
    platform,
    method,
    isActive,
    state: {
      status: row.status,
      refreshModel: row.refresh_model,
      tokenVersion: row.token_version,
      issuedAt: toMs(row.issued_at),
      expiresAt: toMs(row.expires_at),
      refreshExpiresAt: toMs(row.refresh_expires_at),
      refreshFailures: row.refresh_failures,
      nextRefreshAt: toMs(row.next_refresh_at),
      validatedAt: toMs(row.last_validated_at),
      validationFailedAt: toMs(row.last_validation_failed_at),
      warnedDays: row.warned_days,
      syncEveryMs: row.sync_frequency_minutes * 60_000,
      syncedAt: toMs(row.last_sync_at),
    },
  }
}

function toMs(value: Instant): number | null {
  return value === null ? null : new Date(value).getTime()
}
