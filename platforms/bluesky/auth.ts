import { z } from 'zod'
import { authRevoked, PlatformFailure, rejected } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import { parseServiceUrl } from '../base-url.ts'
import type {
  Account,
  AccountAccess,
  Authorizer,
  Call,
  Grant,
  PlatformHosts,
  RefreshRequest,
} from '../connector.ts'
import type { BlueskyClient } from './client.ts'
import { accountClosed, BLUESKY_DIALECT } from './errors.ts'
import { type LoginSecrets, pdsOf, readSession } from './session.ts'

/** https://bsky.app/settings/app-passwords: four groups of four. */
const APP_PASSWORD = /^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/i

const getSessionSchema = z.object({
  did: z.string().startsWith('did:'),
  handle: z.string(),
  active: z.boolean().optional(),
  didDoc: z.unknown().optional(),
})

const profileSchema = z.object({
  displayName: z.string().optional(),
  avatar: z.string().optional(),
})

/**
 * App-password sessions (https://docs.bsky.app/docs/advanced-guides/api-directory). A spent refresh
 * token stays good for two hours, so a lost answer does no harm and refreshing is repeatable.
 */
export function makeBlueskyAuthorizer(hosts: PlatformHosts, client: BlueskyClient): Authorizer {
  return {
    refreshModel: 'rotating',
    scopes: [],
    credentialFields: [
      { name: 'identifier', required: true, secret: false },
      { name: 'app_password', required: true, secret: true },
      { name: 'service_url', required: false, secret: false },
    ],
    withCredentials: (credentials, call) => connect(hosts, client, credentials, call),
    refresh: (request, call) => refresh(client, request, call),
    revoke: (request, call) => revoke(client, request, call),
    identify: (access, call) => identify(client, access, call),
  }
}

async function connect(
  hosts: PlatformHosts,
  client: BlueskyClient,
  credentials: Readonly<Record<string, string>>,
  call: Call,
): Promise<Grant> {
  const serviceUrl = parseServiceUrl(credentials.service_url ?? hosts.authBaseUrl)
  if (!serviceUrl) {
    const message = 'The server address is not a web address.'
    throw rejected({ code: 'invalid_service_url', message })
  }
  const identifier = (credentials.identifier ?? '').trim().replace(/^@/, '')
  const password = (credentials.app_password ?? '').trim()
  if (identifier === '' || !APP_PASSWORD.test(password)) {
    throw rejected({
      code: 'not_an_app_password',
      message: 'Please give your handle and an app password (four groups of four characters).',
    })
  }
  return logIn(client, serviceUrl, { identifier, app_password: password }, call)
}

async function logIn(
  client: BlueskyClient,
  serviceUrl: string | undefined,
  secrets: Required<LoginSecrets>,
  call: Call,
): Promise<Grant> {
  const answer = await client.procedure({ serviceUrl, call }, 'com.atproto.server.createSession', {
    identifier: secrets.identifier,
    password: secrets.app_password,
  })
  return toGrant(readSession(answer, serviceUrl ?? '', secrets))
}

/** When the refresh token is past its grace, the stored app password opens a new session. */
async function refresh(client: BlueskyClient, request: RefreshRequest, call: Call): Promise<Grant> {
  const { serviceUrl, refreshToken } = request
  if (!refreshToken) return logInAgain(client, request, call)
  try {
    const session = { serviceUrl, token: refreshToken, call }
    const answer = await client.procedure(session, 'com.atproto.server.refreshSession')
    return toGrant(readSession(answer, serviceUrl ?? '', {}))
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'auth_expired') {
      return logInAgain(client, request, call)
    }
    throw error
  }
}

function logInAgain(client: BlueskyClient, request: RefreshRequest, call: Call): Promise<Grant> {
  const { identifier, app_password } = request.secrets
  if (!identifier || !app_password) {
    throw authRevoked({
      code: 'bluesky_session_ended',
      message: 'The Bluesky session has ended. Please connect the account again.',
    })
  }
  return logIn(client, request.serviceUrl, { identifier, app_password }, call)
}

function toGrant(session: Grant & { active: boolean }): Grant {
  const { active, serviceUrl, ...grant } = session
  if (!active) throw accountClosed()
  return serviceUrl ? { ...grant, serviceUrl } : grant
}

async function revoke(client: BlueskyClient, request: RefreshRequest, call: Call): Promise<void> {
  const { serviceUrl, refreshToken } = request
  if (!refreshToken) return
  try {
    const session = { serviceUrl, token: refreshToken, call }
    await client.procedure(session, 'com.atproto.server.deleteSession')
  } catch (error) {
    // A session that has ended already is what was wanted.
    if (error instanceof PlatformFailure && error.kind === 'auth_expired') return
    throw error
  }
}

async function identify(
  client: BlueskyClient,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const xrpc = { serviceUrl: access.serviceUrl, token: access.accessToken, call }
  const answer = await client.query(xrpc, 'com.atproto.server.getSession', {})
  const session = readJson(BLUESKY_DIALECT, answer, getSessionSchema)
  if (session.active === false) throw accountClosed()
  const serviceUrl = pdsOf(session.didDoc) ?? access.serviceUrl
  const profile = await readProfile(client, { ...xrpc, serviceUrl }, session.did)
  return {
    platformAccountId: session.did,
    handle: session.handle,
    displayName: profile.displayName || null,
    profileImageUrl: profile.avatar ?? null,
    kind: 'personal',
    ...(serviceUrl === undefined ? {} : { serviceUrl }),
  }
}

/** Comes from the app view, which a PDS may not have: an account without a picture is fine. */
async function readProfile(
  client: BlueskyClient,
  xrpc: { serviceUrl: string | undefined; token: string; call: Call },
  did: string,
): Promise<z.output<typeof profileSchema>> {
  try {
    const answer = await client.query(xrpc, 'app.bsky.actor.getProfile', { actor: did })
    return readJson(BLUESKY_DIALECT, answer, profileSchema)
  } catch (error) {
    if (error instanceof PlatformFailure) return {}
    throw error
  }
}
