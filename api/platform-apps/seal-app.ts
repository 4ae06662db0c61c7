import type { PlatformApp } from '../../db/entities/platform-app.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { keyVersionOf } from '../../vault/token-cipher.ts'
import { type AppSecret, appSecretContext } from '../connect/platform-app-secrets.ts'
import type { TakenCredentials } from './take-app-credentials.ts'

/** What an app will hold of credentials. */
export type SealedCredentials = Pick<
  PlatformApp,
  'clientId' | 'clientSecretCiphertext' | 'apiKey' | 'apiSecretCiphertext' | 'keyVersion'
>

/** Ciphertexts of the secrets that were given. */
export type SealedSecrets = ReadonlyMap<AppSecret, string>

/** Encrypts secrets for one app; outside of any transaction, because Vault may be slow. */
export async function sealSecrets(
  cipher: TokenCipher,
  { tenantId, appId }: { tenantId: string; appId: string },
  { clientSecret, apiSecret }: TakenCredentials,
): Promise<SealedSecrets> {
  const secrets = [
    ['client_secret', clientSecret],
    ['api_secret', apiSecret],
  ] as const
  const given = secrets.flatMap(([field, plaintext]) =>
    plaintext == null ? [] : [{ field, plaintext }],
  )
  if (given.length === 0) return new Map()
  const sealed = await cipher.encrypt(
    given.map(({ field, plaintext }) => ({
      plaintext,
      context: appSecretContext(tenantId, appId, field),
    })),
  )
  return new Map(given.map(({ field }, index) => [field, sealed[index]?.ciphertext ?? '']))
}

/** Credentials as they are stored, over those the app has already. */
export function mergeCredentials(
  taken: TakenCredentials,
  sealed: SealedSecrets,
  had: Partial<SealedCredentials> = {},
): SealedCredentials {
  const kept = (field: AppSecret, given: string | null | undefined, before?: string | null) =>
    given === undefined ? (before ?? null) : (sealed.get(field) ?? null)
  const clientSecret = kept('client_secret', taken.clientSecret, had.clientSecretCiphertext)
  const apiKey = taken.apiKey === undefined ? (had.apiKey ?? null) : taken.apiKey
  // A secret without its key opens nothing.
  const apiSecret =
    apiKey === null ? null : kept('api_secret', taken.apiSecret, had.apiSecretCiphertext)
  return {
    clientId: taken.clientId ?? had.clientId ?? null,
    clientSecretCiphertext: clientSecret,
    apiKey,
    apiSecretCiphertext: apiSecret,
    keyVersion: olderVersion([clientSecret, apiSecret]),
  }
}

function olderVersion(ciphertexts: readonly (string | null)[]): number | null {
  const versions = ciphertexts.flatMap((text) => (text === null ? [] : (keyVersionOf(text) ?? [])))
  return versions.length === 0 ? null : Math.min(...versions)
}
