import type { OauthSession } from '../../db/entities/oauth-session.ts'
import { getConnection } from '../../db/repositories/connection-queries.ts'
import { keepConsent, noteSessionAccounts } from '../../db/repositories/oauth-sessions.ts'
import type { Authorizer, CoveredAccount } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { appendAudit } from '../http/audit.ts'
import { sessionAccount } from './covered-accounts.ts'
import { markMissingScopes, SCOPES_MISSING } from './missing-scopes.ts'
import { saveAccount } from './save-account.ts'
import { type Consent, sealConsent } from './session-secrets.ts'

export type SettleErrors =
  | 'account_mismatch'
  | 'no_connectable_account'
  | 'oauth_scope_missing'
  | 'not_found'

/** The account that was connected, or the session in which accounts have to be chosen. */
export type Settled = { connectionId: string } | { sessionId: string }

/** A person may look the accounts up and talk about them, but not for long: tokens wait here. */
const CHOICE_MS = 30 * 60_000

/** Connects the one account there is; keeps the consent where there are several. */
export async function settleConsent(
  requester: Requester<SettleErrors>,
  authorizer: Authorizer,
  session: OauthSession,
  given: Consent,
): Promise<Settled> {
  const marked = markMissingScopes(authorizer, session.requestedScopes, given)
  const consent = { ...given, accounts: marked }
  const accounts = consent.accounts.map(sessionAccount)
  const { deps, actor } = requester
  await deps.db.withTenant(actor.tenantId, (em) => noteSessionAccounts(em, session.id, accounts))
  if (session.reconnectConnectionId != null) {
    const wanted = await wantedAccount(requester, session.reconnectConnectionId, consent)
    return connectOne(requester, authorizer, session, consent, wanted)
  }
  const connectable = consent.accounts.filter(({ problem }) => problem === undefined)
  const [only, ...others] = connectable
  if (only === undefined) throw noneConnectable(requester, consent.accounts)
  if (others.length === 0) return connectOne(requester, authorizer, session, consent, only)
  return keepForChoice(requester, session, consent)
}

/** Throws `account_mismatch` when the consent was given for other accounts alone. */
async function wantedAccount(
  requester: Requester<SettleErrors>,
  connectionId: string,
  { accounts }: Consent,
): Promise<CoveredAccount> {
  const { deps, actor } = requester
  const row = await deps.db.withTenant(actor.tenantId, (em) => getConnection(em, connectionId))
  if (row === undefined) throw requester.fail('not_found')
  const wanted = accounts.find(({ account }) => account.platformAccountId === row.platformAccountId)
  if (wanted === undefined) {
    const handles = accounts.map(({ account }) => account.handle).join(', ') || 'no account'
    const detail = `The consent was given for ${handles}, not for ${row.accountHandle}.`
    throw requester.fail('account_mismatch', { detail })
  }
  if (wanted.problem !== undefined) throw noneConnectable(requester, [wanted])
  return wanted
}

/** In the words of the platform's own rules: a person has to know what to mend. */
function noneConnectable(
  requester: Requester<'no_connectable_account' | 'oauth_scope_missing'>,
  accounts: readonly CoveredAccount[],
) {
  const problems = accounts.flatMap(({ account, problem }, index) =>
    problem === undefined ? [] : [{ handle: account.handle, index, ...problem }],
  )
  const detail =
    problems.map(({ handle, message }) => `${handle}: ${message}`).join(' ') ||
    'The consent covers no account at all.'
  const errors = problems.map(({ index, code, message }) => ({
    ...{ path: `accounts[${index}]`, code, message },
  }))
  // What the platform would allow and the person did not is mended on the consent page.
  const isScope = problems.some(({ code }) => code === SCOPES_MISSING)
  return requester.fail(isScope ? 'oauth_scope_missing' : 'no_connectable_account', {
    detail,
    errors,
  })
}

async function connectOne(
  requester: Requester<SettleErrors>,
  authorizer: Authorizer,
  session: OauthSession,
  { grant }: Consent,
  { account, grant: own }: CoveredAccount,
): Promise<Settled> {
  const { id: sessionId, tenantId, userId, platform, method } = session
  const connected = {
    ...{ authorizer, account, tenantId, userId, sessionId },
    grant: own ?? grant,
    serviceUrl: session.serviceUrl ?? undefined,
    platformAppId: session.platformAppId ?? null,
    reconnectConnectionId: session.reconnectConnectionId ?? undefined,
  }
  const { connectionId } = await saveAccount(requester, connected, (em, saved) =>
    requester.audit(em, saved.connectionId, {
      ...{ platform, method, session_id: sessionId },
      is_reconnect: !saved.isNew,
    }),
  )
  return { connectionId }
}

/** Seals the grant and every account's own; the browser learns no more than the session's id. */
async function keepForChoice(
  { deps, actor, requestId, ip }: Requester<never>,
  session: OauthSession,
  consent: Consent,
): Promise<Settled> {
  const { id, tenantId, platform, method } = session
  const sealed = await sealConsent(deps.cipher, tenantId, id, consent)
  const accounts = consent.accounts.map(sessionAccount)
  const expiresAt = new Date(deps.now() + CHOICE_MS)
  const detail = { platform, method, accounts: accounts.length }
  const entry = {
    action: 'connection.consented',
    resource: 'oauth_session',
    resourceId: id,
    detail,
  }
  await deps.db.withTenant(tenantId, async (em) => {
    await keepConsent(em, id, { ...sealed, accounts, expiresAt })
    await appendAudit(em, actor, { requestId, ip }, entry)
  })
  return { sessionId: id }
}
