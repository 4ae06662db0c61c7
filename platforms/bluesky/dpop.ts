import { createHash, type webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import { jsonOrUndefined } from '../ask.ts'
import type { Http, HttpAnswer, HttpRequest } from '../http.ts'

/** Proof of possession with ES256: https://atproto.com/specs/oauth#demonstrating-proof-of-possession-dpop */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** Keys whose last server nonce is remembered; a forgotten one costs one request more. */
const MAX_HANDLES = 1_000

const keySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

/** Signs proofs and remembers each server's nonce, by key. */
export interface DpopKeys {
  handleOf(jwkJson: string | undefined): Promise<oauth.DPoPHandle>
}

/** A new private key as JWK JSON, to be kept as secret `dpop_key` for as long as the tokens live. */
export async function makeDpopKey(): Promise<string> {
  const pair = await oauth.generateKeyPair('ES256', { extractable: true })
  return JSON.stringify(await crypto.subtle.exportKey('jwk', pair.privateKey))
}

export function makeDpopKeys(): DpopKeys {
  const handles = new Map<string, Promise<oauth.DPoPHandle>>()

  return {
    handleOf: (jwkJson) => {
      if (!jwkJson) throw keyMissing()
      // By digest, so that no key lies about longer than its own call needs it.
      const id = createHash('sha256').update(jwkJson).digest('base64url')
      const handle = handles.get(id) ?? makeHandle(jwkJson)
      handles.delete(id)
      handles.set(id, handle)
      const [oldest] = handles.keys()
      if (handles.size > MAX_HANDLES && oldest !== undefined) handles.delete(oldest)
      return handle
    },
  }
}

/** A private JWK (JSON) as a signing key, with its `kid`; undefined when it is none. */
export async function importPrivateJwk(
  json: string,
): Promise<{ key: webcrypto.CryptoKey; kid?: string } | undefined> {
  const parsed = keySchema.extend({ kid: z.string().optional() }).safeParse(parseJson(json))
  if (!parsed.success) return undefined
  const { kid, ...jwk } = parsed.data
  const key = await crypto.subtle.importKey('jwk', jwk, ALGORITHM, false, ['sign'])
  return kid === undefined ? { key } : { key, kid }
}

/**
 * `http` with a proof on every request, for the resource server. A server that asks for a (newer)
 * nonce has done nothing yet, so the request is sent once more, irreversible or not.
 */
export function withDpop(http: Http, handle: oauth.DPoPHandle, accessToken: string): Http {
  return {
    request: async (request) => {
      const answer = await sendProven(http, handle, accessToken, request)
      return asksForNonce(answer) ? sendProven(http, handle, accessToken, request) : answer
    },
    // Files of the open web need no proof.
    download: (request) => http.download(request),
    close: () => http.close(),
  }
}

async function sendProven(
  http: Http,
  handle: oauth.DPoPHandle,
  accessToken: string,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const seen: { answer?: HttpAnswer } = {}
  const options = {
    DPoP: handle,
    // Our own transport decides which hosts may be plain http.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (_url: string, init: { headers: Record<string, string> }) => {
      const { authorization = '', dpop = '' } = init.headers
      const headers = { ...request.headers, authorization, dpop }
      seen.answer = await http.request({ ...request, headers })
      return new Response(null, { status: seen.answer.status, headers: seen.answer.headers })
    },
  }
  const url = new URL(request.url)
  try {
    const { method } = request
    await oauth.protectedResourceRequest(accessToken, method, url, undefined, null, options)
  } catch (error) {
    // A challenge is an answer like any other: the dialect translates it.
    if (seen.answer === undefined) throw error
  }
  if (seen.answer === undefined) throw new Error('the request was not sent')
  return seen.answer
}

function asksForNonce(answer: HttpAnswer): boolean {
  if (answer.status !== 401 && answer.status !== 400) return false
  if (/use_dpop_nonce/.test(answer.headers.get('www-authenticate') ?? '')) return true
  const body = z.object({ error: z.literal('use_dpop_nonce') }).safeParse(jsonOrUndefined(answer))
  return body.success
}

async function makeHandle(jwkJson: string): Promise<oauth.DPoPHandle> {
  const parsed = keySchema.safeParse(parseJson(jwkJson))
  if (!parsed.success) throw keyMissing()
  const { d: _private, ...jwk } = parsed.data
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', parsed.data, ALGORITHM, false, ['sign']),
    crypto.subtle.importKey('jwk', jwk, ALGORITHM, true, ['verify']),
  ])
  return oauth.DPoP({}, { privateKey, publicKey })
}

function keyMissing() {
  return authRevoked({
    code: 'bluesky_key_missing',
    message: 'The key of this Bluesky sign-in is gone. Please connect the account again.',
  })
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's message would quote the key.
    return undefined
  }
}
