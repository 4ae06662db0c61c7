import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import { getConnection } from '../../db/repositories/connection-queries.ts'
import type { Platform } from '../../domain/platforms.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { Connector } from '../../platforms/registry.ts'
import { parseServiceUrl } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { appFor, orUnsupported } from './app-credentials.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'
import { redirectUriOf, resolveRedirectAfter } from './redirects.ts'

/** `not_found`: the connection to renew is not the tenant's. */
export type AuthorizeErrors = ConnectError | 'validation_failed' | 'not_found'

/** `instanceUrl` is as typed by a person; the rest has been validated. */
export interface AuthorizeInput {
  platform: Platform
  instanceUrl?: string
  scopes?: string[]
  redirectAfter?: string
  reconnectConnectionId?: string
}

/** As the API answers it; `expires_at` is when the state stops working. */
export interface Authorization {
  session_id: string
  authorization_url: string
  expires_at: string
}

/** Enough to log in and read a consent page; a leaked address is worthless soon after. */
const SESSION_MS = 10 * 60_000

/** The state is only ever stored hashed: who reads the table cannot finish a consent. */
export function hashState(state: string): string {
  return createHash('sha256').update(state).digest('hex')
}

/**
 * Binds the encrypted PKCE verifier to tenant and session: a ciphertext moved to another row does
 * not decrypt.
 */
export function verifierContext(tenantId: string, sessionId: string) {
  return tokenContext(tenantId, `oauth:${sessionId}`, 'code_verifier')
}

/** Begins a consent: a session of ten minutes for one state, and the platform's page for it. */
export async function authorize(
  requester: Requester<AuthorizeErrors>,
  input: AuthorizeInput,
): Promise<Authorization> {
  const { deps, actor } = requester
  const connector = oauthConnector(requester, input.platform)
  const serviceUrl = await instanceFor(requester, connector, input)
  const redirectAfter = resolveRedirectAfter(requester, input.redirectAfter)
  const redirectUri = redirectUriOf(deps, input.platform)
  const app = await appFor(requester, connector, serviceUrl, redirectUri)
  // 256 bits against forged callbacks, https://www.rfc-editor.org/rfc/rfc6749#section-10.12
  const state = randomBytes(32).toString('base64url')
  // 64 characters, within the 43 to 128 of https://www.rfc-editor.org/rfc/rfc7636#section-4.1
  const codeVerifier = randomBytes(48).toString('base64url')
  const request = {
    app,
    redirectUri,
    state,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    scopes: input.scopes ?? [],
    serviceUrl,
  }
  const place = { isTypedHost: serviceUrl !== undefined, refusal: 'oauth_failed' as const }
  const url = await askPlatform(requester, place, () =>
    orUnsupported(requester, connector.auth.authorizationUrl?.(request, platformCall(requester))),
  )
  const id = randomUUID()
  const { tenantId, userId } = actor
  const context = verifierContext(tenantId, id)
  const [sealed] = await deps.cipher.encrypt([{ plaintext: codeVerifier, context }])
  const expiresAt = new Date(deps.now() + SESSION_MS)
  /**
   * => L Written after the platform was asked, and before the browser can come back with the state.
   */
  await deps.db.withTenant(tenantId, async (em) => {
    await em.insert(OauthSession, {
      id,
      tenantId,
      userId,
      platform: input.platform,
      stateHash: hashState(state),
      codeVerifierCiphertext: sealed?.ciphertext,
      redirectUri,
      redirectAfter,
      requestedScopes: input.scopes ?? [],
      serviceUrl,
      reconnectConnectionId: input.reconnectConnectionId,
      expiresAt,
    })
    await requester.audit(em, id, { platform: input.platform })
  })
  return { session_id: id, authorization_url: url.href, expires_at: expiresAt.toISOString() }
}

/** Throws `platform_unsupported` with the way that does work, where there is one. */
function oauthConnector(
  requester: Requester<'platform_unsupported'>,
  platform: Platform,
): Connector {
  const connector = requester.deps.registry.connector(platform)
  if (connector?.auth.authorizationUrl !== undefined) return connector
  const detail =
    connector === undefined
      ? `Accounts of ${platform} cannot be connected yet.`
      : `${platform} has no consent page; send credentials to POST /v1/connections.`
  throw requester.fail('platform_unsupported', { detail })
}

/** The host the account lives on: the one typed, or the one of the connection that is renewed. */
async function instanceFor(
  requester: Requester<AuthorizeErrors>,
  connector: Connector,
  input: AuthorizeInput,
): Promise<string | undefined> {
  const known = await knownHost(requester, input)
  if (connector.auth.registerApp === undefined) return undefined
  const typed = input.instanceUrl ?? known
  if (typed === undefined) {
    const message = 'Name the server that the account lives on.'
    const error = { path: 'instance_url', code: 'required', message }
    throw requester.fail('validation_failed', { detail: message, errors: [error] })
  }
  const url = parseServiceUrl(typed)
  if (url === undefined) throw requester.fail('instance_refused')
  return url
}

/**
 * Host of the connection to renew. Throws `not_found`, or `validation_failed` for another
 * platform's.
 */
async function knownHost(
  requester: Requester<'not_found' | 'validation_failed'>,
  { reconnectConnectionId, platform }: AuthorizeInput,
): Promise<string | undefined> {
  if (reconnectConnectionId === undefined) return undefined
  const { deps, actor } = requester
  const row = await deps.db.withTenant(actor.tenantId, (em) =>
    getConnection(em, reconnectConnectionId),
  )
  if (row === undefined) throw requester.fail('not_found')
  if (row.platform === platform) return row.serviceUrl ?? undefined
  const message = `That connection is one of ${row.platform}.`
  const error = { path: 'reconnect_connection_id', code: 'other_platform', message }
  throw requester.fail('validation_failed', { detail: message, errors: [error] })
}
