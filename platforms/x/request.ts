import { authRevoked, PlatformFailure, transient } from '../../domain/failures.ts'
import { ask, type Dialect, type Effect } from '../ask.ts'
import type { Access, Call } from '../call.ts'
import type { BodyStream, HttpAnswer, HttpRequest } from '../http.ts'
import { readErrorCodes, X_DIALECT, xFailure } from './errors.ts'
import { type Oauth1Keys, oauth1Header } from './oauth1-signature.ts'

export type XAccess = Pick<Access, 'accessToken' | 'tokenType' | 'secrets'>

export interface XRequest {
  method: 'GET' | 'POST' | 'DELETE'
  url: URL
  json?: unknown
  form?: URLSearchParams
  /** Multipart, which OAuth 1.0a leaves out of its signature. */
  upload?: { body: BodyStream; contentType: string }
  timeoutMs?: number
}

/** X refuses timestamps that are further off: code 135, or a plain 401 of version 2. */
const MAX_CLOCK_SKEW_MS = 4 * 60_000

/** A refusal that no refresh can mend: tokens of OAuth 1.0a are for good or gone. */
const OAUTH1_DIALECT: Dialect = { ...X_DIALECT, failureOf: oauth1Failure }

/** The one way to the API for an account: by bearer token or signed, as its access says. */
export async function askX(
  request: XRequest,
  access: XAccess,
  call: Call,
  effect?: Effect,
): Promise<HttpAnswer> {
  if (access.tokenType === 'oauth1') return askSigned(request, keysOf(access), call, effect)
  const authorization = `Bearer ${access.accessToken}`
  return ask(X_DIALECT, httpRequest(request, authorization), call, effect)
}

/** Signed by OAuth 1.0a; `extra` are protocol parameters of the connecting dance. */
export function askSigned(
  request: XRequest,
  keys: Oauth1Keys,
  call: Call,
  effect?: Effect,
  extra: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const authorization = oauth1Header({ ...request, extra }, keys)
  return ask(OAUTH1_DIALECT, httpRequest(request, authorization), call, effect)
}

function httpRequest({ upload, ...request }: XRequest, authorization: string): HttpRequest {
  if (upload === undefined) return { ...request, headers: { authorization }, trusted: true }
  const headers = { authorization, 'content-type': upload.contentType }
  return { ...request, headers, body: upload.body, trusted: true }
}

function keysOf({ accessToken, secrets }: XAccess): Oauth1Keys {
  const { api_key: apiKey, api_secret: apiSecret, token_secret: tokenSecret } = secrets
  if (!apiKey || !apiSecret || !tokenSecret) {
    throw authRevoked({
      code: 'x_keys_missing',
      message: 'The keys of this X connection are incomplete. Please connect the account again.',
    })
  }
  return { apiKey, apiSecret, token: accessToken, tokenSecret }
}

function oauth1Failure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const failure = xFailure(answer, effect)
  if (failure.kind !== 'auth_expired') return failure
  const httpStatus = answer.status
  if (readErrorCodes(answer).includes(135) || isClockOff(answer)) {
    return transient({
      code: 'x_clock_off',
      message: 'The clock of this installation is wrong, so X refuses its signatures.',
      httpStatus,
    })
  }
  return authRevoked({
    code: 'x_keys_refused',
    message: 'X refused the keys or tokens of this account. Please connect the account again.',
    httpStatus,
  })
}

function isClockOff(answer: HttpAnswer): boolean {
  const theirs = Date.parse(answer.headers.get('date') ?? '')
  return Math.abs(Date.now() - theirs) > MAX_CLOCK_SKEW_MS
}

/** Whether X says that it knows no such token (any more). */
export function isTokenGone(error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === 'x_keys_refused'
}
