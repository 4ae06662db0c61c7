import { tokenContext } from '../domain/token-context.ts'
import type { ActivityDeps } from './deps.ts'

/** Decrypts a connection's tokens in one batch; answers them by kind. */
export async function decryptTokens(
  deps: ActivityDeps,
  tenantId: string,
  connectionId: string,
  tokens: readonly { kind: string; ciphertext: string }[],
): Promise<Record<string, string>> {
  const items = tokens.map(({ kind, ciphertext }) => ({
    ciphertext,
    context: tokenContext(tenantId, connectionId, kind),
  }))
  const plaintexts = items.length === 0 ? [] : await deps.cipher.decrypt(items)
  return Object.fromEntries(tokens.map(({ kind }, index) => [kind, plaintexts[index] ?? '']))
}
