import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import type { AppKey } from '../domain/platforms.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { AppCredentials, RefreshRequest } from '../platforms/authorizer.ts'
import { decryptTokens } from './decrypt-tokens.ts'
import type { ActivityDeps } from './deps.ts'
import type { ConnectionRef } from './types.ts'

/** A connection's decrypted tokens and the app they were given to, for one call. */
export async function connectionAccess(
  deps: ActivityDeps,
  { tenantId, connectionId }: ConnectionRef,
  facts: RefreshFacts,
): Promise<RefreshRequest & { tokenType: string }> {
  const tokens = await decryptTokens(deps, tenantId, connectionId, facts.tokens)
  const { access, refresh, ...secrets } = tokens
  const appKey = deps.authorizer(facts.platform, facts.method)?.appKey
  return {
    app: await appOf(deps, tenantId, facts, appKey),
    accessToken: access ?? '',
    tokenType: facts.tokenType,
    refreshToken: refresh,
    secrets,
    serviceUrl: facts.serviceUrl ?? undefined,
    accountId: facts.accountId ?? undefined,
    accountKind: facts.accountKind ?? undefined,
    parentAccountId: facts.parentAccountId ?? undefined,
    scopes: facts.scopes,
  }
}

/** The tenant's own app or a registration at one host, else the installation's. */
async function appOf(
  deps: ActivityDeps,
  tenantId: string,
  { app }: RefreshFacts,
  appKey: AppKey | undefined,
): Promise<AppCredentials | undefined> {
  if (app === null) return appKey === undefined ? undefined : deps.app(appKey)
  if (app.secretCiphertext === null) return { clientId: app.clientId }
  const context = tokenContext(tenantId, `app:${app.id}`, app.field)
  const [clientSecret] = await deps.cipher.decrypt([{ ciphertext: app.secretCiphertext, context }])
  return { clientId: app.clientId, clientSecret }
}
