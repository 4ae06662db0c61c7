import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { MikroORM } from '@mikro-orm/postgresql'
import { ENTITIES } from '../../db/entities/index.ts'
import { migrate } from '../../db/migrate.ts'
import { type Database, openDatabase } from '../../db/open-database.ts'
import { type DatabaseServer, databaseServer } from './postgres.ts'

export interface TestDatabase {
  db: Database
  /** URL of the superuser, who sees every row. */
  url: string
  /** Closes `db` and drops the database, whoever is still connected. */
  drop(): Promise<void>
}

const MIGRATIONS = new URL('../../db/migrations/', import.meta.url)

/** A migrated database of this file's own, cloned from a template that is made once per run. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await databaseServer()
  const template = await ensureTemplate(server)
  const { url, drop } = await createDatabase(server, template)
  const db = await openDatabase({ url, poolMax: 8, applicationName: 'clarion-test' })
  return {
    db,
    url,
    drop: async () => {
      await db.close()
      await drop()
    },
  }
}

/** A database without a table, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return createDatabase(await databaseServer(), 'template0')
}

async function createDatabase(server: DatabaseServer, template: string) {
  const name = `test_${randomBytes(6).toString('hex')}`
  await withMaintenance(server.url, (run) => run(`create database ${name} template ${template}`))
  return {
    url: server.urlOf(name),
    drop: async () => {
      await withMaintenance(server.url, (run) => run(`drop database ${name} with (force)`))
    },
  }
}

/** Named after what the migrations say, so that a server that outlives a run never serves old ones. */
async function ensureTemplate(server: DatabaseServer): Promise<string> {
  const name = `clarion_template_${await migrationsHash()}`
  await withMaintenance(server.url, async (run, locked) => {
    // Test files run in parallel processes: one of them makes it, the others wait here.
    await locked(name, async () => {
      const made = await run(`select from pg_database where datname = '${name}'`)
      if (made.length > 0) return
      await run(`drop database if exists ${name}_unfinished`)
      await run(`create database ${name}_unfinished template template0`)
      await migrate(server.urlOf(`${name}_unfinished`))
      await run(`alter database ${name}_unfinished rename to ${name}`)
    })
  })
  return name
}

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(MIGRATIONS)).toSorted()) {
    hash.update(await readFile(new URL(file, MIGRATIONS)))
  }
  return hash.digest('hex').slice(0, 12)
}

type Run = (sql: string) => Promise<unknown[]>
type Locked = (name: string, work: () => Promise<void>) => Promise<void>

/** Statements on the maintenance database; the lock is held by a second session. */
async function withMaintenance(
  url: string,
  work: (run: Run, locked: Locked) => Promise<unknown>,
): Promise<void> {
  const orm = new MikroORM({
    entities: [...ENTITIES],
    clientUrl: url,
    driverOptions: { connectionString: url, max: 2 },
  })
  const run: Run = (sql) => orm.em.getConnection().execute(sql)
  const locked: Locked = (name, critical) =>
    orm.em.fork().transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(hashtext(?))', [name])
      await critical()
    })
  try {
    await work(run, locked)
  } finally {
    await orm.close(true)
  }
}
