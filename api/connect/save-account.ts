import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { violatedConstraint } from '../../db/database-errors.ts'
import { Connection } from '../../db/entities/connection.ts'
import { recordConnectionEvent } from '../../db/repositories/connection-status.ts'
import { eraseTokens, writeTokens } from '../../db/repositories/connection-tokens.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { addSessionConnection } from '../../db/repositories/session-connections.ts'
import { plannedRefresh } from '../../domain/refresh-schedule.ts'
import type { Account, Authorizer, Grant } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { kickConnection } from '../kick.ts'
import { missingScopes } from './missing-scopes.ts'
import { sealGrant } from './seal-grant.ts'

export interface ConnectedAccount {
  authorizer: Authorizer
  grant: Grant
  account: Account
  /** Host of the account where neither it nor the grant names one. */
  serviceUrl?: string
  /** The tenant's own app that the tokens were given to. */
  platformAppId: string | null
  /** Whom the connection belongs to. */
  tenantId: string
  userId: string
  name?: string
  reconnectConnectionId?: string
  /** Consent that led here; the session can then name its connections. */
  sessionId?: string
}

export interface SavedAccount {
  connectionId: string
  isNew: boolean
}

type SaveErrors = 'account_mismatch' | 'not_found'

/** A lost race for the same account, or for being the default one, is settled by looking again. */
const RACES = ['connections_account_unique', 'connections_default_unique']
const MAX_TRIES = 3

/**
 * Writes an account with its encrypted tokens, event and outbox message in one transaction, then
 * tells its workflow. An account that is known already keeps its id. `also` joins the transaction;
 * what it answers is answered.
 */
export async function saveAccount<T>(
  requester: Requester<SaveErrors>,
  connected: ConnectedAccount,
  also: (em: EntityManager, saved: SavedAccount) => Promise<T>,
): Promise<SavedAccount & { also: T }> {
  const { deps } = requester
  const { tenantId } = connected
  const { saved, outboxId } = await withRetry(async () => {
    // Outside the writing transaction: the id has to be known before encrypting, whose context
    // contains it.
    const place = await placeOf(requester, connected)
    const tokens = await sealGrant(deps.cipher, tenantId, place.connectionId, connected.grant)
    return deps.db.withTenant(tenantId, async (em) => {
      const version = place.isNew
        ? await insertRow(em, connected, place.connectionId)
        : await updateRow(requester, em, connected, place.connectionId)
      // A new consent replaces every secret: one that is not given again must not survive it.
      await eraseTokens(em, tenantId, place.connectionId)
      await write(em, connected, place.connectionId, version, tokens)
      const ids = { tenantId, connectionId: place.connectionId }
      const type = place.isNew ? 'connected' : 'reconnected'
      const { sessionId, userId: actorId } = connected
      const detail = sessionId === undefined ? {} : { session_id: sessionId }
      await recordConnectionEvent(em, ids, { type, actorId, detail })
      if (sessionId !== undefined) await addSessionConnection(em, sessionId, place.connectionId)
      const kind = place.isNew ? ('connection_start' as const) : ('connection_changed' as const)
      // Same transaction: an account that is stored is also an account whose workflow gets to know.
      const outboxId = await enqueue(em, { tenantId, kind, aggregateId: place.connectionId })
      return { saved: { ...place, also: await also(em, place) }, outboxId }
    })
  })
  // After COMMIT: the workflow reads the row and must find it.
  await kickConnection(deps, tenantId, saved.connectionId, { outboxId, isNew: saved.isNew })
  return saved
}

/** Tries again at once and a few times only: each loser finds the winner's row on its next look. */
async function withRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const isRace = RACES.includes(violatedConstraint(error) ?? '')
      if (!isRace || tries === MAX_TRIES) throw error
    }
  }
}

