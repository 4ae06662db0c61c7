import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import { auditingFailure } from './audit-failure.ts'
import { type CredentialAuthorizer, credentialAuthorizer } from './authorizers.ts'
import { askPlatform, type ConnectError, platformCall } from './connect-failure.ts'
import { accessOf } from './covered-accounts.ts'
import { type SavedAccount, saveAccount } from './save-account.ts'
import { takeCredentials } from './take-credentials.ts'
import { CONNECT_FAILED } from './use-state.ts'

type CredentialErrors = ConnectError | 'validation_failed' | 'account_mismatch' | 'not_found'

/** What a person typed in; the values are used for this call and then stored encrypted. */
interface CredentialInput {
  platform: Platform
  method?: string
  credentials: Readonly<Record<string, string>>
  name?: string
}

/** Connects the account that credentials belong to; `also` joins the transaction that writes it. */
export async function connectByCredentials<T>(
  requester: Requester<CredentialErrors>,
  input: CredentialInput,
  also: (em: EntityManager, saved: SavedAccount, method: string) => Promise<T>,
): Promise<T> {
  const { platform, name } = input
  const authorizer = credentialAuthorizer(requester, platform, input.method)
  const credentials = takeCredentials(requester, authorizer, input.credentials)
  const { method } = authorizer
  const failure = { action: CONNECT_FAILED, resource: 'platform', resourceId: platform }
  return auditingFailure(requester, { ...failure, detail: { platform, method } }, async () => {
    const { grant, account } = await logIn(requester, authorizer, credentials)
    const { tenantId, userId } = requester.actor
    const connected = { authorizer, grant, account, tenantId, userId, name, platformAppId: null }
    const saved = await saveAccount(requester, connected, (em, one) => also(em, one, method))
    return saved.also
  })
}

async function logIn(
  requester: Requester<CredentialErrors>,
  authorizer: CredentialAuthorizer,
  credentials: Readonly<Record<string, string>>,
) {
  const isTypedHost = 'service_url' in credentials || 'instance_url' in credentials
  const call = platformCall(requester)
  return askPlatform(requester, { isTypedHost, refusal: 'credentials_refused' }, async () => {
    const grant = await authorizer.withCredentials(credentials, call)
    return { grant, account: await authorizer.identify(accessOf(grant, {}), call) }
  })
}
