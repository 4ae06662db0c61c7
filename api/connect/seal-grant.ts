import type { EncryptedToken } from '../../db/repositories/connection-tokens.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { Grant } from '../../platforms/registry.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'

/** The secrets of a grant as they are stored: each bound to tenant, connection and kind. */
export async function sealGrant(
  cipher: TokenCipher,
  tenantId: string,
  connectionId: string,
  grant: Grant,
): Promise<EncryptedToken[]> {
  const secrets = secretsOf(grant)
  const sealed = await cipher.encrypt(
    secrets.map(({ kind, value }) => ({
      plaintext: value,
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  return secrets.flatMap(({ kind, expiresAt }, index) => {
    const item = sealed[index]
    if (item === undefined) throw new Error('The cipher answered fewer items than it was given.')
    return [{ kind, ...item, expiresAt: expiresAt ?? null }]
  })
}

/** One plaintext; lives for this call only. */
interface Secret {
  kind: string
  value: string
  expiresAt?: Date
}

function secretsOf(grant: Grant): Secret[] {
  const { accessToken, refreshToken, expiresAt, refreshExpiresAt, secrets = {} } = grant
  const { secretsExpireAt = {} } = grant
  const all: Secret[] = [
    { kind: 'access', value: accessToken, expiresAt },
    { kind: 'refresh', value: refreshToken ?? '', expiresAt: refreshExpiresAt },
    ...Object.entries(secrets).map(([kind, value]) => {
      return { kind, value, expiresAt: secretsExpireAt[kind] }
    }),
  ]
  // An empty value is no secret: a platform that sends none must not make a stored row.
  return all.filter(({ value }) => value !== '')
}
