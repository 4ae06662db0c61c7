import { DatabaseUnavailable } from '../db/database-errors.ts'
import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import { recordConnectionEvent } from '../db/repositories/connection-status.ts'
import type { EncryptedToken } from '../db/repositories/connection-tokens.ts'
import { writeTokens } from '../db/repositories/connection-tokens.ts'
import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import { plannedRefresh } from '../domain/refresh-schedule.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { Grant } from '../platforms/authorizer.ts'
import { cipherCode } from './cipher-code.ts'
import { connectionStateOf } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import type { RefreshInput } from './types.ts'

/** A rotated pair exists only in this process until it is written: keep trying for long. */
const KEEP_TRYING_MS = 5 * 60_000

/** What was known of the connection when the token endpoint was called. */
export type KnownLife = Pick<
  RefreshFacts,
  'refreshModel' | 'refreshExpiresAt' | 'refreshFailures' | 'status'
>

export interface StoredGrant {
  /** False when newer tokens are there, or the connection is gone. */
  stored: boolean
  /** The row as it is after it. */
  connection: ConnectionState | null
}

/** Encrypts and writes a refreshed grant, compare-and-set. */
export async function storeGrant(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
  known: KnownLife,
): Promise<StoredGrant> {
  const issuedAt = new Date()
  const giveUpAt = Date.now() + KEEP_TRYING_MS
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      const tokens = await encryptGrant(deps, input, grant)
      return await write(deps, input, { grant, known, tokens, issuedAt })
    } catch (error) {
      if (!isAway(error) || Date.now() > giveUpAt) throw error
      deps.log.warn({ connectionId: input.connectionId }, 'cannot store a refreshed token yet')
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs))
  }
}

interface Sealed {
  grant: Grant
  known: KnownLife
  tokens: EncryptedToken[]
  issuedAt: Date
}

function write(deps: ActivityDeps, input: RefreshInput, sealed: Sealed): Promise<StoredGrant> {
  const { grant, known, tokens, issuedAt } = sealed
  return deps.db.withTenant(input.tenantId, async (em) => {
    const version = await writeTokens(em, {
      ...input,
      expectedVersion: input.tokenVersion,
      tokens,
      tokenType: grant.tokenType,
      scopes: grant.scopes,
      issuedAt,
      expiresAt: grant.expiresAt ?? null,
      refreshExpiresAt: grant.refreshExpiresAt ?? null,
      nextRefreshAt: plannedRefresh(input.connectionId, {
        refreshModel: known.refreshModel,
        issuedAt,
        expiresAt: grant.expiresAt,
        refreshExpiresAt: grant.refreshExpiresAt ?? known.refreshExpiresAt,
      }),
      serviceUrl: grant.serviceUrl,
      isRefresh: true,
    })
    if (version !== undefined) {
      // Whoever was told of trouble is told of its end.
      const hadTrouble = known.refreshFailures > 0 || known.status === 'error'
      const type = hadTrouble ? 'recovered' : 'refreshed'
      await recordConnectionEvent(em, input, { type, detail: { version } })
    }
    const facts = await loadConnectionState(em, input.tenantId, input.connectionId)
    const connection = facts === undefined ? null : connectionStateOf(deps, facts)
    return { stored: version !== undefined, connection }
  })
}

async function encryptGrant(
  deps: ActivityDeps,
  input: RefreshInput,
  grant: Grant,
): Promise<EncryptedToken[]> {
  const secrets = Object.entries({ ...grant.secrets }).map(([kind, value]) => {
    return { kind, value, expiresAt: grant.secretsExpireAt?.[kind] }
  })
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
    return [{ kind: token.kind, ...item, expiresAt: token.expiresAt ?? null }]
  })
}

/** Troubles that pass, if only by an operator's hand; anything else would fail the same way again. */
function isAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  const code = cipherCode(error)
  return code === 'vault_unavailable' || code === 'vault_denied'
}
