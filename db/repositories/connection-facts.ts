import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConnectionState } from '../../domain/connection-state.ts'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'

/** Snapshot for the connection workflow; instants in epoch ms, no token among them. */
export interface ConnectionFacts {
  platform: Platform
  isActive: boolean
  state: Omit<ConnectionState, 'refreshModel'>
}

interface Row {
  platform: string
  is_active: boolean
  status: ConnectionState['status']
  token_version: number
  issued_at: string | Date | null
  expires_at: string | Date | null
  refresh_failures: number
  next_refresh_at: string | Date | null
}

const FACTS = `
  select platform, is_active, status, token_version, issued_at, expires_at, refresh_failures,
    next_refresh_at
  from connections where tenant_id = ? and id = ?`

/** What the connection workflow may know; the refresh model is the platform's, not the row's. */
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
  return {
    platform,
    isActive: row.is_active,
    state: {
      status: row.status,
      tokenVersion: row.token_version,
      issuedAt: toMs(row.issued_at),
      expiresAt: toMs(row.expires_at),
      refreshFailures: row.refresh_failures,
      nextRefreshAt: toMs(row.next_refresh_at),
    },
  }
}

function toMs(value: string | Date | null): number | null {
  return value === null ? null : new Date(value).getTime()
}