/** Which row this account belongs to; throws `account_mismatch` when another one was consented to. */
async function placeOf(
  requester: Requester<SaveErrors>,
  { authorizer, account, tenantId, reconnectConnectionId }: ConnectedAccount,
): Promise<SavedAccount> {
  return requester.deps.db.withTenant(tenantId, async (em) => {
    const known = await em.findOne(
      Connection,
      { platform: authorizer.platform, platformAccountId: account.platformAccountId },
      { orderBy: { disconnectedAt: 'asc nulls first', createdAt: 'desc' } },
    )
    if (reconnectConnectionId === undefined) {
      return known === null
        ? { connectionId: randomUUID(), isNew: true }
        : { connectionId: known.id, isNew: false }
    }
    const wanted = await em.findOne(Connection, { id: reconnectConnectionId })
    if (wanted === null) throw requester.fail('not_found')
    if (wanted.platformAccountId !== account.platformAccountId) {
      const detail = `The consent was given by ${account.handle}, not by ${wanted.accountHandle}.`
      throw requester.fail('account_mismatch', { detail })
    }
    return { connectionId: wanted.id, isNew: false }
  })
}

/**
 * A new row at version 0, `pending` until its tokens are written. The first account of a platform
 * becomes its default.
 */
async function insertRow(
  em: EntityManager,
  connected: ConnectedAccount,
  id: string,
): Promise<number> {
  const { authorizer, account, tenantId, userId, name } = connected
  const { platform } = authorizer
  const others = await em.count(Connection, { platform, isDefault: true, disconnectedAt: null })
  await em.insert(Connection, {
    id,
    tenantId,
    userId,
    platform,
    status: 'pending',
    platformAccountId: account.platformAccountId,
    name: name ?? null,
    isDefault: others === 0,
    createdBy: userId,
    updatedBy: userId,
    ...profileOf(connected),
  })
  return 0
}

/** Takes the row's lock, so that a refresh that runs meanwhile finds its version gone. */
async function updateRow(
  requester: Requester<'not_found'>,
  em: EntityManager,
  connected: ConnectedAccount,
  id: string,
): Promise<number> {
  const sql = 'select token_version, revision from connections where id = ? for update'
  const [row] = await em.execute<{ token_version: number; revision: number }[]>(sql, [id])
  if (row === undefined) throw requester.fail('not_found')
  const changes = {
    ...profileOf(connected),
    // An instant of the way it was connected by before, which the new one may not have.
    refreshExpiresAt: null,
    ...(connected.name === undefined ? {} : { name: connected.name }),
    updatedBy: connected.userId,
    revision: row.revision + 1,
  }
  await em.nativeUpdate(Connection, { id }, changes)
  return row.token_version
}

/** What the platform tells of the account and its access; written again on every (re)connect. */
function profileOf(connected: ConnectedAccount) {
  const { authorizer, account, grant, serviceUrl, platformAppId } = connected
  return {
    method: authorizer.method,
    refreshModel: refreshModelOf(connected),
    platformAppId,
    accountHandle: account.handle,
    displayName: account.displayName,
    profileImageUrl: account.profileImageUrl,
    accountKind: account.kind,
    parentAccountId: account.parentAccountId ?? null,
    grantorId: account.grantorId ?? null,
    serviceUrl: account.serviceUrl ?? grant.serviceUrl ?? serviceUrl ?? null,
    metadata: { ...account.metadata },
    scopes: [...grant.scopes],
    missingScopes: missingScopes(authorizer, grant.scopes),
    warnedDays: null,
    lastValidationFailedAt: null,
  }
}

function refreshModelOf({ authorizer, grant }: ConnectedAccount) {
  return grant.refreshModel ?? authorizer.refreshModel
}

/**
 * Writes the sealed tokens and plans the next refresh. Throws when the version moved, which the
 * row's lock excludes.
 */
async function write(
  em: EntityManager,
  connected: ConnectedAccount,
  connectionId: string,
  expectedVersion: number,
  tokens: Awaited<ReturnType<typeof sealGrant>>,
): Promise<void> {
  const { grant, tenantId } = connected
  const { expiresAt = null, refreshExpiresAt = null } = grant
  const issuedAt = new Date()
  const version = await writeTokens(em, {
    tenantId,
    connectionId,
    expectedVersion,
    tokens,
    tokenType: grant.tokenType,
    scopes: grant.scopes,
    issuedAt,
    expiresAt,
    refreshExpiresAt,
    nextRefreshAt: plannedRefresh(connectionId, {
      refreshModel: refreshModelOf(connected),
      ...{ issuedAt, expiresAt, refreshExpiresAt },
    }),
    isRefresh: false,
  })
  if (version === undefined) throw new Error('The tokens of a locked connection were changed.')
}
