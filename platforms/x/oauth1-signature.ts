import { createHmac, randomBytes } from 'node:crypto'

/** The app's pair and, once there is one, the token's (RFC 5849 §1.1). */
export interface Oauth1Keys {
  apiKey: string
  apiSecret: string
  token?: string
  tokenSecret?: string
}

export interface Oauth1Request {
  method: string
  url: URL
  /** Form parameters of the body; JSON and multipart bodies are not signed (§3.4.1.3.1). */
  form?: URLSearchParams
  /** Protocol parameters beside the usual: `oauth_callback`, `oauth_verifier`. */
  extra?: Readonly<Record<string, string>>
}

/** What makes each signature another one; given only by tests. */
export interface Oauth1Moment {
  timestampSeconds: number
  nonce: string
}

type Pairs = [name: string, value: string][]

/**
 * The `Authorization` header of https://www.rfc-editor.org/rfc/rfc5849#section-3.5.1 with
 * HMAC-SHA1, the only method of X. Our own: libraries for it are abandoned or bring their own HTTP.
 */
export function oauth1Header(
  request: Oauth1Request,
  keys: Oauth1Keys,
  moment: Oauth1Moment = now(),
): string {
  const protocol = protocolParameters(request, keys, moment)
  const signature = sign(signatureBase(request, protocol), keys)
  const parts = [...protocol, ['oauth_signature', signature] as const]
  return `OAuth ${parts.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`
}

/** https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1 */
export function signatureBase({ method, url, form }: Oauth1Request, protocol: Pairs): string {
  const all = [...protocol, ...url.searchParams, ...(form ?? [])]
  const encoded = all.map(([name, value]) => [encode(name), encode(value)] as const)
  encoded.sort(([name, value], [otherName, otherValue]) =>
    name === otherName ? compare(value, otherValue) : compare(name, otherName),
  )
  const parameters = encoded.map(([name, value]) => `${name}=${value}`).join('&')
  return [method.toUpperCase(), `${url.origin}${url.pathname}`, parameters].map(encode).join('&')
}

/** https://www.rfc-editor.org/rfc/rfc5849#section-3.4.2 */
export function sign(base: string, { apiSecret, tokenSecret = '' }: Oauth1Keys): string {
  const key = `${encode(apiSecret)}&${encode(tokenSecret)}`
  return createHmac('sha1', key).update(base).digest('base64')
}

function protocolParameters(
  { extra = {} }: Oauth1Request,
  { apiKey, token }: Oauth1Keys,
  { timestampSeconds, nonce }: Oauth1Moment,
): Pairs {
  return [
    ...Object.entries(extra),
    ['oauth_consumer_key', apiKey],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(timestampSeconds)],
    ...(token === undefined ? [] : ([['oauth_token', token]] satisfies Pairs)),
    ['oauth_version', '1.0'],
  ]
}

/** https://www.rfc-editor.org/rfc/rfc5849#section-3.6 */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** By bytes: what is compared is percent-encoded, thus ASCII. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function now(): Oauth1Moment {
  return {
    timestampSeconds: Math.floor(Date.now() / 1000),
    nonce: randomBytes(16).toString('hex'),
  }
}
