import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { AppCredentials, RefreshRequest } from '../platforms/connector.ts'
import { decryptTokens } from './decrypt-tokens.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef } from './types.ts'

/** A connection's decrypted tokens and the app they were given to, for one call. */
export async function connectionAccess(
  deps: ActivityDeps,
  { tenantId, connectionId }: ConnectionRef,
  facts: RefreshFacts,
): Promise<RefreshRequest> {
  const tokens = await decryptTokens(deps, tenantId, connectionId, facts.tokens)
  const { access, refresh, ...secrets } = tokens
  return {
    app: (await registeredApp(deps, tenantId, facts)) ?? deps.app(facts.platform),
    accessToken: access ?? '',
    refreshToken: refresh,
    secrets,
    serviceUrl: facts.serviceUrl ?? undefined,
  }
}

async function registeredApp(
  deps: ActivityDeps,
  tenantId: string,
  { registration }: RefreshFacts,
): Promise<AppCredentials | undefined> {
  if (registration === null) return undefined
  const context = tokenContext(tenantId, `app:${registration.id}`, 'client_secret')
  const ciphertext = registration.clientSecretCiphertext
  const [clientSecret] = await deps.cipher.decrypt([{ ciphertext, context }])
  return { clientId: registration.clientId, clientSecret }
}
