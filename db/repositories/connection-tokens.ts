import type { EntityManager } from '@mikro-orm/postgresql'

/** One secret as it is stored; `keyVersion` is the cipher's, for later re-encryption. */
export interface EncryptedToken {
  /** `access`, `refresh`, `app_password`, `token_secret` … */
  kind: string
  ciphertext: string
  keyVersion: number
  expiresAt: Date | null
}

/** A grant in its encrypted form, with the version it may replace. */
export interface TokenWrite {
  tenantId: string
  connectionId: string
  /** Version the caller read before it called the platform. */
  expectedVersion: number
  tokens: readonly EncryptedToken[]
  tokenType: string
  scopes: readonly string[]
  issuedAt: Date
  expiresAt: Date | null
  refreshExpiresAt: Date | null
  nextRefreshAt: Date | null
  /** Where the platform tells that the account lives elsewhere now (a moved Bluesky PDS). */
  serviceUrl?: string
  /** True for a refresh, false for a (re)connect. */
  isRefresh: boolean
}

const RAISE_VERSION = `
  update connections set token_version = token_version + 1, token_type = ?,
    service_url = coalesce(?, service_url),
    scopes = case when ?::text[] = '{}' then scopes else ?::text[] end,
    issued_at = ?, expires_at = ?, refresh_expires_at = coalesce(?, refresh_expires_at),
    next_refresh_at = ?, refresh_failures = 0, refresh_refusals = 0,
    refresh_started_at = null, last_error = null, warned_days = null,
    last_validation_failed_at = null,
    status = 'active', disconnected_at = null, is_authenticated = true,
    connected_at = case when ? then connected_at else now() end,
    last_token_refresh_at = case when ? then now() else last_token_refresh_at end,
    last_validated_at = now(), seq = seq + 1
  where tenant_id = ? and id = ? and token_version = ? and (not ? or status <> 'disconnected')
  returning token_version`

/** All kinds in one statement: an answer that exists nowhere else is written in as few as possible. */
const WRITE_TOKENS = `
  insert into connection_tokens
    (tenant_id, connection_id, kind, ciphertext, key_version, token_version, expires_at)
  select ?::uuid, ?::uuid, t.kind, t.ciphertext, t."keyVersion", ?, t."expiresAt"
  from jsonb_to_recordset(?::jsonb)
    as t(kind text, ciphertext text, "keyVersion" integer, "expiresAt" timestamptz)
  on conflict (tenant_id, connection_id, kind) do update set ciphertext = excluded.ciphertext,
    key_version = excluded.key_version, token_version = excluded.token_version,
    expires_at = excluded.expires_at`

/**
 * Replaces a connection's tokens together, compare-and-set on `token_version`: an older refresh never
 * overwrites a newer pair. Kinds that are not given stay as they are, so that a missing refresh token
 * never erases a stored one. Answers the new version, or undefined when somebody was first.
 */
export async function writeTokens(
  em: EntityManager,
  write: TokenWrite,
): Promise<number | undefined> {
  // Only the outer brackets: a platform's scope may hold some of its own.
  const scopes = `{${JSON.stringify(write.scopes).slice(1, -1)}}`
  const [row] = await em.execute<{ token_version: number }[]>(RAISE_VERSION, [
    write.tokenType,
    write.serviceUrl ?? null,
    scopes,
    scopes,
    write.issuedAt,
    write.expiresAt,
    write.refreshExpiresAt,
    write.nextRefreshAt,
    write.isRefresh,
    write.isRefresh,
    write.tenantId,
    write.connectionId,
    write.expectedVersion,
    write.isRefresh,
  ])
  if (row === undefined) return undefined
  // In the caller's transaction: version and tokens change together or not at all.
  const { tenantId, connectionId } = write
  const tokens = JSON.stringify(write.tokens)
  await em.execute(WRITE_TOKENS, [tenantId, connectionId, row.token_version, tokens])
  return row.token_version
}

/** Kind and ciphertext; only activities and connecting decrypt it. */
export interface StoredToken {
  kind: string
  ciphertext: string
}

/** All secrets of a connection, in no order. */
export function loadTokens(
  em: EntityManager,
  tenantId: string,
  connectionId: string,
): Promise<StoredToken[]> {
  const sql = `select kind, ciphertext from connection_tokens
    where tenant_id = ? and connection_id = ?`
  return em.execute<StoredToken[]>(sql, [tenantId, connectionId])
}

/** Erases every secret of a connection; in the transaction that says it is disconnected. */
export async function eraseTokens(
  em: EntityManager,
  tenantId: string,
  connectionId: string,
): Promise<void> {
  const sql = 'delete from connection_tokens where tenant_id = ? and connection_id = ?'
  await em.execute(sql, [tenantId, connectionId])
}
