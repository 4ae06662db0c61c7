import { randomUUID } from 'node:crypto'
import { AppRegistration } from '../../db/entities/app-registration.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { AppCredentials, Authorizer } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'
import { appSecretContext } from './platform-app-secrets.ts'

export type RegisteringAuthorizer = Authorizer & Required<Pick<Authorizer, 'registerApp'>>

/** Federated platforms: each instance hands out an app of its own, kept per tenant. */
export async function instanceApp(
  requester: Requester<ConnectError>,
  authorizer: RegisteringAuthorizer,
  serviceUrl: string,
  redirectUri: string,
): Promise<AppCredentials> {
  const stored = await storedApp(requester, authorizer.platform, serviceUrl)
  return stored ?? registerApp(requester, authorizer, serviceUrl, redirectUri)
}

/**
 * The registration at one instance, its secret decrypted for this call; undefined when there is
 * none yet.
 */
async function storedApp(
  { deps, actor }: Requester<ConnectError>,
  platform: Platform,
  serviceUrl: string,
): Promise<AppCredentials | undefined> {
  const row = await deps.db.withTenant(actor.tenantId, (em) =>
    em.findOne(AppRegistration, { platform, serviceUrl }),
  )
  if (row === null) return undefined
  const context = appSecretContext(actor.tenantId, row.id, 'client_secret')
  const [clientSecret] = await deps.cipher.decrypt([
    { ciphertext: row.clientSecretCiphertext, context },
  ])
  return { clientId: row.clientId, clientSecret }
}

/**
 * Registers at the instance and keeps what it gave. The call is made outside any transaction: a
 * slow instance must not hold a database session.
 */
async function registerApp(
  requester: Requester<ConnectError>,
  authorizer: RegisteringAuthorizer,
  serviceUrl: string,
  redirectUri: string,
): Promise<AppCredentials> {
  const { deps, actor } = requester
  const { tenantId } = actor
  const { platform } = authorizer
  const app = await askPlatform(requester, { isTypedHost: true, refusal: 'oauth_failed' }, () =>
    authorizer.registerApp(serviceUrl, redirectUri, platformCall(requester)),
  )
  const id = randomUUID()
  const context = appSecretContext(tenantId, id, 'client_secret')
  const [sealed] = await deps.cipher.encrypt([{ plaintext: app.clientSecret ?? '', context }])
  if (sealed === undefined) throw new Error('The cipher answered nothing.')
  const values = [id, tenantId, platform, serviceUrl, app.clientId]
  const kept = await deps.db.withTenant(tenantId, async (em) => {
    // Two people may connect the first accounts of an instance at once: one registration stays.
    const rows = await em.execute<unknown[]>(
      `insert into app_registrations (id, tenant_id, platform, service_url, client_id,
         client_secret_ciphertext, key_version)
       values (?, ?, ?, ?, ?, ?, ?)
       on conflict (tenant_id, platform, service_url) do nothing returning id`,
      [...values, sealed.ciphertext, sealed.keyVersion],
    )
    return rows.length === 1
  })
  // Whoever lost the race uses the winner's app: a code is only exchanged by the app it was asked
  // with.
  return kept ? app : ((await storedApp(requester, platform, serviceUrl)) ?? app)
}
