import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { type CallOptions, call, pick, type Reply } from './http.ts'

export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/bluesky'
export const SCOPE = 'atproto transition:generic'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** An ES256 key with its public JWK. */
export interface Key {
  private: KeyObject
  jwk: Record<string, unknown>
}

/** A client with the keys it proves itself with, and its own clock. */
export interface Client {
  id: string
  dpop: Key
  /** Only a confidential client has one. */
  auth?: Key
  nowMs: () => number
  /** The latest nonce of the server. */
  nonce?: string
}

export function makeKey(kid?: string): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { private: privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

/** A client without a document, as development uses it. */
export function developmentClient(nowMs: () => number = Date.now): Client {
  const query = new URLSearchParams({ redirect_uri: REDIRECT_URI, scope: SCOPE })
  return { id: `http://localhost?${query}`, dpop: makeKey(), nowMs }
}

/** Runs a test with a confidential client whose document is served on this machine. */
export async function withClientDocument(
  changes: Record<string, unknown>,
  run: (client: Client, document: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  const auth = makeKey('key-1')
  const document: Record<string, unknown> = {
    client_name: 'Served client',
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [REDIRECT_URI],
    scope: SCOPE,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
    jwks: { keys: [auth.jwk] },
    ...changes,
  }
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const id = `http://127.0.0.1:${port}/client-metadata.json`
  document.client_id ??= id
  try {
    await run({ id, dpop: makeKey(), auth, nowMs: Date.now }, document)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

export function signJws(key: Key, header: object, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'ES256', ...header })}.${part(claims)}`
  const options = { key: key.private, dsaEncoding: 'ieee-p1363' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), options).toString('base64url')}`
}

/** A DPoP proof; `changes` replaces claims, undefined removes them. */
export function proof(
  client: Client,
  request: { method: string; url: string; token?: string },
  changes: Record<string, unknown> = {},
): string {
  const { d, kid, ...jwk } = client.dpop.jwk
  const ath = request.token && createHash('sha256').update(request.token).digest('base64url')
  const claims = {
    jti: randomUUID(),
    htm: request.method,
    htu: request.url.replace(/[?#].*$/, ''),
    iat: Math.floor(client.nowMs() / 1000),
    nonce: client.nonce,
    ath,
    ...changes,
  }
  return signJws(client.dpop, { typ: 'dpop+jwt', jwk }, claims)
}

export function assertion(client: Client, issuer: string, changes: object = {}): object {
  if (client.auth === undefined) return {}
  const iat = Math.floor(client.nowMs() / 1000)
  const claims = { iss: client.id, sub: client.id, aud: issuer, jti: randomUUID(), iat, ...changes }
  const header = { kid: client.auth.jwk.kid }
  return {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: signJws(client.auth, header, claims),
  }
}

/** POST with a proof; keeps the nonce, and repeats once when the server asks for one. */
export async function post(
  client: Client,
  url: string,
  form: Record<string, string>,
  changes: Record<string, unknown> = {},
): Promise<Reply> {
  const attempt = async (): Promise<Reply> => {
    const dpop = proof(client, { method: 'POST', url }, changes)
    const authentication = assertion(client, new URL(url).origin)
    const all = { client_id: client.id, ...authentication, ...form }
    const reply = await call(url, { form: all, headers: { dpop } })
    client.nonce = reply.headers.get('dpop-nonce') ?? client.nonce
    return reply
  }
  const reply = await attempt()
  return Object(reply.body).error === 'use_dpop_nonce' ? attempt() : reply
}

/** An XRPC call with `Authorization: DPoP`. */
export async function xrpc(
  client: Client,
  url: string,
  token: string,
  options: CallOptions & { claims?: Record<string, unknown> } = {},
): Promise<Reply> {
  const { claims, ...rest } = options
  const method = rest.method ?? (rest.json === undefined ? 'GET' : 'POST')
  const dpop = proof(client, { method, url, token }, claims)
  const headers = { ...rest.headers, dpop, authorization: `DPoP ${token}` }
  const reply = await call(url, { ...rest, method, headers })
  client.nonce = reply.headers.get('dpop-nonce') ?? client.nonce
  return reply
}

/** Parameters of a pushed request with the verifier of its challenge. */
export function parForm(changes: Record<string, string> = {}): {
  form: Record<string, string>
  verifier: string
} {
  const verifier = `${randomUUID()}${randomUUID()}`.replaceAll('-', '')
  const form = {
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: 'state-1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }
  return { form, verifier }
}

/** PAR and consent; the parameters the client gets back. */
export async function consent(
  client: Client,
  base: string,
  changes: Record<string, string> = {},
): Promise<{ back: URLSearchParams; verifier: string; requestUri: string }> {
  const { form, verifier } = parForm()
  const pushed = await post(client, `${base}/oauth/par`, form)
  const requestUri = pick(pushed.body, 'request_uri')
  const { headers } = await call(consentUrl(client, base, requestUri, changes))
  const back = new URL(headers.get('location') ?? '').searchParams
  return { back, verifier, requestUri }
}

export function consentUrl(
  client: Client,
  base: string,
  requestUri: string,
  changes: Record<string, string> = {},
): string {
  const query = new URLSearchParams({
    client_id: client.id,
    request_uri: requestUri,
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${base}/oauth/authorize?${query}`
}

export function exchange(
  client: Client,
  base: string,
  grant: { code: string; verifier: string },
  changes: Record<string, string> = {},
): Promise<Reply> {
  return post(client, `${base}/oauth/token`, {
    grant_type: 'authorization_code',
    code: grant.code,
    code_verifier: grant.verifier,
    redirect_uri: REDIRECT_URI,
    ...changes,
  })
}

export function refresh(client: Client, base: string, refresh_token: string): Promise<Reply> {
  return post(client, `${base}/oauth/token`, { grant_type: 'refresh_token', refresh_token })
}

export interface Tokens {
  access: string
  refresh: string
  did: string
  body: unknown
}

/** The whole flow. */
export async function login(
  client: Client,
  base: string,
  changes: Record<string, string> = {},
): Promise<Tokens> {
  const { back, verifier } = await consent(client, base, changes)
  const { body } = await exchange(client, base, { code: back.get('code') ?? '', verifier })
  return tokensOf(body)
}

export function tokensOf(body: unknown): Tokens {
  const [access, refresh] = [pick(body, 'access_token'), pick(body, 'refresh_token')]
  return { access, refresh, did: pick(body, 'sub'), body }
}
