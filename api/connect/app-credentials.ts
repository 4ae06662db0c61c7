import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { AppRegistration } from '../../db/entities/app-registration.ts'
import type { Platform } from '../../domain/platforms.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { AppCredentials, Connector } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import type { ConnectError } from './connect-failure.ts'
import { askPlatform, platformCall } from './connect-failure.ts'

/** Clarion's app at a platform: the installation's, or its registration at one instance. */
export async function appFor(
  requester: Requester<ConnectError>,
  connector: Connector,
  serviceUrl: string | undefined,
  redirectUri: string,
): Promise<AppCredentials> {
  const { platform, auth } = connector
  // Federated platforms: each instance hands out an app of its own, kept per tenant.
  if (auth.registerApp !== undefined && serviceUrl !== undefined) {
    const stored = await storedApp(requester, platform, serviceUrl)
    return stored ?? registerApp(requester, connector, serviceUrl, redirectUri)
  }
  const app = requester.deps.config.apps[platform]
  if (app !== undefined) return app
  const name = `${platform.toUpperCase()}_CLIENT_ID`
  const detail = `No app is configured for ${platform}: the operator has to set ${name}.`
  throw requester.fail('platform_unsupported', { detail })
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
  const row = await deps.db.withTenant(actor.tenantId, (em) => find(em, platform, serviceUrl))
  if (row === null) return undefined
  const context = tokenContext(actor.tenantId, `app:${row.id}`, 'client_secret')
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
  { platform, auth }: Connector,
  serviceUrl: string,
  redirectUri: string,
): Promise<AppCredentials> {
  const { deps, actor } = requester
  const { tenantId } = actor
  const call = platformCall(requester)
  const app = await askPlatform(requester, { isTypedHost: true, refusal: 'oauth_failed' }, () =>
    orUnsupported(requester, auth.registerApp?.(serviceUrl, redirectUri, call)),
  )
  const id = randomUUID()
  const [sealed] = await deps.cipher.encrypt([
    {
      plaintext: app.clientSecret ?? '',
      context: tokenContext(tenantId, `app:${id}`, 'client_secret'),
    },
  ])
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

/** Turns an optional step that a connector lacks into `platform_unsupported`. */
export function orUnsupported<T>(
  requester: Requester<'platform_unsupported'>,
  made: Promise<T> | undefined,
): Promise<T> {
  if (made !== undefined) return made
  throw requester.fail('platform_unsupported')
}

function find(em: EntityManager, platform: Platform, serviceUrl: string) {
  return em.findOne(AppRegistration, { platform, serviceUrl })
}
