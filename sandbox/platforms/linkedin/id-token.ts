import { randomBytes } from 'node:crypto'

const LIFETIME_S = 3600
/** The real issuer, whatever host the sandbox has. */
const ISSUER = 'https://www.linkedin.com/oauth'

/**
 * An OpenID Connect id token. Its signature is noise: clients that got it from the token endpoint
 * need not check it (OpenID Connect Core §3.1.3.7), and the sandbox publishes no keys.
 */
export function idToken(owner: { client_id: string; account_id: string }, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000)
  const header = { alg: 'RS256', kid: 'sandbox', typ: 'JWT' }
  const claims = {
    iss: ISSUER,
    aud: owner.client_id,
    sub: owner.account_id,
    iat,
    exp: iat + LIFETIME_S,
  }
  return `${part(header)}.${part(claims)}.${randomBytes(256).toString('base64url')}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
