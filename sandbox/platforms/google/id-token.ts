import { createHash, randomBytes } from 'node:crypto'

const LIFETIME_S = 3600
/** The real issuer, whatever host the sandbox has: https://accounts.google.com/.well-known */
const ISSUER = 'https://accounts.google.com'

/** The 21-digit id of a person, the same for both APIs and every client. */
export function subjectOf(person: string): string {
  const digest = createHash('sha256').update(`google ${person}`).digest('hex')
  return `1${BigInt(`0x${digest}`).toString().slice(0, 20)}`
}

/**
 * An OpenID Connect id token. Its signature is noise: clients that got it from the token endpoint
 * need not check it (OpenID Connect Core §3.1.3.7), and the sandbox publishes no keys.
 */
export function idToken(owner: { client_id: string; person: string }, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000)
  const header = { alg: 'RS256', kid: 'sandbox', typ: 'JWT' }
  const claims = {
    iss: ISSUER,
    azp: owner.client_id,
    aud: owner.client_id,
    sub: subjectOf(owner.person),
    iat,
    exp: iat + LIFETIME_S,
  }
  return `${part(header)}.${part(claims)}.${randomBytes(256).toString('base64url')}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
