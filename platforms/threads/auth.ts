import { z } from 'zod'
import { authRevoked, PlatformFailure } from '../../domain/failures.ts'
import type {
  Account,
  AccountAccess,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  RefreshRequest,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { tokenHost } from '../hosts.ts'
import { metaId } from '../meta/fields.ts'
import { askGraph, type Graph } from '../meta/graph.ts'
import { type Inspection, inspectToken } from '../meta/inspect-token.ts'
import {
  exchangeCode,
  type MetaToken,
  secretOf,
  tradeToken,
  tryTwice,
  verifyAppCredentials,
} from '../meta/token.ts'
import { THREADS_VERSION } from './account.ts'
import { THREADS_NAMES } from './errors.ts'

export const THREADS_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.threads.net',
  apiBaseUrl: 'https://graph.threads.net',
  tokenBaseUrl: 'https://graph.threads.net',
}

/** Further parts of a thread, and looking for them when an answer was lost. */
const REPLY_SCOPES: readonly string[] = ['threads_manage_replies', 'threads_read_replies']

/** https://developers.facebook.com/docs/threads/get-started */
const SCOPES = [
  'threads_basic',
  'threads_content_publish',
  'threads_delete',
  ...REPLY_SCOPES,
] as const

const userSchema = z.object({
  id: metaId,
  username: z.string(),
  name: z.string().optional(),
  threads_profile_picture_url: z.string().optional(),
})

/** One profile a grant, by a token of 60 days that renews itself. No documented way revokes it. */
export function makeThreadsAuthorizer(hosts: PlatformHosts): Authorizer {
  const baseUrl = urlBelow(hosts.apiBaseUrl, `/${THREADS_VERSION}`).href
  const graph = { names: THREADS_NAMES, baseUrl, provesSecret: false }
  const tokenEndpoint = { host: tokenHost(hosts), path: '/oauth/access_token' }
  return {
    platform: 'threads',
    method: 'oauth2',
    appKey: 'threads',
    refreshModel: 'extension',
    scopes: SCOPES,
    missingScopes: (granted) =>
      SCOPES.filter((scope) => !REPLY_SCOPES.includes(scope) && !granted.includes(scope)),
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) => exchange(hosts, graph, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    identify: (access, call) => identify(graph, access, call),
    verifyApp: (app, call) => verifyAppCredentials(THREADS_NAMES, tokenEndpoint, app, call),
  }
}

function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/oauth/authorize', {
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: scopes.join(','),
    state: request.state,
  })
}

/** Code → token of an hour → token of 60 days; what was ticked only `debug_token` says. */
async function exchange(hosts: PlatformHosts, graph: Graph, request: ExchangeRequest, call: Call) {
  const url = urlBelow(tokenHost(hosts), '/oauth/access_token')
  const issuer = hosts.authBaseUrl
  const short = await exchangeCode({ names: THREADS_NAMES, issuer, url }, request, call)
  const longUrl = urlBelow(tokenHost(hosts), '/access_token', {
    grant_type: 'th_exchange_token',
    client_secret: secretOf(THREADS_NAMES, request.app),
    access_token: short.accessToken,
  })
  const long = await tryTwice(() => tradeToken(THREADS_NAMES, longUrl, call))
  const inspection = await tryTwice(() => inspect(graph, long.accessToken, call))
  if (inspection?.ended) throw inspection.ended
  return toGrant(long, short.permissions ?? inspection?.scopes ?? SCOPES)
}

/** Threads asks for a token of the same app, and documents only testers' for it. */
async function inspect(graph: Graph, token: string, call: Call): Promise<Inspection | undefined> {
  try {
    return await inspectToken(graph, token, token, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return undefined
    throw error
  }
}

function refresh(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<Grant> {
  const url = urlBelow(tokenHost(hosts), '/refresh_access_token', {
    grant_type: 'th_refresh_token',
    access_token: request.accessToken,
  })
  return tradeToken(THREADS_NAMES, url, call).then((token) =>
    toGrant(token, request.scopes ?? SCOPES),
  )
}

function toGrant({ accessToken, expiresAt, permissions }: MetaToken, scopes: readonly string[]) {
  return {
    accessToken,
    tokenType: 'bearer',
    ...(expiresAt ? { expiresAt } : {}),
    scopes: permissions ?? scopes,
  }
}

/** https://developers.facebook.com/docs/threads/reference/user */
async function identify(graph: Graph, access: AccountAccess, call: Call): Promise<Account> {
  const { accessToken, accountId } = access
  const query = { fields: 'id,username,name,threads_profile_picture_url' }
  const user = await askGraph(graph, { path: '/me', query, accessToken }, userSchema, call)
  if (accountId !== undefined && user.id !== accountId) {
    const message =
      'The access belongs to another Threads profile now. Please connect this one again.'
    throw authRevoked({ code: 'threads_account_changed', message })
  }
  return {
    platformAccountId: user.id,
    handle: user.username,
    displayName: user.name ?? null,
    profileImageUrl: user.threads_profile_picture_url ?? null,
    kind: 'personal',
  }
}
