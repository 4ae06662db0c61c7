import type { PlatformApp } from '../../db/entities/platform-app.ts'
import type { AppKey, Platform } from '../../domain/platforms.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { AppCredentials } from '../../platforms/registry.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'

/** Fields of an app's secrets, which are part of what binds their ciphertexts. */
export type AppSecret = 'client_secret' | 'api_secret'

/** The platform whose apps have the credentials that a login uses. */
export function appPlatform(appKey: AppKey): Platform {
  return appKey === 'x_oauth1' ? 'x' : appKey
}

/** Environment variable of the installation's own app. */
export function appVariable(appKey: AppKey): string {
  return appKey === 'x_oauth1' ? 'X_API_KEY' : `${appKey.toUpperCase()}_CLIENT_ID`
}

/** A ciphertext opens only for this tenant, app and field. */
export function appSecretContext(tenantId: string, appId: string, field: AppSecret) {
  return tokenContext(tenantId, `app:${appId}`, field)
}

/** The pair that a login uses, its secret decrypted; undefined when the app does not have it. */
export async function openAppCredentials(
  cipher: TokenCipher,
  app: PlatformApp,
  appKey: AppKey,
): Promise<AppCredentials | undefined> {
  const isOauth1 = appKey === 'x_oauth1'
  const clientId = isOauth1 ? app.apiKey : app.clientId
  const ciphertext = isOauth1 ? app.apiSecretCiphertext : app.clientSecretCiphertext
  if (clientId == null) return undefined
  if (ciphertext == null) return { clientId }
  const field = isOauth1 ? 'api_secret' : 'client_secret'
  const context = appSecretContext(app.tenantId, app.id, field)
  const [clientSecret] = await cipher.decrypt([{ ciphertext, context }])
  return { clientId, clientSecret }
}
