import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeOrm } from '../../db/orm.ts'
import { type PostgresServer, startPostgres } from '../tools/postgres.ts'

export interface EmbeddedDatabase {
  server: PostgresServer
  /** URL of Clarion's database, as the superuser. */
  url: string
}

const DATABASE = 'clarion'

/** Starts PostgreSQL with its folder under `home` and makes the database unless it is there. */
export async function startDatabase(
  home: string,
  port: number,
  logFile: string,
): Promise<EmbeddedDatabase> {
  const server = await startPostgres({
    dataDir: join(home, 'postgres'),
    port,
    password: passwordOf(home),
    logFile,
    settings: { max_connections: '200' },
  })
  await ensureDatabase(server.url)
  return { server, url: server.urlOf(DATABASE) }
}

/** Made once, kept beside the data: the folder was initialised with it. */
function passwordOf(home: string): string {
  const path = join(home, 'postgres.password')
  if (!existsSync(path)) writeFileSync(path, randomBytes(18).toString('base64url'), { mode: 0o600 })
  return readFileSync(path, 'utf8')
}

async function ensureDatabase(url: string): Promise<void> {
  const timing = { poolMax: 1, connectTimeoutMs: 10_000 }
  const orm = makeOrm({ url, applicationName: 'clarion-start', ...timing })
  try {
    const sql = orm.em.getConnection()
    const found = await sql.execute('select from pg_database where datname = ?', [DATABASE])
    if (found.length === 0) await sql.execute(`create database ${DATABASE}`)
  } finally {
    await orm.close()
  }
}
