import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { badAuthentication, legacyError } from './errors.ts'
import { baseString, hmacSha1, readOauthHeader } from './oauth1-signature.ts'
import type { XKey, XStore, XToken } from './store.ts'

/** https://docs.x.com/fundamentals/authentication/oauth-1-0a/authorizing-a-request */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** A request whose signature was proven. */
export interface Proven {
  app: XKey
  /** Every parameter, of header, query and form. */
  params: Map<string, string>
}

export function isOauth1(req: ApiRequest): boolean {
  return /^OAuth /i.test(req.header('authorization') ?? '')
}

/** The access token that signed a request; refuses 401 with the codes of API v1.1. */
export function authorizeOauth1(store: XStore, req: ApiRequest): XToken {
  let token: XToken | undefined
  prove(store, req, (name) => {
    token = store.tokens1.get(name)
    return token?.revoked === false ? token.secret : undefined
  })
  if (token === undefined) throw new Refusal(legacyError(401, 89))
  return token
}

/** Checks a signed request whose token, if it must have one, has the secret `secretOf` gives. */
export function prove(
  store: XStore,
  req: ApiRequest,
  secretOf: ((token: string) => string | undefined) | undefined,
): Proven {
  const header = readOauthHeader(req.header('authorization'))
  if (header === undefined || header.size === 0) throw new Refusal(badAuthentication())
  const params = allParams(req, header)
  const app = store.keys.get(header.get('oauth_consumer_key') ?? '')
  const signature = header.get('oauth_signature')
  if (app === undefined || signature === undefined || !hasKnownMethod(header)) throw notAuthentic()
  assertTimely(header, req.nowMs)
  const tokenSecret = secretOf?.(header.get('oauth_token') ?? '')
  if (secretOf !== undefined && tokenSecret === undefined) throw new Refusal(legacyError(401, 89))
  const base = baseString({ method: req.method, url: urlOf(req), params })
  if (signature !== hmacSha1(base, app.api_secret, tokenSecret ?? '')) throw notAuthentic()
  rememberNonce(store, req, header)
  return { app, params: new Map(params) }
}

/** JSON and multipart bodies are not signed; a form body is, field by field. */
function allParams(req: ApiRequest, header: Map<string, string>): [string, string][] {
  const isForm = req.header('content-type')?.startsWith('application/x-www-form-urlencoded')
  const form = isForm === true ? new URLSearchParams(req.raw.toString('utf8')) : []
  const signed = [...header].filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
  return [...signed, ...req.query, ...form]
}

function hasKnownMethod(header: Map<string, string>): boolean {
  const version = header.get('oauth_version') ?? '1.0'
  return header.get('oauth_signature_method') === 'HMAC-SHA1' && version === '1.0'
}

function assertTimely(header: Map<string, string>, nowMs: number): void {
  const timestamp = header.get('oauth_timestamp') ?? ''
  const age = Math.abs(nowMs - Number(timestamp) * 1000)
  if (/^\d+$/.test(timestamp) && age <= CLOCK_TOLERANCE_MS) return
  throw new Refusal(legacyError(401, 135))
}

/** A nonce serves once per timestamp, key and token. */
function rememberNonce(store: XStore, req: ApiRequest, header: Map<string, string>): void {
  const parts = ['oauth_consumer_key', 'oauth_token', 'oauth_timestamp', 'oauth_nonce']
  const key = parts.map((name) => header.get(name) ?? '').join(' ')
  if (!header.get('oauth_nonce') || store.nonces.has(key)) throw notAuthentic()
  // Older ones can go: their timestamps are refused by now. The map is in order of arrival.
  for (const [old, seenAtMs] of store.nonces) {
    if (req.nowMs - seenAtMs <= 2 * CLOCK_TOLERANCE_MS) break
    store.nonces.delete(old)
  }
  store.nonces.set(key, req.nowMs)
}

/** The account a signed request acts for, found without proof and without effect. */
export function identifyOauth1(store: XStore, req: ApiRequest): string | undefined {
  const header = readOauthHeader(req.header('authorization'))
  const token = header?.get('oauth_token') ?? textField(req.body, 'oauth_token') ?? ''
  const request = store.requests1.get(token)
  return store.tokens1.get(token)?.account_id ?? request?.account_id ?? undefined
}

function urlOf(req: ApiRequest): string {
  return `${req.origin}${req.mount}${req.path}`
}

function notAuthentic(): Refusal {
  return new Refusal(legacyError(401, 32))
}
