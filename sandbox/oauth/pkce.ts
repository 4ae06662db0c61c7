import { createHash } from 'node:crypto'

/** RFC 7636: verifiers are 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/

/** Whether a code verifier is the one the authorization request committed to. */
export function provesChallenge(
  verifier: string,
  challenge: string,
  method: 'S256' | 'plain',
): boolean {
  if (!VERIFIER.test(verifier)) return false
  if (method === 'plain') return verifier === challenge
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}
