import type { webcrypto } from 'node:crypto'
import type { Received } from './answer-server.ts'

interface Jwt {
  header: { jwk?: webcrypto.JsonWebKey; [name: string]: unknown }
  claims: Record<string, unknown>
}

/** The DPoP proof of a request, once its signature by the key inside was found good. */
export async function readProof(received: Received): Promise<Jwt> {
  const jwt = String(received.headers.dpop)
  const { header } = decodeJwt(jwt)
  if (!header.jwk) throw new Error('the proof has no key')
  await assertSignature(jwt, header.jwk)
  return decodeJwt(jwt)
}

export function decodeJwt(jwt: string): Jwt {
  const [header = '', claims = ''] = jwt.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  return { header: read(header), claims: read(claims) }
}

/** ES256, the one algorithm we sign with. */
export async function assertSignature(
  jwt: string,
  { kty, crv, x, y }: webcrypto.JsonWebKey,
): Promise<void> {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, false, ['verify'])
  const bytes = Buffer.from(signature, 'base64url')
  const signed = Buffer.from(`${header}.${claims}`)
  if (!(await crypto.subtle.verify(algorithm, key, bytes, signed))) throw new Error('forged')
}
