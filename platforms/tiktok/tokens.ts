import type * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { ask, type Effect, jsonOrUndefined, readJson } from '../ask.ts'
import type { AppCredentials, ExchangeRequest, Grant, RefreshRequest } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { type CodeFlow, refreshNeeds, tradeCode, tradeRefreshToken } from '../code-flow.ts'
import { tokenHost } from '../hosts.ts'
import type { HttpAnswer } from '../http.ts'
import { GRANT_TYPE_REFUSED, TIKTOK_DIALECT, tiktokFailure, tiktokTokenFailure } from './errors.ts'

const refusalSchema = z.object({ error: z.string().min(1) })
const appTokenSchema = z.object({ access_token: z.string().min(1) })

interface TokenCall {
  hosts: PlatformHosts
  app: AppCredentials
  call: Call
  scopes: readonly string[]
}

/** https://developers.tiktok.com/doc/oauth-user-access-token-management */
export function exchange(request: ExchangeRequest, context: TokenCall): Promise<Grant> {
  return tradeCode(flowOf(context, 'code', 'repeatable'), request)
}

/** The old refresh token dies at once, so after a lost answer nobody knows which one lives. */
export async function refresh(
  request: RefreshRequest,
  context: Omit<TokenCall, 'app'>,
): Promise<Grant> {
  const needs = refreshNeeds(request, TIKTOK_DIALECT)
  return tradeRefreshToken(
    flowOf({ ...context, app: needs.app }, 'refresh_token', 'irreversible'),
    needs,
  )
}

/** Takes Clarion off the list of apps that the person allowed. */
export async function revoke(
  hosts: PlatformHosts,
  { app, accessToken }: RefreshRequest,
  call: Call,
): Promise<void> {
  if (!app) return
  const form = new URLSearchParams({ ...clientFields(app), token: accessToken })
  try {
    await askTokenHost(hosts, '/v2/oauth/revoke/', form, call)
  } catch (error) {
    // Dead already, which is what was wanted.
    if (!(error instanceof PlatformFailure) || error.kind !== 'auth_revoked') throw error
  }
}

/**
 * Asks for a token of the app itself, which proves that key and secret belong together. It does not
 * prove that products, scopes or redirect URIs are set up, nor that the app was audited.
 * https://developers.tiktok.com/doc/client-access-token-management
 */
export async function verifyApp(
  hosts: PlatformHosts,
  app: AppCredentials,
  call: Call,
): Promise<void> {
  const form = new URLSearchParams({ ...clientFields(app), grant_type: 'client_credentials' })
  try {
    const answer = await askTokenHost(hosts, '/v2/oauth/token/', form, call)
    readJson(TIKTOK_DIALECT, answer, appTokenSchema)
  } catch (error) {
    // The client was taken and only the kind of token refused.
    if (!(error instanceof PlatformFailure) || error.code !== GRANT_TYPE_REFUSED) throw error
  }
}

async function askTokenHost(
  hosts: PlatformHosts,
  path: string,
  form: URLSearchParams,
  call: Call,
): Promise<HttpAnswer> {
  const url = urlBelow(tokenHost(hosts), path)
  const failureOf = (answer: HttpAnswer, effect: Effect) => {
    const error = readRefusal(answer)
    if (error === undefined || answer.status >= 500) return tiktokFailure(answer, effect)
    const refusal = { status: answer.status, error, description: undefined }
    return tiktokTokenFailure('refresh_token')(refusal)
  }
  const dialect = { ...TIKTOK_DIALECT, failureOf }
  const answer = await ask(dialect, { method: 'POST', url, form, trusted: true }, call)
  if (readRefusal(answer)) throw failureOf(answer, 'repeatable')
  return answer
}

function flowOf(
  { hosts, app, call, scopes }: TokenCall,
  traded: 'code' | 'refresh_token',
  effect: Effect,
): CodeFlow {
  const host = tokenHost(hosts)
  return {
    context: {
      dialect: TIKTOK_DIALECT,
      call,
      trusted: true,
      insecure: host.startsWith('http:'),
      effect,
      refusalOf: tiktokTokenFailure(traded),
      readAnswer: withRefusalStatus,
    },
    server: { issuer: hosts.authBaseUrl, token_endpoint: urlBelow(host, '/v2/oauth/token/').href },
    clientAuth: clientKeyInBody(app),
    pkce: true,
    askedScopes: scopes,
  }
}

/** TikTok's name of the client id is `client_key`. */
function clientFields(app: AppCredentials): Record<string, string> {
  return { client_key: app.clientId, client_secret: app.clientSecret ?? '' }
}

function clientKeyInBody(app: AppCredentials): oauth.ClientAuth {
  return (_server, _client, body) => {
    for (const [name, value] of Object.entries(clientFields(app))) body.set(name, value)
  }
}

/** Refusals may come with status 200: they are given the one that OAuth has for them. */
function withRefusalStatus(answer: HttpAnswer): HttpAnswer {
  const refused = answer.status === 200 && readRefusal(answer) !== undefined
  return refused ? { ...answer, status: 400 } : answer
}

function readRefusal(answer: HttpAnswer): string | undefined {
  const parsed = refusalSchema.safeParse(jsonOrUndefined(answer))
  return parsed.success ? parsed.data.error : undefined
}
