import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { authRevoked, PlatformFailure, transient } from '../../domain/failures.ts'
import { ask, type Effect, jsonOrUndefined, readJson } from '../ask.ts'
import type { AppCredentials, ExchangeRequest, Grant, RefreshRequest } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { type CodeFlow, refreshNeeds, tradeCode, tradeRefreshToken } from '../code-flow.ts'
import { tokenHost } from '../hosts.ts'
import type { HttpAnswer } from '../http.ts'
import { withTokenAnswer } from '../oauth.ts'
import { LINKEDIN_DIALECT, linkedinFailure, linkedinTokenFailure } from './errors.ts'
import { SCOPES } from './scopes.ts'

const refusalSchema = z.object({
  error: z.string().min(1),
  error_description: z.string().optional(),
})
const tokenStateSchema = z.object({
  active: z.boolean(),
  status: z.enum(['active', 'expired', 'revoked']).optional().catch(undefined),
})

export type TokenState = 'active' | 'expired' | 'revoked' | 'unknown'

/** The person pressed cancel: on the sign-in page, or on the consent page. */
const CANCELLED = ['user_cancelled_login', 'user_cancelled_authorize']

/**
 * https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
 * Refresh tokens are for approved apps; without one the access ends after 60 days.
 */
export async function exchange(
  hosts: PlatformHosts,
  request: ExchangeRequest,
  call: Call,
): Promise<Grant> {
  const params = new URLSearchParams(request.params)
  if (CANCELLED.includes(params.get('error') ?? '')) params.set('error', 'access_denied')
  const grant = await tradeCode(flowOf(hosts, request.app, call, 'code'), { ...request, params })
  return grant.refreshToken ? grant : { ...grant, refreshModel: 'none' }
}

/** The refresh token stays the same and its end does not move, so a lost answer costs nothing. */
export async function refresh(
  hosts: PlatformHosts,
  request: RefreshRequest,
  call: Call,
): Promise<Grant> {
  const needs = refreshNeeds(request, LINKEDIN_DIALECT)
  try {
    return await tradeRefreshToken(flowOf(hosts, needs.app, call, 'refresh_token'), needs)
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.kind !== 'auth_revoked') throw error
    throw explain(error, await tokenState(hosts, needs.app, needs.refreshToken, call))
  }
}

/** LinkedIn has one sentence for a refresh token that ran out and one that was withdrawn. */
function explain(failure: PlatformFailure, state: TokenState): PlatformFailure {
  if (state === 'expired') {
    const message = 'LinkedIn gives access for a year at most. Please connect the account again.'
    return authRevoked({ code: 'linkedin_refresh_expired', message, cause: failure })
  }
  if (state !== 'active') return failure
  const message = 'LinkedIn contradicts itself about this connection. It is asked again.'
  return transient({ code: 'linkedin_token_disputed', message, cause: failure })
}

/** Both tokens; Microsoft's documents do not say whether ending one ends the other. */
export async function revoke(
  hosts: PlatformHosts,
  { app, accessToken, refreshToken }: RefreshRequest,
  call: Call,
): Promise<void> {
  if (!app) return
  for (const token of [refreshToken, accessToken].filter((one) => one !== undefined)) {
    try {
      await askTokenHost(hosts, '/oauth/v2/revoke', { app, token }, call)
    } catch (error) {
      // Dead already, which is what was wanted.
      if (!isTokenRefused(error)) throw error
    }
  }
}

/** The client was taken and only the token refused. */
function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof PlatformFailure)) return false
  return error.kind === 'auth_revoked' || error.code === 'linkedin_request_refused'
}

/**
 * What LinkedIn itself says of a token; `unknown` when it says nothing usable.
 * https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
 */
export async function tokenState(
  hosts: PlatformHosts,
  app: AppCredentials,
  token: string,
  call: Call,
): Promise<TokenState> {
  try {
    const answer = await askTokenHost(hosts, '/oauth/v2/introspectToken', { app, token }, call)
    const { active, status } = readJson(LINKEDIN_DIALECT, answer, tokenStateSchema)
    return status ?? (active ? 'active' : 'unknown')
  } catch (error) {
    if (error instanceof PlatformFailure) return 'unknown'
    throw error
  }
}

/**
 * Asks about a made-up token, which only a known client id with its secret may do. It does not prove
 * that products, scopes or redirect URIs are set up. Throws `rejected` for a refused client.
 */
export async function verifyApp(
  hosts: PlatformHosts,
  app: AppCredentials,
  call: Call,
): Promise<void> {
  const token = 'clarion-app-check'
  try {
    await askTokenHost(hosts, '/oauth/v2/introspectToken', { app, token }, call)
  } catch (error) {
    if (!isTokenRefused(error)) throw error
  }
}

function askTokenHost(
  hosts: PlatformHosts,
  path: string,
  { app, token }: { app: AppCredentials; token: string },
  call: Call,
): Promise<HttpAnswer> {
  const { clientId, clientSecret = '' } = app
  const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token })
  const url = urlBelow(tokenHost(hosts), path)
  const dialect = { ...LINKEDIN_DIALECT, failureOf: tokenHostFailure }
  return ask(dialect, { method: 'POST', url, form, trusted: true }, call)
}

function tokenHostFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const parsed = refusalSchema.safeParse(jsonOrUndefined(answer))
  const isRefusal = answer.status >= 400 && answer.status < 500 && answer.status !== 429
  if (!parsed.success || !isRefusal) return linkedinFailure(answer, effect)
  const { error, error_description: description } = parsed.data
  return linkedinTokenFailure('refresh_token')({ status: answer.status, error, description })
}

function flowOf(
  hosts: PlatformHosts,
  app: AppCredentials,
  call: Call,
  traded: 'code' | 'refresh_token',
): CodeFlow {
  const host = tokenHost(hosts)
  return {
    context: {
      dialect: LINKEDIN_DIALECT,
      call,
      trusted: true,
      insecure: host.startsWith('http:'),
      effect: 'repeatable',
      refusalOf: linkedinTokenFailure(traded),
      readAnswer: withTokenType,
    },
    server: { issuer: host, token_endpoint: urlBelow(host, '/oauth/v2/accessToken').href },
    clientAuth: oauth.ClientSecretPost(app.clientSecret ?? ''),
    // PKCE is for native apps of selected partners only.
    pkce: false,
    askedScopes: SCOPES,
  }
}

/** Deviates: no `token_type`; the id token of `openid` is not used, `userinfo` is asked instead. */
function withTokenType(answer: HttpAnswer): HttpAnswer {
  return withTokenAnswer(answer, ({ id_token: _unused, ...rest }) =>
    'access_token' in rest ? { token_type: 'Bearer', ...rest } : rest,
  )
}
