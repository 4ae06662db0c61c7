import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { DatabaseUnavailable, unavailableReason } from './database-errors.ts'
import { ENTITIES } from './entities/index.ts'
import { MIGRATIONS } from './migrations/index.ts'

export interface MigrateOptions {
  /** Up to and including this migration; for `revert` the first one that is kept. */
  to?: string
}

/** `executedAt` is null for a migration that is pending. */
export interface MigrationStatus {
  name: string
  executedAt: Date | null
}

/** Runs what is pending, in order, each in its own transaction. Returns the names that ran. */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  return locked(url, async (migrator) => {
    const done = await migrator.up(options.to === undefined ? {} : { to: options.to })
    return done.map((migration) => migration.name)
  })
}

/** Reverts the newest migration, or everything after `to`. Returns the names that were undone. */
export async function revert(url: string, options: MigrateOptions = {}): Promise<string[]> {
  return locked(url, async (migrator) => {
    const executed = (await migrator.getExecuted()).map((migration) => migration.name)
    const undone: string[] = []
    for (const name of toRevert(executed, options.to)) {
      await migrator.down({ migrations: [name] })
      undone.push(name)
    }
    return undone
  })
}

/** Every migration this version of Clarion knows, with when it ran here. */
export async function status(url: string): Promise<MigrationStatus[]> {
  return withMigrator(url, async (migrator) => {
    const executed = new Map(
      (await migrator.getExecuted()).map(({ name, executed_at }) => [name, executed_at]),
    )
    return MIGRATIONS.map(({ name }) => ({ name, executedAt: executed.get(name) ?? null }))
  })
}

function toRevert(executed: readonly string[], to: string | undefined): string[] {
  const newestFirst = executed.toReversed()
  if (to === undefined) return newestFirst.slice(0, 1)
  const kept = newestFirst.indexOf(to)
  if (kept < 0) throw new Error(`Migration ${to} has not run here.`)
  return newestFirst.slice(0, kept)
}

/** Two deployments may migrate at once: the lock lets the second find nothing left to do. */
async function locked<T>(url: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  return withMigrator(url, (migrator, orm) =>
    orm.em.fork().transactional(async (em) => {
      await em.execute(`select pg_advisory_xact_lock(hashtext('clarion:migrate'))`)
      return work(migrator)
    }),
  )
}

async function withMigrator<T>(
  url: string,
  work: (migrator: Migrator, orm: MikroORM) => Promise<T>,
): Promise<T> {
  const orm = new MikroORM({
    entities: [...ENTITIES],
    clientUrl: url,
    driverOptions: {
      connectionString: url,
      application_name: 'clarion-migrate',
      connectionTimeoutMillis: 10_000,
      max: 2,
    },
    extensions: [Migrator],
    migrations: {
      tableName: 'migrations',
      migrationsList: MIGRATIONS,
      snapshot: false,
      disableForeignKeys: false,
      allOrNothing: false,
      silent: true,
    },
  })
  try {
    return await work(new Migrator(orm.em), orm)
  } catch (error) {
    const reason = unavailableReason(error)
    throw reason === undefined ? error : new DatabaseUnavailable(reason, false, error)
  } finally {
    await orm.close(true)
  }
}
