import type { EntityManager } from '@mikro-orm/postgresql'
import { LockMode } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import { Connection } from '../entities/connection.ts'
import { PlatformApp } from '../entities/platform-app.ts'
import { after, allOf } from './conditions.ts'
import { decodeCursor, KEYSET_AT, type Keyset, type Page, pageOf } from './keyset.ts'

/** Filters that are undefined do not filter; `limit` is rows per page. */
export interface PlatformAppFilter {
  platform?: Platform
  limit: number
  cursor?: string
}

/** Fields of a row that callers write; those that are undefined stay. */
export type PlatformAppFields = Partial<
  Pick<
    PlatformApp,
    | 'name'
    | 'clientId'
    | 'clientSecretCiphertext'
    | 'apiKey'
    | 'apiSecretCiphertext'
    | 'keyVersion'
    | 'isDefault'
    | 'verifiedAt'
    | 'verifyError'
    | 'updatedBy'
  >
>

export interface NewPlatformApp extends PlatformAppFields {
  id: string
  tenantId: string
  platform: Platform
  name: string
  createdBy: string
}

/** Within the tenant of the transaction; undefined for other tenants' ids too. */
export async function getPlatformApp(
  em: EntityManager,
  id: string,
): Promise<PlatformApp | undefined> {
  return (await em.findOne(PlatformApp, { id })) ?? undefined
}

/** The row with its lock, held until the transaction ends; undefined when there is none. */
export async function lockPlatformApp(
  em: EntityManager,
  id: string,
): Promise<PlatformApp | undefined> {
  const lockMode = LockMode.PESSIMISTIC_WRITE
  return (await em.findOne(PlatformApp, { id }, { lockMode })) ?? undefined
}

/** The app that a consent takes when it names none. */
export async function defaultPlatformApp(
  em: EntityManager,
  platform: Platform,
): Promise<PlatformApp | undefined> {
  return (await em.findOne(PlatformApp, { platform, isDefault: true })) ?? undefined
}

/** Newest first. Throws InvalidCursor. */
export async function listPlatformApps(
  em: EntityManager,
  { platform, cursor, limit }: PlatformAppFilter,
): Promise<Page<PlatformApp>> {
  const where = allOf([
    platform && ['platform = ?', platform],
    after(cursor === undefined ? undefined : decodeCursor(cursor)),
  ])
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at from platform_apps
     where ${where.sql} order by created_at desc, id limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const found = await em.find(PlatformApp, { id: { $in: page.rows.map(({ id }) => id) } })
  const byId = new Map(found.map((app) => [app.id, app]))
  return { data: page.rows.flatMap(({ id }) => byId.get(id) ?? []), nextCursor: page.next }
}

/**
 * Writers of one platform's apps wait for each other until their transaction ends: what is the
 * first app, the default one or a free name does not change between looking and writing.
 */
export async function lockPlatformApps(
  em: EntityManager,
  tenantId: string,
  platform: Platform,
): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `platform_apps|${tenantId}|${platform}`,
  ])
}

/** Names that are taken on this platform. */
export async function platformAppNames(em: EntityManager, platform: Platform): Promise<string[]> {
  const apps = await em.find(PlatformApp, { platform }, { fields: ['name'] })
  return apps.map(({ name }) => name)
}

/** Call it under `lockPlatformApps`; another default one ends with it. */
export async function insertPlatformApp(em: EntityManager, app: NewPlatformApp): Promise<void> {
  if (app.isDefault) await clearDefault(em, app.platform)
  await em.insert(PlatformApp, { ...app, updatedBy: app.createdBy })
}

/** Call it under `lockPlatformApps`; raises the revision. */
export async function updatePlatformApp(
  em: EntityManager,
  app: Pick<PlatformApp, 'id' | 'platform' | 'revision'>,
  fields: PlatformAppFields,
): Promise<void> {
  if (fields.isDefault) await clearDefault(em, app.platform)
  await em.nativeUpdate(PlatformApp, { id: app.id }, { ...fields, revision: app.revision + 1 })
  // What is still in memory is the row as it was.
  em.clear()
}

/** Stores what a check of the credentials has shown, without raising the revision. */
export async function markVerified(
  em: EntityManager,
  id: string,
  outcome: Pick<PlatformApp, 'verifiedAt' | 'verifyError'>,
): Promise<void> {
  await em.nativeUpdate(PlatformApp, { id }, outcome)
  em.clear()
}

/** How many accounts live by tokens of this app. */
export function countLiveConnections(em: EntityManager, platformAppId: string): Promise<number> {
  return em.count(Connection, { platformAppId, disconnectedAt: null })
}

/** Accounts that were disconnected forget the app; live ones refuse by the foreign key. */
export async function deletePlatformApp(em: EntityManager, id: string): Promise<void> {
  const gone = { platformAppId: id, disconnectedAt: { $ne: null } }
  await em.nativeUpdate(Connection, gone, { platformAppId: null })
  await em.nativeDelete(PlatformApp, { id })
}

function clearDefault(em: EntityManager, platform: Platform) {
  return em.nativeUpdate(PlatformApp, { platform, isDefault: true }, { isDefault: false })
}
