import { createHmac, timingSafeEqual } from 'node:crypto'

/** The claims a PDS writes; `scope` into those of app passwords, `cnf` into those of OAuth. */
export interface Claims {
  scope?: string
  aud: string
  sub: string
  jti: string
  /** Seconds since the epoch. */
  iat: number
  exp: number
  iss?: string
  client_id?: string
  /** The one method a service token is for. */
  lxm?: string
  /** Thumbprint of the key a DPoP token is bound to. */
  cnf?: { jkt: string }
}

/** A compact JWS, HS256. `typ` is `at+jwt` or `refresh+jwt`, as the PDS writes it. */
export function signJwt(typ: string, claims: Claims, key: string): string {
  const signed = `${encodePart({ typ, alg: 'HS256' })}.${encodePart(claims)}`
  return `${signed}.${signature(signed, key)}`
}

export type Verified = { claims: Claims } | 'malformed' | 'forged'

/** Checks form and signature only; times and scope are the caller’s. */
export function verifyJwt(token: string, key: string): Verified {
  const [header, payload, given] = token.split('.')
  if (header === undefined || payload === undefined || given === undefined) return 'malformed'
  if (!matches(given, signature(`${header}.${payload}`, key))) return 'forged'
  const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return { claims }
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signature(signed: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest('base64url')
}

function matches(given: string, expected: string): boolean {
  const left = Buffer.from(given)
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}
