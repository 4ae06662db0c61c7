import type { OauthSession } from '../../db/entities/oauth-session.ts'
import { failOauthSession } from '../../db/repositories/oauth-sessions.ts'
import type { ClarionError } from '../../domain/errors.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { CoveredAccount, Grant } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { appendAudit, CALLBACK_KEY } from '../http/audit.ts'
import { toClarionError } from '../http/problems.ts'
import { appOfConsent } from './app-credentials.ts'
import { isRedirect, type RedirectAuthorizer } from './authorizers.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'
import { coveredAccounts } from './covered-accounts.ts'
import { openRedirect } from './session-secrets.ts'
import { type Settled, type SettleErrors, settleConsent } from './settle-consent.ts'
import { CONNECT_FAILED, useState } from './use-state.ts'

/** What the callback may lead to; also stored as the session's `error_code`. */
export type CallbackErrors = ConnectError | SettleErrors | 'oauth_state_invalid' | 'oauth_denied'

/** `redirectAfter` was checked against our own origins when the consent began. */
export type Landing =
  | { settled: Settled; redirectAfter: string | undefined }
  /** `sessionId`: where the application reads what went wrong with which account. */
  | { error: ClarionError; sessionId: string }

const AUDITED = { action: 'connection.connected', resource: 'connection' }

/**
 * Ends a consent: uses the state up, trades the code for tokens and writes the connection, or keeps
 * what was given until accounts are chosen. Whatever goes wrong, the state is spent and both the
 * session and the audit log say why. Throws `oauth_state_invalid` for a state that is none of ours.
 */
export async function finishCallback(
  requester: Requester<CallbackErrors>,
  platform: Platform,
  query: URLSearchParams,
): Promise<Landing> {
  // First of all, whatever the platform says: a state that was seen once is never good again.
  const session = await useState(requester, platform, query)
  const inTenant = actingFor(requester, session)
  try {
    const refused = refusal(inTenant, query)
    if (refused !== undefined) throw refused
    const settled = await exchange(inTenant, session, query)
    return { settled, redirectAfter: session.redirectAfter ?? undefined }
  } catch (cause) {
    const error = toClarionError(cause)
    await noteFailure(inTenant, session, error)
    return { error, sessionId: session.id }
  }
}

/** A callback carries no key: the session says for whom it acts. */
function actingFor(
  requester: Requester<CallbackErrors>,
  { tenantId, userId }: OauthSession,
): Requester<CallbackErrors> {
  const actor = { tenantId, userId, keyId: CALLBACK_KEY, scopes: [] }
  return {
    ...requester,
    actor,
    audit: (em, resourceId, detail) =>
      appendAudit(em, actor, requester, { ...AUDITED, resourceId, detail }),
  }
}

/**
 * https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1; LinkedIn has words of its own,
 * https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
 */
function refusal(requester: Requester<'oauth_denied' | 'oauth_failed'>, query: URLSearchParams) {
  if (query.has('denied')) return requester.fail('oauth_denied')
  const error = query.get('error')
  if (error === null) return undefined
  const isDenied = error === 'access_denied' || error.startsWith('user_cancelled_')
  if (isDenied) return requester.fail('oauth_denied')
  return requester.fail('oauth_failed', {
    detail: 'The platform reported an error of the consent.',
  })
}

/** Trades the code, asks which accounts it covers and settles what becomes of them. */
async function exchange(
  requester: Requester<CallbackErrors>,
  session: OauthSession,
  query: URLSearchParams,
): Promise<Settled> {
  const { deps } = requester
  const authorizer = deps.registry.authorizer(session.platform, session.method)
  if (authorizer === undefined || !isRedirect(authorizer)) {
    throw requester.fail('platform_unsupported')
  }
  const consent = await tradeCode(requester, authorizer, session, query)
  return settleConsent(requester, authorizer, session, consent)
}

async function tradeCode(
  requester: Requester<CallbackErrors>,
  authorizer: RedirectAuthorizer,
  session: OauthSession,
  query: URLSearchParams,
): Promise<{ grant: Grant; accounts: CoveredAccount[] }> {
  const { redirectUri } = session
  const serviceUrl = session.serviceUrl ?? undefined
  const platformAppId = session.platformAppId ?? null
  const place = { serviceUrl, redirectUri, platformAppId }
  const app = await appOfConsent(requester, authorizer, place)
  const opened = await openRedirect(requester.deps.cipher, session)
  // The session was found by the state, unless the platform has a key of its own for it.
  const state = opened.state ?? query.get('state') ?? ''
  const request = { app, redirectUri, params: query, serviceUrl, ...opened, state }
  const call = platformCall(requester)
  return askPlatform(requester, { isTypedHost: false, refusal: 'oauth_failed' }, async () => {
    const grant = await authorizer.exchange(request, call)
    const accounts = await coveredAccounts(authorizer, grant, { app, serviceUrl }, call)
    return { grant, accounts }
  })
}

/** One transaction: a session that failed and the row about it are there together. */
async function noteFailure(
  { deps, actor, requestId, ip }: Requester<never>,
  session: OauthSession,
  { code, extras }: ClarionError,
): Promise<void> {
  const { id, platform, method } = session
  const connectionId = session.reconnectConnectionId ?? undefined
  const reason = extras.errors?.[0]?.code
  const detail = { platform, method, code, reason, connection_id: connectionId }
  const entry = { action: CONNECT_FAILED, resource: 'oauth_session', resourceId: id, detail }
  await deps.db.withTenant(actor.tenantId, async (em) => {
    await failOauthSession(em, id, code)
    await appendAudit(em, actor, { requestId, ip }, entry)
  })
}
