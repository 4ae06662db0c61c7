import { authRevoked, PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Authorizer, Grant, RefreshRequest } from '../authorizer.ts'
import { parseServiceUrl } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import type { BlueskyClient } from './client.ts'
import { accountClosed } from './errors.ts'
import { identify } from './identity.ts'
import { type LoginSecrets, readSession } from './session.ts'

/** https://bsky.app/settings/app-passwords: four groups of four. */
const APP_PASSWORD = /^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/i

/**
 * App-password sessions (https://docs.bsky.app/docs/advanced-guides/api-directory). A spent refresh
 * token stays good for two hours, so a lost answer does no harm and refreshing is repeatable.
 */
export function makeBlueskyAuthorizer(hosts: PlatformHosts, client: BlueskyClient): Authorizer {
  return {
    platform: 'bluesky',
    method: 'app_password',
    appKey: 'bluesky',
    refreshModel: 'rotating',
    revocation: { scope: 'token' },
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
    const session = { serviceUrl, access: bearer(refreshToken), call }
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
    const session = { serviceUrl, access: bearer(refreshToken), call }
    await client.procedure(session, 'com.atproto.server.deleteSession')
  } catch (error) {
    // A session that has ended already is what was wanted.
    if (error instanceof PlatformFailure && error.kind === 'auth_expired') return
    throw error
  }
}

function bearer(accessToken: string) {
  return { accessToken, tokenType: 'bearer', secrets: {} }
}
