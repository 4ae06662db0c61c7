import type { OauthSession } from '../../db/entities/oauth-session.ts'
import {
  consumeOauthSession,
  failOauthSession,
  locateOauthSession,
} from '../../db/repositories/oauth-sessions.ts'
import { ClarionError, type ErrorCode } from '../../domain/errors.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import { appendAudit } from '../http/audit.ts'
import { appFor, orUnsupported } from './app-credentials.ts'
import { hashState, verifierContext } from './authorize.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'
import { saveAccount } from './save-account.ts'

/** What the callback may lead to; also stored as the session's `error_code`. */
export type CallbackErrors =
  | ConnectError
  | 'oauth_state_invalid'
  | 'oauth_denied'
  | 'account_mismatch'
  | 'not_found'

/** `redirectAfter` was checked against our own origins when the consent began. */
export interface Connected {
  connectionId: string
  redirectAfter: string | undefined
}

const AUDITED = { action: 'connection.connected', resource: 'connection' }

/**
 * Ends a consent: uses the state up, trades the code for tokens and writes the connection. Whatever
 * goes wrong, the state is spent and the session says why.
 */
export async function finishCallback(
  requester: Requester<CallbackErrors>,
  platform: Platform,
  query: URLSearchParams,
): Promise<Connected> {
  // First of all, whatever the platform says: a state that was seen once is never good again.
  const session = await useState(requester, platform, query.get('state') ?? '')
  const inTenant = actingFor(requester, session)
  try {
    const refused = query.get('error')
    if (refused !== null) throw refusal(requester, refused)
    const connectionId = await connect(inTenant, session, query)
    return { connectionId, redirectAfter: session.redirectAfter ?? undefined }
  } catch (error) {
    const code: ErrorCode = error instanceof ClarionError ? error.code : 'internal'
    await requester.deps.db.withTenant(session.tenantId, (em) =>
      failOauthSession(em, session.id, code),
    )
    throw error
  }
}

/** A state works once, for the platform it was made for, for ten minutes. */
async function useState(
  requester: Requester<'oauth_state_invalid'>,
  platform: Platform,
  state: string,
): Promise<OauthSession> {
  const { db } = requester.deps
  const hash = hashState(state)
  // Across tenants, because a callback carries nothing else that names one.
  const place = await db.asSystem((em) => locateOauthSession(em, hash))
  if (place === undefined || place.platform !== platform) {
    throw requester.fail('oauth_state_invalid')
  }
  // One conditional UPDATE: of two callbacks with one state, one goes on.
  const session = await db.withTenant(place.tenantId, (em) => consumeOauthSession(em, hash))
  if (session === undefined) throw requester.fail('oauth_state_invalid')
  return session
}

/** A callback carries no key: the session says for whom it acts. */
function actingFor(
  requester: Requester<CallbackErrors>,
  { tenantId, userId }: OauthSession,
): Requester<CallbackErrors> {
  const actor = { tenantId, userId, keyId: 'oauth-callback', scopes: [] }
  const { requestId, ip } = requester
  return {
    ...requester,
    actor,
    audit: (em, resourceId, detail) =>
      appendAudit(em, actor, { requestId, ip }, { ...AUDITED, resourceId, detail }),
  }
}

/** https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1 */
function refusal(requester: Requester<'oauth_denied' | 'oauth_failed'>, error: string) {
  return error === 'access_denied'
    ? requester.fail('oauth_denied')
    : requester.fail('oauth_failed', { detail: 'The platform reported an error of the consent.' })
}

/** Trades the code, asks whose account it is and writes it. Throws problems alone. */
async function connect(
  requester: Requester<CallbackErrors>,
  session: OauthSession,
  query: URLSearchParams,
): Promise<string> {
  const { deps } = requester
  const { platform, tenantId, userId, redirectUri } = session
  const serviceUrl = session.serviceUrl ?? undefined
  const connector = deps.registry.connector(platform)
  if (connector === undefined) throw requester.fail('platform_unsupported')
  const app = await appFor(requester, connector, serviceUrl, redirectUri)
  const request = {
    app,
    redirectUri,
    params: query,
    state: query.get('state') ?? '',
    codeVerifier: await verifierOf(requester, session),
    serviceUrl,
  }
  const call = platformCall(requester)
  const place = { isTypedHost: false, refusal: 'oauth_failed' as const }
  const { grant, account } = await askPlatform(requester, place, async () => {
    const grant = await orUnsupported(requester, connector.auth.exchange?.(request, call))
    const { accessToken, tokenType, secrets = {} } = grant
    const access = { accessToken, tokenType, secrets, serviceUrl: grant.serviceUrl ?? serviceUrl }
    return { grant, account: await connector.auth.identify(access, call) }
  })
  const reconnectConnectionId = session.reconnectConnectionId ?? undefined
  const connected = {
    connector,
    grant,
    account,
    tenantId,
    userId,
    reconnectConnectionId,
    sessionId: session.id,
  }
  const saved = await saveAccount(requester, connected, (em, { connectionId }) =>
    requester.audit(em, connectionId, { platform, session_id: session.id }),
  )
  return saved.connectionId
}

/** The PKCE verifier of the session; empty for a session that has none. */
async function verifierOf(
  { deps }: Requester<never>,
  { id, tenantId, codeVerifierCiphertext: ciphertext }: OauthSession,
): Promise<string> {
  if (ciphertext == null) return ''
  const context = verifierContext(tenantId, id)
  const [verifier] = await deps.cipher.decrypt([{ ciphertext, context }])
  return verifier ?? ''
}
