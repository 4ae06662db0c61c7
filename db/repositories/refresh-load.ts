import type { EntityManager } from '@mikro-orm/postgresql'
import type { RefreshModel } from '../../domain/connection-state.ts'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'
import type { StoredToken } from './connection-tokens.ts'
import { loadTokens } from './connection-tokens.ts'

/** What a call to a platform about the connection itself needs. Secrets are ciphertext. */
export interface RefreshFacts {
  platform: Platform
  method: string
  refreshModel: RefreshModel
  status: string
  tokenVersion: number
  refreshFailures: number
  expiresAt: Date | null
  refreshExpiresAt: Date | null
  /** Last proof that the account works. */
  validatedAt: Date | null
  serviceUrl: string | null
  tokenType: string
  accountId: string | null
  accountKind: string | null
  parentAccountId: string | null
  /** Who consented, where that is another than the account. */
  grantorId: string | null
  scopes: readonly string[]
  tokens: StoredToken[]
  /** The app that the tokens were given to, where it is not the installation's. */
  app: StoredApp | null
}

/** Client credentials as they are stored; sealed under `app:{id}` and `field`. */
export interface StoredApp {
  id: string
  clientId: string
  field: 'client_secret' | 'api_secret'
  secretCiphertext: string | null
}

type Instant = string | Date | null

interface Row {
  platform: string
  method: string
  refresh_model: RefreshModel
  status: string
  token_version: number
  refresh_failures: number
  expires_at: Instant
  refresh_expires_at: Instant
  last_validated_at: Instant
  service_url: string | null
  token_type: string | null
  platform_account_id: string | null
  account_kind: string | null
  parent_account_id: string | null
  grantor_id: string | null
  scopes: string[]
  registration_id: string | null
  registration_client_id: string | null
  registration_secret: string | null
  app_id: string | null
  app_client_id: string | null
  app_client_secret: string | null
  app_api_key: string | null
  app_api_secret: string | null
}

const LOAD = `
  select c.platform, c.method, c.refresh_model, c.status, c.token_version, c.refresh_failures,
    c.expires_at, c.refresh_expires_at, c.last_validated_at, c.service_url, c.token_type, c.platform_account_id,
    c.account_kind, c.parent_account_id, c.grantor_id, c.scopes,
    r.id as registration_id, r.client_id as registration_client_id,
    r.client_secret_ciphertext as registration_secret,
    a.id as app_id, a.client_id as app_client_id, a.client_secret_ciphertext as app_client_secret,
    a.api_key as app_api_key, a.api_secret_ciphertext as app_api_secret
  from connections c
    left join app_registrations r on r.tenant_id = c.tenant_id
      and r.platform = c.platform and r.service_url = c.service_url
    left join platform_apps a on a.tenant_id = c.tenant_id and a.id = c.platform_app_id
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
    method: row.method,
    refreshModel: row.refresh_model,
    status: row.status,
    tokenVersion: row.token_version,
    refreshFailures: row.refresh_failures,
    expiresAt: toDate(row.expires_at),
    refreshExpiresAt: toDate(row.refresh_expires_at),
    validatedAt: toDate(row.last_validated_at),
    serviceUrl: row.service_url,
    tokenType: row.token_type ?? 'bearer',
    accountId: row.platform_account_id,
    accountKind: row.account_kind,
    parentAccountId: row.parent_account_id,
    grantorId: row.grantor_id,
    scopes: row.scopes,
    tokens,
    app: appOf(row),
  }
}

function appOf(row: Row): StoredApp | null {
  if (row.app_id !== null) {
    const { app_id: id, app_api_key: apiKey, app_client_id: clientId } = row
    if (row.method === 'oauth1' && apiKey !== null) {
      return { id, clientId: apiKey, field: 'api_secret', secretCiphertext: row.app_api_secret }
    }
    if (clientId === null) return null
    return { id, clientId, field: 'client_secret', secretCiphertext: row.app_client_secret }
  }
  const { registration_id: id, registration_client_id: clientId } = row
  if (id === null || clientId === null) return null
  return { id, clientId, field: 'client_secret', secretCiphertext: row.registration_secret }
}

function toDate(value: Instant): Date | null {
  return value === null ? null : new Date(value)
}
