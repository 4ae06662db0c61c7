import { createHash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { PlatformFailure, rejected } from '../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined, transportFailure } from './ask.ts'
import type { Grant } from './authorizer.ts'
import type { Call } from './call.ts'
import type { HttpAnswer } from './http.ts'

/** What a token endpoint (or the redirect back from consent) refused, in OAuth's own words. */
export interface OauthRefusal {
  status: number | undefined
  error: string | undefined
  description: string | undefined
}

export interface OauthCall {
  dialect: Dialect
  call: Call
  /** Whether the endpoints come from configuration and skip the host guard. */
  trusted: boolean
  /** Plain http is for loopback hosts of tests and the demo; the host guard decides which. */
  insecure: boolean
  effect: Effect
  /** Translates a 4xx of the token endpoint. */
  refusalOf(refusal: OauthRefusal): PlatformFailure
  /** Puts an answer into RFC 6749's form where a platform deviates; see `withTokenAnswer`. */
  readAnswer?(answer: HttpAnswer): HttpAnswer
}

export interface OauthOptions {
  [oauth.customFetch]: (url: string, init: OauthInit) => Promise<Response>
  [oauth.allowInsecureRequests]: boolean
  signal: AbortSignal
}

interface OauthInit {
  method: string
  headers: Record<string, string>
  body?: unknown
}

/**
 * Runs one oauth4webapi exchange over our `Http`, so that timeouts, size limits, the host guard and
 * redaction hold for it too, and translates its failures.
 */
export async function withOauth<Result>(
  context: OauthCall,
  run: (options: OauthOptions) => Promise<Result>,
): Promise<Result> {
  const seen: { answer?: HttpAnswer } = {}
  const options: OauthOptions = {
    [oauth.customFetch]: async (url, init) => {
      const answer = await context.call.http.request(toHttpRequest(url, init, context))
      seen.answer = context.readAnswer?.(answer) ?? answer
      return toResponse(seen.answer)
    },
    [oauth.allowInsecureRequests]: context.insecure,
    signal: context.call.signal,
  }
  try {
    return await run(options)
  } catch (error) {
    throw oauthFailure(error, seen.answer, context)
  }
}

/** The PKCE challenge of https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
export function s256(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url')
}

/** HTTP Basic as X and others decode it: percent-encoding leaves `-` and `_` as they are. */
export function clientSecretBasic(clientSecret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = `${encodeURIComponent(client.client_id)}:${encodeURIComponent(clientSecret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}

/** The answer with its JSON object changed; an answer without one stays as it is. */
export function withTokenAnswer(
  answer: HttpAnswer,
  change: (json: Record<string, unknown>) => Record<string, unknown>,
): HttpAnswer {
  const json = jsonOrUndefined(answer)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return answer
  const changed = change({ ...json })
  return { ...answer, text: JSON.stringify(changed), json: () => changed }
}

/** A token endpoint's answer as a grant; scopes fall back to what was asked for (RFC 6749 §5.1). */
export function toGrant(
  tokens: oauth.TokenEndpointResponse,
  askedScopes: readonly string[],
  now = new Date(),
): Grant {
  const expiresAt = secondsFrom(now, tokens.expires_in)
  const refreshLife = tokens.refresh_token_expires_in ?? tokens.refresh_expires_in
  const refreshExpiresAt = secondsFrom(now, Number(refreshLife) || undefined)
  return {
    accessToken: tokens.access_token,
    tokenType: tokens.token_type,
    ...(expiresAt ? { expiresAt } : {}),
    ...(tokens.refresh_token ? { refreshToken: tokens.refresh_token } : {}),
    ...(refreshExpiresAt ? { refreshExpiresAt } : {}),
    scopes:
      tokens.scope === undefined ? [...askedScopes] : tokens.scope.split(/[ ,]+/).filter(Boolean),
  }
}

function secondsFrom(now: Date, seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000)
}

function toHttpRequest(url: string, init: OauthInit, context: OauthCall) {
  const body = init.body instanceof URLSearchParams ? init.body.toString() : undefined
  const { 'user-agent': _library, ...headers } = init.headers
  return {
    method: init.method === 'GET' ? ('GET' as const) : ('POST' as const),
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    trusted: context.trusted,
    signal: context.call.signal,
  }
}

/** An empty `refresh_token` means none: the library would refuse the whole grant for it. */
function toResponse(answer: HttpAnswer): Response {
  const bodyless = answer.status === 204 || answer.status === 304
  return new Response(bodyless ? null : dropEmptyRefreshToken(answer), {
    status: answer.status,
    headers: answer.headers,
  })
}

function dropEmptyRefreshToken(answer: HttpAnswer): string {
  const json = jsonOrUndefined(answer)
  if (typeof json !== 'object' || json === null || !('refresh_token' in json)) return answer.text
  if (json.refresh_token) return answer.text
  const { refresh_token: _empty, ...rest } = json
  return JSON.stringify(rest)
}

function oauthFailure(
  error: unknown,
  answer: HttpAnswer | undefined,
  context: OauthCall,
): PlatformFailure {
  const { dialect, effect } = context
  if (error instanceof PlatformFailure) return error
  if (error instanceof oauth.AuthorizationResponseError) return consentFailure(error.error, dialect)
  if (!answer) {
    if (error instanceof oauth.OperationProcessingError) return invalidCallback(dialect)
    return transportFailure(dialect.platformName, error, effect)
  }
  if (answer.status >= 500 || answer.status === 429) {
    // A token endpoint that answers an error gave no token: only a lost answer is unknown.
    return dialect.failureOf(answer, 'repeatable')
  }
  if (answer.status >= 400) return context.refusalOf(readRefusal(answer))
  return transportFailure(dialect.platformName, new Error('unusable token answer'), effect)
}

function readRefusal(answer: HttpAnswer): OauthRefusal {
  const json = jsonOrUndefined(answer)
  const field = (name: string) => {
    const value = typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined
    return typeof value === 'string' ? value : undefined
  }
  return { status: answer.status, error: field('error'), description: field('error_description') }
}

function consentFailure(error: string, dialect: Dialect): PlatformFailure {
  const denied = error === 'access_denied'
  return rejected({
    code: denied ? 'consent_denied' : 'authorization_failed',
    message: denied
      ? `Access was not granted on ${dialect.platformName}.`
      : `${dialect.platformName} refused the authorization. Please try again.`,
  })
}

function invalidCallback(dialect: Dialect): PlatformFailure {
  return rejected({
    code: 'authorization_invalid',
    message: `The answer of ${dialect.platformName} does not belong to this connection attempt.`,
  })
}
