import { DatabaseUnavailable } from '../db/database-errors.ts'
import { recordConnectionEvent } from '../db/repositories/connection-status.ts'
import type { EncryptedToken } from '../db/repositories/connection-tokens.ts'
import { writeTokens } from '../db/repositories/connection-tokens.ts'
import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import { nextRefreshAt, spreadOf } from '../domain/refresh-schedule.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { Grant } from '../platforms/connector.ts'
import type { ActivityDeps } from './deps.ts'
import { refreshModelOf } from './deps.ts'
import type { RefreshInput } from './types.ts'

/** A rotated pair exists only in this process until it is written: keep trying for long. */
const KEEP_TRYING_MS = 5 * 60_000

/** Encrypts and writes a refreshed grant, compare-and-set; false when newer tokens are there. */
export async function storeGrant(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
): Promise<boolean> {
  const issuedAt = new Date()
  const giveUpAt = Date.now() + KEEP_TRYING_MS
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      const tokens = await encryptGrant(deps, input, grant)
      return await write(deps, input, grant, tokens, issuedAt)
    } catch (error) {
      if (!isAway(error) || Date.now() > giveUpAt) throw error
      deps.log.warn({ connectionId: input.connectionId }, 'cannot store a refreshed token yet')
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs))
  }
}

function write(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
  tokens: EncryptedToken[],
  issuedAt: Date,
): Promise<boolean> {
  return deps.db.withTenant(input.tenantId, async (em) => {
    const facts = await loadForRefresh(em, input.tenantId, input.connectionId)
    if (facts === undefined) return false
    const version = await writeTokens(em, {
      ...input,
      expectedVersion: input.tokenVersion,
      tokens,
      tokenType: grant.tokenType,
      scopes: grant.scopes,
      issuedAt,
      expiresAt: grant.expiresAt ?? null,
      refreshExpiresAt: grant.refreshExpiresAt ?? null,
      nextRefreshAt: nextRefresh(deps, input, grant, issuedAt, facts.platform),
      serviceUrl: grant.serviceUrl,
      isRefresh: true,
    })
    if (version === undefined) return false
    await recordConnectionEvent(em, input, { type: 'refreshed', detail: { version } })
    return true
  })
}

function nextRefresh(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
  issuedAt: Date,
  platform: Parameters<typeof refreshModelOf>[1],
): Date | null {
  const life = {
    refreshModel: refreshModelOf(deps, platform),
    issuedAt: issuedAt.getTime(),
    expiresAt: grant.expiresAt?.getTime() ?? null,
  }
  const atMs = nextRefreshAt(life, spreadOf(input.connectionId))
  return atMs === null ? null : new Date(atMs)
}

async function encryptGrant(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
): Promise<EncryptedToken[]> {
  const secrets = Object.entries({ ...grant.secrets }).map(([kind, value]) => ({ kind, value }))
  const access = { kind: 'access', value: grant.accessToken, expiresAt: grant.expiresAt }
  const refresh = { kind: 'refresh', value: grant.refreshToken, expiresAt: grant.refreshExpiresAt }
  // An empty value never replaces a stored one.
  const given = [access, refresh, ...secrets].filter(({ value }) => value)
  const { tenantId, connectionId } = input
  const sealed = await deps.cipher.encrypt(
    given.map(({ kind, value }) => ({
      plaintext: value ?? '',
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  return given.flatMap((token, index) => {
    const item = sealed[index]
    if (item === undefined) throw new Error('the cipher answered fewer items than it was given')
    const expiresAt = 'expiresAt' in token ? (token.expiresAt ?? null) : null
    return [{ kind: token.kind, ...item, expiresAt }]
  })
}

/** Troubles that pass; anything else would fail the same way again. */
function isAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  return error instanceof Error && error.name === 'CipherUnavailable'
}
