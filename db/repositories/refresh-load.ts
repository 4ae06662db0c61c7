import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'
import type { StoredToken } from './connection-tokens.ts'
import { loadTokens } from './connection-tokens.ts'

/** What a call to a platform about the connection itself needs. Tokens are ciphertext. */
export interface RefreshFacts {
  platform: Platform
  status: string
  tokenVersion: number
  refreshFailures: number
  refreshExpiresAt: Date | null
  serviceUrl: string | null
  tokenType: string
  tokens: StoredToken[]
  /** Clarion's registration at this host, where hosts hand out their own. */
  registration: { id: string; clientId: string; clientSecretCiphertext: string } | null
}

interface Row {
  platform: string
  status: string
  token_version: number
  refresh_failures: number
  refresh_expires_at: string | Date | null
  service_url: string | null
  token_type: string | null
  registration_id: string | null
  client_id: string | null
  client_secret_ciphertext: string | null
}

const LOAD = `
  select c.platform, c.status, c.token_version, c.refresh_failures, c.refresh_expires_at,
    c.service_url, c.token_type, r.id as registration_id, r.client_id, r.client_secret_ciphertext
  from connections c left join app_registrations r on r.tenant_id = c.tenant_id
    and r.platform = c.platform and r.service_url = c.service_url
  where c.tenant_id = ? and c.id = ?`

/** Every secret, the refresh token included; undefined when the connection is gone. */
export async function loadForRefresh(
  em: EntityManager,
  tenantId: string,
  connectionId: string,
): Promise<RefreshFacts | undefined> {
  const [row] = await em.execute<Row[]>(LOAD, [tenantId, connectionId])
  if (row === undefined) return undefined
  return toFacts(row, await loadTokens(em, tenantId, connectionId))
}

function toFacts(row: Row, tokens: StoredToken[]): RefreshFacts {
  const platform = parsePlatform(row.platform)
  if (platform === undefined) throw new Error(`connections holds unknown platform ${row.platform}`)
  return {
    platform,
    status: row.status,
    tokenVersion: row.token_version,
    refreshFailures: row.refresh_failures,
    refreshExpiresAt: row.refresh_expires_at === null ? null : new Date(row.refresh_expires_at),
    serviceUrl: row.service_url,
    tokenType: row.token_type ?? 'bearer',
    tokens,
    registration: registrationOf(row),
  }
}

function registrationOf(row: Row): RefreshFacts['registration'] {
  const { registration_id: id, client_id: clientId, client_secret_ciphertext: secret } = row
  if (id === null || clientId === null || secret === null) return null
  return { id, clientId, clientSecretCiphertext: secret }
}
