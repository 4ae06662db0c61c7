import { randomBytes } from 'node:crypto'
import type { SealedSecret } from '../../db/repositories/webhook-endpoints.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32

/**
 * A new secret, for showing once, and its ciphertext. `hook:` is no prefix of the consent key: the
 * API cannot read it again, only workers can.
 */
export async function newSecret(
  cipher: TokenCipher,
  { tenantId, endpointId }: { tenantId: string; endpointId: string },
): Promise<{ secret: string; sealed: SealedSecret }> {
  const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
  const context = tokenContext(tenantId, `hook:${endpointId}`, 'secret')
  const [sealed] = await cipher.encrypt([{ plaintext: secret, context }])
  if (sealed === undefined) throw new Error('the cipher sealed nothing')
  return { secret, sealed }
}
