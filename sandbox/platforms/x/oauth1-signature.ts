import { createHmac } from 'node:crypto'

/** What RFC 5849 signs: the request line's parts and every parameter of query, form and header. */
export interface SignedRequest {
  method: string
  /** `http://host:port/path`, without query. */
  url: string
  /** Decoded, `oauth_signature` and `realm` left out, in any order. */
  params: readonly (readonly [string, string])[]
}

/** Parameters of an `Authorization: OAuth …` header, decoded; undefined when it is not one. */
export function readOauthHeader(header: string | undefined): Map<string, string> | undefined {
  const list = /^OAuth +(.*)$/is.exec(header ?? '')?.[1]
  if (list === undefined) return undefined
  const params = new Map<string, string>()
  for (const part of list.split(',')) {
    const match = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(part)
    if (match?.[1] === undefined || match[2] === undefined) return new Map()
    params.set(decode(match[1]), decode(match[2]))
  }
  return params
}

/** https://datatracker.ietf.org/doc/html/rfc5849#section-3.4.1 */
export function baseString(request: SignedRequest): string {
  const pairs = request.params.map(([name, value]) => [encode(name), encode(value)] as const)
  // Names, then values, by bytes: the encoded forms are ASCII, so code units order them alike.
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  const list = pairs.map(([name, value]) => `${name}=${value}`).join('&')
  return [request.method.toUpperCase(), encode(baseUri(request.url)), encode(list)].join('&')
}

/** https://datatracker.ietf.org/doc/html/rfc5849#section-3.4.2 */
export function hmacSha1(base: string, consumerSecret: string, tokenSecret: string): string {
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`
  return createHmac('sha1', key).update(base).digest('base64')
}

/** RFC 3986 unreserved characters stay, everything else becomes %XX in upper case. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Scheme and host in lower case, the default port left out, the path as it was sent. */
function baseUri(url: string): string {
  const { origin } = new URL(url)
  return origin + url.slice(url.indexOf('/', url.indexOf('://') + 3))
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
