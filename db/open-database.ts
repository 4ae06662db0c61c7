import { types } from 'node:util'
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql'
import { asDatabaseError, DatabaseMisconfigured } from './database-errors.ts'
import { asRole, makeOrm } from './orm.ts'
import { sessionPrelude } from './session-driver.ts'

/** Role of `withTenant`: row-level security shows it one tenant. */
export const APP_ROLE = 'clarion_app'
/** Role of `asSystem`: across tenants, with narrow grants. */
export const SYSTEM_ROLE = 'clarion_system'

export interface DatabaseOptions {
  /** URL of the owner or of any member of both roles; the roles are taken at session start. */
  url: string
  /** URL of a login that has only the rights of `clarion_app`. */
  appUrl?: string
  /** URL of a login that has only the rights of `clarion_system`. */
  systemUrl?: string
  /** Sessions of `withTenant`, default 20; `asSystem` has a quarter of them, at least 2. */
  poolMax?: number
  applicationName?: string
  /** How long a caller waits for a session, default 10,000 ms. */
  connectTimeoutMs?: number
  onWarning?: (message: string) => void
}

export interface TransactionOptions {
  isolationLevel?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
}

type Work<T> = (em: EntityManager) => Promise<T>

export interface Database {
  /**
   * One transaction in which only this tenant's rows exist. `em` is fresh and is flushed before
   * COMMIT. Throws DatabaseUnavailable when the session is lost or a concurrent transaction wins.
   */
  withTenant<T>(tenantId: string, work: Work<T>, options?: TransactionOptions): Promise<T>
  /** One transaction across tenants, with the narrow grants of `clarion_system`. */
  asSystem<T>(work: Work<T>, options?: TransactionOptions): Promise<T>
  /**
   * One statement in a transaction of its own, in one round trip; only for functions that take the
   * tenant as an argument, because without one no row is visible.
   */
  execute<T>(sql: string, values: readonly unknown[]): Promise<T[]>
  /** Throws DatabaseUnavailable unless both roles get an answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Connects and refuses to serve when the sessions could look past a tenant's wall. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const poolMax = options.poolMax ?? 20
  const app = ormAs(options, options.appUrl ?? asRole(options.url, APP_ROLE), poolMax)
  const system = ormAs(
    options,
    options.systemUrl ?? asRole(options.url, SYSTEM_ROLE),
    Math.max(2, Math.ceil(poolMax / 4)),
  )
  const close = async () => {
    await Promise.all([app.close(), system.close()])
  }
  try {
    await Promise.all([assertWalled(app), assertWalled(system)])
  } catch (error) {
    await close()
    throw error
  }
  return {
    withTenant: (tenantId, work, settings) => withTenant(app, tenantId, work, settings),
    asSystem: (work, settings) => inTransaction(system, work, settings),
    execute: (sql, values) => executeOnce(app, sql, values),
    ping: async () => {
      await Promise.all([ping(app), ping(system)])
    },
    close,
  }
}

function ormAs(options: DatabaseOptions, url: string, poolMax: number): MikroORM {
  return makeOrm({
    url,
    poolMax,
    applicationName: options.applicationName ?? 'clarion',
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    onWarning: options.onWarning,
  })
}

async function withTenant<T>(
  orm: MikroORM,
  tenantId: string,
  work: Work<T>,
  settings?: TransactionOptions,
): Promise<T> {
  if (!UUID.test(tenantId)) throw new TypeError('A tenant id is a UUID.')
  // SET LOCAL by set_config: the tenant ends with the transaction, whoever gets the session next.
  const prelude = `select set_config('app.tenant_id', '${tenantId}', true)`
  return inTransaction(orm, work, settings, prelude)
}

/**
 * One autocommitted statement; throws DatabaseUnavailable with `outcomeUnknown` when its session is
 * lost.
 */
async function executeOnce<T>(
  orm: MikroORM,
  sql: string,
  values: readonly unknown[],
): Promise<T[]> {
  try {
    return await orm.em.getConnection().execute<T[]>(sql, [...values])
  } catch (error) {
    // Autocommit: whatever was lost, was lost together with the commit.
    throw asDatabaseError(error, true)
  }
}

async function inTransaction<T>(
  orm: MikroORM,
  work: Work<T>,
  settings: TransactionOptions = {},
  prelude?: string,
): Promise<T> {
  const em = orm.em.fork()
  await begin(em, settings, prelude)
  let committing = false
  try {
    const result = await work(em)
    await em.flush()
    committing = true
    await em.commit()
    return result
  } catch (error) {
    // Never throws: a session that cannot roll back is destroyed (SessionDriver).
    await em.rollback()
    throw asDatabaseError(error, committing)
  }
}

async function begin(
  em: EntityManager,
  settings: TransactionOptions,
  prelude: string | undefined,
): Promise<void> {
  try {
    if (prelude === undefined) await em.begin(settings)
    else await sessionPrelude.run(prelude, () => em.begin(settings))
  } catch (error) {
    throw asDatabaseError(error, false)
  }
}

async function ping(orm: MikroORM): Promise<void> {
  await inTransaction(orm, (em) => em.execute('select 1'), { readOnly: true })
}

interface SessionRights {
  name: string
  bypasses: boolean
  migrated: boolean
}

/** Throws DatabaseMisconfigured. Superusers and BYPASSRLS would see every tenant, silently. */
async function assertWalled(orm: MikroORM): Promise<void> {
  const [rights] = await sessionRights(orm)
  if (rights === undefined || rights.bypasses) {
    throw new DatabaseMisconfigured(
      `The database login ${rights?.name ?? ''} may bypass row-level security; use one that may not.`,
    )
  }
  if (!rights.migrated) {
    throw new DatabaseMisconfigured('The database has no tables yet; run `npm run migrate`.')
  }
}

async function sessionRights(orm: MikroORM): Promise<SessionRights[]> {
  try {
    return await inTransaction(orm, (em) =>
      em.execute<SessionRights[]>(
        `select rolname as name, rolsuper or rolbypassrls as bypasses,
                to_regclass('tenants') is not null as migrated
         from pg_roles where rolname = current_user`,
      ),
    )
  } catch (error) {
    if (!refusesRole(error)) throw error
    throw new DatabaseMisconfigured(
      'The database does not know the roles of Clarion; run `npm run migrate`.',
      error,
    )
  }
}

/** FATAL at session start: the role does not exist, or the login may not take it. */
function refusesRole(error: unknown): boolean {
  if (!types.isNativeError(error) || !('code' in error)) return false
  return error.code === '22023' || error.code === '42501'
}
