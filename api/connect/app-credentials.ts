import type { PlatformApp } from '../../db/entities/platform-app.ts'
import { defaultPlatformApp, getPlatformApp } from '../../db/repositories/platform-apps.ts'
import type { AppCredentials, Authorizer } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import { blueskyApp } from './bluesky-app.ts'
import type { ConnectError } from './connect-failure.ts'
import { instanceApp, type RegisteringAuthorizer } from './instance-app.ts'
import { appPlatform, appVariable, openAppCredentials } from './platform-app-secrets.ts'

/** Client credentials of one consent; `platformAppId` is null when they are not a tenant's own. */
export interface ChosenApp {
  app: AppCredentials
  platformAppId: string | null
}

/** Where a consent takes place. */
export interface AppPlace {
  serviceUrl: string | undefined
  redirectUri: string
}

/**
 * Clarion's app for a new consent: the tenant's named one, the tenant's default, the registration
 * at the instance, the installation's.
 */
export async function chooseApp(
  requester: Requester<ConnectError | 'validation_failed'>,
  authorizer: Authorizer,
  place: AppPlace & { platformAppId?: string },
): Promise<ChosenApp> {
  if (place.platformAppId !== undefined) {
    return namedApp(requester, authorizer, place.platformAppId)
  }
  const { deps, actor } = requester
  // Each instance knows its own apps alone: one for all of them cannot be meant.
  if (authorizer.registerApp !== undefined) {
    return { app: await sharedApp(requester, authorizer, place), platformAppId: null }
  }
  const platform = appPlatform(authorizer.appKey)
  const row = await deps.db.withTenant(actor.tenantId, (em) => defaultPlatformApp(em, platform))
  const own = row && (await openAppCredentials(deps.cipher, row, authorizer.appKey))
  if (row !== undefined && own !== undefined) return { app: own, platformAppId: row.id }
  return { app: await sharedApp(requester, authorizer, place), platformAppId: null }
}

/** The app that a consent was begun with: a code is exchanged by no other. */
export async function appOfConsent(
  requester: Requester<ConnectError>,
  authorizer: Authorizer,
  place: AppPlace & { platformAppId: string | null },
): Promise<AppCredentials> {
  const { deps } = requester
  if (place.platformAppId === null) return sharedApp(requester, authorizer, place)
  const row = await findApp(requester, place.platformAppId)
  const app = row && (await openAppCredentials(deps.cipher, row, authorizer.appKey))
  if (app !== undefined) return app
  const detail = 'The app that this consent was begun with is gone.'
  throw requester.fail('platform_unsupported', { detail })
}

async function namedApp(
  requester: Requester<'validation_failed'>,
  authorizer: Authorizer,
  id: string,
): Promise<ChosenApp> {
  const { platform, method, appKey } = authorizer
  const row = await findApp(requester, id)
  if (row === undefined) throw unfit(requester, 'unknown_app', 'There is no such app here.')
  const wanted = appPlatform(appKey)
  if (row.platform !== wanted) {
    const message = `${platform} by ${method} takes an app of ${wanted}; this is one of ${row.platform}.`
    throw unfit(requester, 'other_platform', message)
  }
  const app = await openAppCredentials(requester.deps.cipher, row, appKey)
  if (app !== undefined) return { app, platformAppId: row.id }
  const field = appKey === 'x_oauth1' ? 'api_key' : 'client_id'
  throw unfit(requester, 'incomplete_app', `This app has no ${field}, which ${method} needs.`)
}

function unfit(requester: Requester<'validation_failed'>, code: string, message: string) {
  const error = { path: 'platform_app_id', code, message }
  return requester.fail('validation_failed', { detail: message, errors: [error] })
}

function findApp({ deps, actor }: Requester<never>, id: string): Promise<PlatformApp | undefined> {
  return deps.db.withTenant(actor.tenantId, (em) => getPlatformApp(em, id))
}

/** The registration at the instance, or the app of the whole installation. */
async function sharedApp(
  requester: Requester<ConnectError>,
  authorizer: Authorizer,
  { serviceUrl, redirectUri }: AppPlace,
): Promise<AppCredentials> {
  const { deps } = requester
  if (registers(authorizer) && serviceUrl !== undefined) {
    return instanceApp(requester, authorizer, serviceUrl, redirectUri)
  }
  const { platform, appKey } = authorizer
  const app = deps.config.apps[appKey]
  if (app !== undefined) return app
  if (appKey === 'bluesky') return blueskyApp(deps)
  const detail =
    `No app is configured for ${platform}: add one by POST /v1/platform-apps, or have the ` +
    `operator set ${appVariable(appKey)}.`
  throw requester.fail('platform_unsupported', { detail })
}

function registers(authorizer: Authorizer): authorizer is RegisteringAuthorizer {
  return authorizer.registerApp !== undefined
}
