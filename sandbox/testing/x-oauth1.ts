import { createHmac, randomUUID } from 'node:crypto'
import { type CallOptions, call, type Reply } from './http.ts'

/** A consumer key, with a token when there is one. */
export interface Signer {
  key: string
  secret: string
  token?: string
  tokenSecret?: string
}

export const APP: Signer = { key: 'sandbox-x-api-key', secret: 'sbx_secret_x_api_secret' }
export const CALLBACK = 'http://127.0.0.1:3000/oauth/callback/x'

/** A signer of its own, so that the tests do not prove the sandbox's signer with itself. */
export function signedHeader(
  request: { method: string; url: string; form?: Record<string, string> },
  signer: Signer,
  changes: Record<string, string> = {},
): string {
  const url = new URL(request.url)
  const oauth: Record<string, string> = {
    oauth_consumer_key: signer.key,
    oauth_nonce: randomUUID(),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_version: '1.0',
    ...(signer.token === undefined ? {} : { oauth_token: signer.token }),
    ...changes,
  }
  const all = [...url.searchParams, ...Object.entries({ ...request.form, ...oauth })]
  const list = all.map((pair) => pair.map(escape3986).join('=')).toSorted()
  const base = [request.method, url.origin + url.pathname, list.join('&')].map(escape3986).join('&')
  const key = `${escape3986(signer.secret)}&${escape3986(signer.tokenSecret ?? '')}`
  oauth.oauth_signature = createHmac('sha1', key).update(base).digest('base64')
  const parts = Object.entries(oauth).map(([name, value]) => `${name}="${escape3986(value)}"`)
  return `OAuth ${parts.join(', ')}`
}

/** One signed request; `changes` replaces OAuth parameters before they are signed. */
export function signed(
  url: string,
  signer: Signer,
  options: CallOptions & { changes?: Record<string, string> } = {},
): Promise<Reply> {
  const { changes, ...rest } = options
  const method = rest.method ?? ((rest.form ?? rest.json) ? 'POST' : 'GET')
  const authorization = signedHeader({ method, url, form: rest.form }, signer, changes)
  return call(url, { ...rest, method, headers: { ...rest.headers, authorization } })
}

/** A urlencoded answer as its fields. */
export function formOf(reply: Reply): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(reply.body)))
}

function escape3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  )
}
