import { join } from 'node:path'
import { temporalBinary } from '../../scripts/tools/binaries.ts'
import { freePort } from '../../scripts/tools/free-port.ts'
import { startPostgres } from '../../scripts/tools/postgres.ts'
import { startTemporal } from '../../scripts/tools/temporal.ts'

/** A server of one test's own, which it may stop and start without harm to others. */
export interface OwnServer {
  start(): Promise<void>
  stop(): Promise<void>
  kill9(): Promise<void>
  /** Stop, then start: same address, same data. */
  restart(): Promise<void>
}

export interface OwnPostgres extends OwnServer {
  /** The superuser's URL of another database on it. */
  urlOf(database: string): string
}

export interface OwnTemporal extends OwnServer {
  address: string
}

interface Running {
  stop(): Promise<void>
  kill(): Promise<void>
}

export async function startOwnPostgres(dir: string): Promise<OwnPostgres> {
  const port = await freePort()
  const launch = () =>
    startPostgres({
      dataDir: join(dir, 'postgres'),
      port,
      password: 'test',
      logFile: join(dir, 'postgres.log'),
      // Restarts must lose nothing, but power failures are not tested.
      settings: { fsync: 'off', max_connections: '150' },
    })
  const first = await launch()
  return { ...ownServer(first, launch), urlOf: (database) => first.urlOf(database) }
}

export async function startOwnTemporal(dir: string): Promise<OwnTemporal> {
  const { path } = await temporalBinary()
  const port = await freePort()
  const launch = () =>
    startTemporal({
      binary: path,
      port,
      dbFilename: join(dir, 'temporal.db'),
      logFile: join(dir, 'temporal.log'),
      extraFlags: ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=OFF'],
    })
  const first = await launch()
  return { ...ownServer(first, launch), address: first.address }
}

function ownServer(first: Running, launch: () => Promise<Running>): OwnServer {
  let server = first
  const start = async () => {
    server = await launch()
  }
  return {
    start,
    stop: () => server.stop(),
    kill9: () => server.kill(),
    restart: async () => {
      await server.stop()
      await start()
    },
  }
}
