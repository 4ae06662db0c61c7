import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { PlatformApp } from '../../db/entities/platform-app.ts'
import {
  countLiveConnections,
  insertPlatformApp,
  lockPlatformApp,
  lockPlatformApps,
  platformAppNames,
  updatePlatformApp,
} from '../../db/repositories/platform-apps.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import { mergeCredentials, type SealedCredentials, sealSecrets } from './seal-app.ts'
import { appIdName, type TakenCredentials } from './take-app-credentials.ts'

export type WriteErrors =
  | 'validation_failed'
  | 'platform_app_name_taken'
  | 'platform_app_in_use'
  | 'precondition_failed'
  | 'not_found'

/** Besides its credentials; what is undefined stays, or is chosen for a new app. */
interface AppLabels {
  name?: string
  isDefault?: boolean
}

/** Writes a new app and answers what `also` does in the same transaction. */
export async function createApp<T>(
  requester: Requester<WriteErrors>,
  platform: Platform,
  { name, isDefault }: AppLabels,
  taken: TakenCredentials,
  also: (em: EntityManager, id: string) => Promise<T>,
): Promise<T> {
  const { deps, actor } = requester
  const { tenantId, userId } = actor
  const id = randomUUID()
  const secrets = await sealSecrets(deps.cipher, { tenantId, appId: id }, taken)
  const sealed = mergeCredentials(taken, secrets)
  assertWhole(requester, platform, sealed, taken)
  return deps.db.withTenant(tenantId, async (em) => {
    await lockPlatformApps(em, tenantId, platform)
    const names = await platformAppNames(em, platform)
    if (name !== undefined && names.includes(name)) throw requester.fail('platform_app_name_taken')
    await insertPlatformApp(em, {
      ...{ id, tenantId, platform, createdBy: userId },
      ...sealed,
      name: name ?? freeName(platform, names),
      isDefault: isDefault ?? names.length === 0,
    })
    return also(em, id)
  })
}

/** Changes an app under its revision and answers what `also` does in the same transaction. */
export async function changeApp<T>(
  requester: Requester<WriteErrors>,
  { id, platform }: Pick<PlatformApp, 'id' | 'platform'>,
  change: AppLabels & { taken: TakenCredentials; expectedRevision: number | undefined },
  also: (em: EntityManager) => Promise<T>,
): Promise<T> {
  const { deps, actor } = requester
  const { tenantId, userId } = actor
  const { taken, name, isDefault, expectedRevision } = change
  const secrets = await sealSecrets(deps.cipher, { tenantId, appId: id }, taken)
  return deps.db.withTenant(tenantId, async (em) => {
    await lockPlatformApps(em, tenantId, platform)
    // With its lock: a rewrap that runs meanwhile must not be undone.
    const row = await lockPlatformApp(em, id)
    if (row === undefined) throw requester.fail('not_found')
    if (expectedRevision !== undefined && expectedRevision !== row.revision) {
      throw requester.fail('precondition_failed')
    }
    const sealed = mergeCredentials(taken, secrets, row)
    assertWhole(requester, platform, sealed, taken)
    await assertFree(requester, em, row, name)
    if (isOtherApp(row, sealed)) await assertUnused(requester, em, id)
    const unverified = isRenewed(taken) ? { verifiedAt: null, verifyError: null } : {}
    const labels = { name: name ?? row.name, isDefault: isDefault ?? row.isDefault }
    const fields = { ...sealed, ...unverified, ...labels, updatedBy: userId }
    await updatePlatformApp(em, row, fields)
    return also(em)
  })
}

/** Accounts that were given tokens by this app lose them with it. */
export async function assertUnused(
  requester: Requester<'platform_app_in_use'>,
  em: EntityManager,
  id: string,
): Promise<void> {
  const live = await countLiveConnections(em, id)
  if (live === 0) return
  const detail = `${live} connected ${live === 1 ? 'account lives' : 'accounts live'} by this app.`
  throw requester.fail('platform_app_in_use', { detail })
}

/** An app has an id, and no secret stands without its own. */
function assertWhole(
  requester: Requester<'validation_failed'>,
  platform: Platform,
  sealed: SealedCredentials,
  taken: TakenCredentials,
): void {
  const missing: string[] = []
  const hasClient = sealed.clientId !== null
  if (!hasClient && (sealed.apiKey === null || sealed.clientSecretCiphertext !== null)) {
    missing.push(appIdName(platform))
  }
  if (sealed.apiKey === null && taken.apiSecret != null) missing.push('api_key')
  if (missing.length === 0) return
  const errors = missing.map((path) => ({ path, code: 'required', message: 'This is required.' }))
  throw requester.fail('validation_failed', { errors })
}

async function assertFree(
  requester: Requester<'platform_app_name_taken'>,
  em: EntityManager,
  row: PlatformApp,
  name: string | undefined,
): Promise<void> {
  if (name === undefined || name === row.name) return
  const names = await platformAppNames(em, row.platform)
  if (names.includes(name)) throw requester.fail('platform_app_name_taken')
}

/** Another id is another app at the platform; a new secret of the same one is not. */
function isOtherApp(row: PlatformApp, sealed: SealedCredentials): boolean {
  const isChanged = (had: string | null | undefined, has: string | null | undefined) =>
    had != null && had !== has
  return isChanged(row.clientId, sealed.clientId) || isChanged(row.apiKey, sealed.apiKey)
}

function isRenewed(taken: TakenCredentials): boolean {
  return Object.values(taken).some((value) => value !== undefined)
}

function freeName(platform: Platform, names: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? `${platform} app` : `${platform} app ${number}`
    if (!names.includes(name)) return name
  }
}
