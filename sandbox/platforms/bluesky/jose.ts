import { createHash, createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'

/** An EC P-256 key as RFC 7517 writes it, without its private part. */
export const publicJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string().optional(),
  d: z.never().optional(),
})

export type PublicJwk = z.infer<typeof publicJwk>

const record = z.record(z.string(), z.unknown())

/** A compact JWS, read but not yet verified. */
export interface Jws {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  signed: string
  signature: Buffer
}

/** Undefined when the text is no JWS with JSON in both parts. */
export function readJws(text: string): Jws | undefined {
  const parts = text.split('.')
  const [head = '', payload = '', signature = ''] = parts
  const header = readPart(head)
  const claims = readPart(payload)
  if (parts.length !== 3 || header === undefined || claims === undefined) return undefined
  const signed = `${head}.${payload}`
  return { header, claims, signed, signature: Buffer.from(signature, 'base64url') }
}

/** ES256, RFC 7518 §3.4: the signature is r and s, 32 bytes each. */
export function isSignedBy(jws: Jws, jwk: PublicJwk): boolean {
  if (jws.header.alg !== 'ES256' || jws.signature.length !== 64) return false
  const { kty, crv, x, y } = jwk
  try {
    const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
    const options = { key, dsaEncoding: 'ieee-p1363' } as const
    return verify('sha256', Buffer.from(jws.signed), options, jws.signature)
  } catch {
    // The coordinates are no point of the curve.
    return false
  }
}

/** RFC 7638 */
export function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    return record.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
