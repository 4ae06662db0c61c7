import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Connection } from '../../db/entities/connection.ts'
import { getConnection } from '../../db/repositories/connection-queries.ts'
import { createOauthSession } from '../../db/repositories/oauth-sessions.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Authorizer } from '../../platforms/registry.ts'
import { parseServiceUrl } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { chooseApp } from './app-credentials.ts'
import { isRedirect, type RedirectAuthorizer, redirectAuthorizer } from './authorizers.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'
import { redirectUriOf, resolveRedirectAfter } from './redirects.ts'
import { sealRedirect } from './session-secrets.ts'

/** `not_found`: the connection to renew is not the tenant's. */
export type AuthorizeErrors = ConnectError | 'validation_failed' | 'not_found'

/** `instanceUrl` is as typed by a person; the rest has been validated. */
export interface AuthorizeInput {
  platform: Platform
  /** Of the authorizer; the first with a consent page unless given. */
  method?: string
  instanceUrl?: string
  platformAppId?: string
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

/** Begins a consent: a session of ten minutes for one state, and the platform's page for it. */
export async function authorize(
  requester: Requester<AuthorizeErrors>,
  input: AuthorizeInput,
): Promise<Authorization> {
  const { deps, actor } = requester
  const known = await connectionToRenew(requester, input)
  const authorizer = authorizerFor(requester, input, known)
  const { platform, method } = authorizer
  const serviceUrl = instanceFor(requester, authorizer, input.instanceUrl, known)
  const redirectAfter = resolveRedirectAfter(requester, input.redirectAfter)
  const redirectUri = redirectUriOf(deps, platform)
  const begun = await begin(requester, authorizer, {
    serviceUrl,
    redirectUri,
    // The tokens of an account belong to the app they were given to: renewed, they stay there.
    platformAppId: input.platformAppId ?? (known?.method === method ? appOf(known) : undefined),
    scopes: input.scopes ?? [],
    isReconnect: known !== undefined,
  })
  const id = randomUUID()
  const { tenantId, userId } = actor
  const sealed = await sealRedirect(deps.cipher, tenantId, id, begun)
  const expiresAt = new Date(deps.now() + SESSION_MS)
  // Written after the platform was asked, and before the browser can come back with the state.
  await deps.db.withTenant(tenantId, async (em) => {
    await createOauthSession(em, {
      ...{ id, tenantId, userId, platform, method, redirectUri, redirectAfter, expiresAt },
      ...sealed,
      platformAppId: begun.platformAppId,
      stateHash: hashState(begun.stateKey),
      requestedScopes: input.scopes ?? [],
      serviceUrl,
      reconnectConnectionId: known?.id,
    })
    await requester.audit(em, id, { platform, method, connection_id: known?.id })
  })
  return { session_id: id, authorization_url: begun.url.href, expires_at: expiresAt.toISOString() }
}

interface Beginning {
  serviceUrl: string | undefined
  redirectUri: string
  platformAppId: string | undefined
  scopes: readonly string[]
  isReconnect: boolean
}

/** Asks the platform for its page; answers what its callback will be recognised and ended by. */
async function begin(
  requester: Requester<AuthorizeErrors>,
  authorizer: RedirectAuthorizer,
  { serviceUrl, redirectUri, platformAppId, scopes, isReconnect }: Beginning,
) {
  const place = { serviceUrl, redirectUri, platformAppId }
  const chosen = await chooseApp(requester, authorizer, place)
  // 256 bits against forged callbacks, https://www.rfc-editor.org/rfc/rfc6749#section-10.12
  const state = randomBytes(32).toString('base64url')
  // 64 characters, within the 43 to 128 of https://www.rfc-editor.org/rfc/rfc7636#section-4.1
  const codeVerifier = randomBytes(48).toString('base64url')
  const { app } = chosen
  const request = { app, redirectUri, state, codeVerifier, scopes, serviceUrl, isReconnect }
  const asked = { isTypedHost: serviceUrl !== undefined, refusal: 'oauth_failed' as const }
  const redirect = await askPlatform(requester, asked, () =>
    authorizer.authorizationUrl(request, platformCall(requester)),
  )
  const { url, secrets = {}, stateKey } = redirect
  const { platformAppId: appId } = chosen
  const kept = stateKey === undefined ? {} : { state }
  return { url, secrets, codeVerifier, ...kept, stateKey: stateKey ?? state, platformAppId: appId }
}

function appOf({ platformAppId }: Connection): string | undefined {
  return platformAppId ?? undefined
}

/** Renewing an account takes the way it was connected by, where that has a consent page. */
function authorizerFor(
  requester: Requester<AuthorizeErrors>,
  { platform, method }: AuthorizeInput,
  known: Connection | undefined,
): RedirectAuthorizer {
  if (method === undefined && known !== undefined) {
    const usual = requester.deps.registry.authorizer(platform, known.method)
    if (usual !== undefined && isRedirect(usual)) return usual
  }
  return redirectAuthorizer(requester, platform, method)
}

/** The host the account lives on: the one typed, or the one of the connection that is renewed. */
function instanceFor(
  requester: Requester<AuthorizeErrors>,
  authorizer: Authorizer,
  typed: string | undefined,
  known: Connection | undefined,
): string | undefined {
  const { platform, needsServiceUrl } = authorizer
  const isFederated = needsServiceUrl || platform === 'bluesky'
  if (!isFederated && typed !== undefined) {
    throw invalid(requester, 'instance_url', 'not_taken', `${platform} is one place for everybody.`)
  }
  const named = typed ?? (isFederated ? known?.serviceUrl : undefined) ?? undefined
  if (named === undefined && !needsServiceUrl) return undefined
  if (named === undefined) {
    const message = 'Name the server that the account lives on.'
    throw invalid(requester, 'instance_url', 'required', message)
  }
  const url = parseServiceUrl(named)
  if (url === undefined) throw requester.fail('instance_refused')
  return url
}

/** Throws `not_found`, or `validation_failed` for another platform's. */
async function connectionToRenew(
  requester: Requester<'not_found' | 'validation_failed'>,
  { reconnectConnectionId, platform }: AuthorizeInput,
): Promise<Connection | undefined> {
  if (reconnectConnectionId === undefined) return undefined
  const { deps, actor } = requester
  const row = await deps.db.withTenant(actor.tenantId, (em) =>
    getConnection(em, reconnectConnectionId),
  )
  if (row === undefined) throw requester.fail('not_found')
  if (row.platform === platform) return row
  const message = `That connection is one of ${row.platform}.`
  throw invalid(requester, 'reconnect_connection_id', 'other_platform', message)
}

function invalid(
  requester: Requester<'validation_failed'>,
  path: string,
  code: string,
  message: string,
) {
  return requester.fail('validation_failed', {
    detail: message,
    errors: [{ path, code, message }],
  })
}
