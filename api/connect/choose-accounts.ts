import type { Connection } from '../../db/entities/connection.ts'
import type { OauthSession } from '../../db/entities/oauth-session.ts'
import { eraseConsent } from '../../db/repositories/oauth-sessions.ts'
import { sessionConnections } from '../../db/repositories/session-connections.ts'
import type { Authorizer } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import type { ConnectionAnswer } from '../contract/schemas/connections.ts'
import { appendAudit } from '../http/audit.ts'
import { presentConnection } from '../presenters/connection.ts'
import { sessionStatus } from '../presenters/oauth-session.ts'
import { saveAccount } from './save-account.ts'
import { findSession } from './session-accounts.ts'
import { type Consent, openConsent } from './session-secrets.ts'

export type ChooseErrors =
  | 'not_found'
  | 'validation_failed'
  | 'illegal_transition'
  | 'oauth_session_expired'
  | 'platform_unsupported'
  | 'account_mismatch'

/**
 * Connects accounts of a consent and answers them in the order in which they were named. Those that
 * the session has led to already are only answered, so that a repeat finishes what was left.
 */
export async function chooseAccounts(
  requester: Requester<ChooseErrors>,
  sessionId: string,
  accountIds: readonly string[],
): Promise<ConnectionAnswer[]> {
  const { session, connections } = await readSession(requester, sessionId)
  if (session.status !== 'used') {
    const currentStatus = sessionStatus(session, requester.deps.now())
    throw requester.fail('illegal_transition', { currentStatus })
  }
  const connected = new Set(connections.map((one) => one.platformAccountId))
  const missing = [...new Set(accountIds)].filter((id) => !connected.has(id))
  assertConnectable(requester, session, accountIds, missing)
  if (missing.length > 0) await connectAll(requester, session, missing)
  return finish(requester, session, accountIds)
}

function readSession(requester: Requester<ChooseErrors>, id: string) {
  const { deps, actor } = requester
  return deps.db.withTenant(actor.tenantId, async (em) => {
    const session = await findSession(requester, em, id)
    return { session, connections: await sessionConnections(em, session) }
  })
}

/** Everything wrong with the choice at once, before any account is connected. */
function assertConnectable(
  requester: Requester<'validation_failed'>,
  session: OauthSession,
  accountIds: readonly string[],
  missing: readonly string[],
): void {
  const errors = accountIds.flatMap((accountId, index) => {
    if (!missing.includes(accountId)) return []
    const path = `account_ids[${index}]`
    const account = session.accounts.find((one) => one.account_id === accountId)
    if (account === undefined) {
      return [{ path, code: 'unknown_account', message: 'The consent covers no such account.' }]
    }
    return account.problem === null ? [] : [{ path, ...account.problem }]
  })
  if (errors.length === 0) return
  const detail = errors.map(({ message }) => message).join(' ')
  throw requester.fail('validation_failed', { detail, errors })
}

async function connectAll(
  requester: Requester<ChooseErrors>,
  session: OauthSession,
  accountIds: readonly string[],
): Promise<void> {
  const { deps } = requester
  const ciphertext = session.grantCiphertext
  if (session.expiresAt.getTime() <= deps.now() || ciphertext == null) {
    await erase(requester, session)
    throw requester.fail('oauth_session_expired')
  }
  const authorizer = deps.registry.authorizer(session.platform, session.method)
  if (authorizer === undefined) throw requester.fail('platform_unsupported')
  const consent = await openConsent(deps.cipher, session, ciphertext)
  for (const accountId of accountIds) {
    await connectOne(requester, authorizer, session, consent, accountId)
  }
}

async function connectOne(
  requester: Requester<ChooseErrors>,
  authorizer: Authorizer,
  session: OauthSession,
  { grant, accounts }: Consent,
  accountId: string,
): Promise<void> {
  const found = accounts.find(({ account }) => account.platformAccountId === accountId)
  if (found === undefined) throw new Error('The sealed consent and its accounts differ.')
  const { account, grant: own } = found
  const { id: sessionId, tenantId, userId, platform, method } = session
  const connected = {
    ...{ authorizer, account, tenantId, userId, sessionId },
    grant: own ?? grant,
    serviceUrl: session.serviceUrl ?? undefined,
    platformAppId: session.platformAppId ?? null,
  }
  const { actor } = requester
  await saveAccount(requester, connected, (em, { connectionId, isNew }) => {
    const detail = { platform, method, session_id: sessionId, is_reconnect: !isNew }
    const about = { resource: 'connection', resourceId: connectionId, detail }
    return appendAudit(em, actor, requester, { action: 'connection.connected', ...about })
  })
}

/** Erases the grant once every account has what it needs of it, and answers what was named. */
async function finish(
  requester: Requester<ChooseErrors>,
  { id }: OauthSession,
  accountIds: readonly string[],
): Promise<ConnectionAnswer[]> {
  const { deps, actor } = requester
  return deps.db.withTenant(actor.tenantId, async (em) => {
    const session = await findSession(requester, em, id)
    const connections = await sessionConnections(em, session)
    if (isAllChosen(session, connections)) await eraseConsent(em, id)
    const byAccount = new Map(connections.map((one) => [one.platformAccountId, one]))
    const named = accountIds.flatMap((accountId) => byAccount.get(accountId) ?? [])
    await requester.audit(em, id, { connection_ids: named.map((one) => one.id) })
    return named.map(presentConnection)
  })
}

function isAllChosen(session: OauthSession, connections: readonly Connection[]): boolean {
  const chosen = new Set(connections.map((one) => one.platformAccountId))
  return session.accounts.every(
    ({ account_id, problem }) => problem !== null || chosen.has(account_id),
  )
}

function erase({ deps, actor }: Requester<never>, { id }: OauthSession): Promise<void> {
  return deps.db.withTenant(actor.tenantId, (em) => eraseConsent(em, id))
}
