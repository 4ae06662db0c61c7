import { assertPortFree, freePort } from './free-port.ts'
import { startServerProcess, untilReady } from './server-process.ts'

export interface TemporalOptions {
  /** Path of the `temporal` program, see binaries.ts. */
  binary: string
  /** A free port when left out. */
  port?: number
  /** The Web UI's port; without it there is no UI. */
  uiPort?: number
  /** Keeps state over restarts; in memory when left out. */
  dbFilename?: string
  /** `KEY=JSON` pairs for --dynamic-config-value, after Clarion's own. */
  dynamicConfig?: readonly string[]
  extraFlags?: readonly string[]
  logFile?: string
}

export interface TemporalServer {
  /** host:port for clients and workers. */
  address: string
  uiUrl?: string
  pid: number
  /** Settles when the server has ended, with one line that says how. */
  ended: Promise<string>
  stop(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
}

/** Registered at start; workflows set these (design: operators search by them). */
export const SEARCH_ATTRIBUTES = {
  TenantId: 'Keyword',
  Platform: 'Keyword',
  ConnectionId: 'Keyword',
  PostState: 'Keyword',
  ConnectionState: 'Keyword',
  FailureCode: 'Keyword',
  DueAt: 'Datetime',
  TokenExpiresAt: 'Datetime',
  NeedsAttention: 'Bool',
} as const

const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 60_000
/** One tenant's burst must not hold up the others in the task queues. */
const DYNAMIC_CONFIG = ['matching.enableFairness=true']

/** Starts Temporal's dev server with Clarion's search attributes. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const port = options.port ?? (await freePort())
  await assertPortFree(port, 'TEMPORAL_PORT')
  if (options.uiPort !== undefined) await assertPortFree(options.uiPort, 'TEMPORAL_UI_PORT')
  const server = await startServerProcess({
    title: 'Temporal',
    command: options.binary,
    args: devServerArgs(options, port),
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
  })
  await untilReady(server, 'Temporal', START_TIMEOUT_MS, () =>
    server.output().includes('Temporal Server:'),
  )
  return {
    address: `${HOST}:${port}`,
    uiUrl: options.uiPort === undefined ? undefined : `http://${HOST}:${options.uiPort}`,
    pid: server.pid,
    ended: server.ended,
    stop: () => server.stop(),
    kill: () => server.kill(),
  }
}

function devServerArgs(options: TemporalOptions, port: number): string[] {
  const ui = options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]
  const db = options.dbFilename === undefined ? [] : ['--db-filename', options.dbFilename]
  const attributes = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name}=${type}`)
  const config = [...DYNAMIC_CONFIG, ...(options.dynamicConfig ?? [])]
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--log-level', 'error'],
    ...ui,
    ...db,
    ...attributes.flatMap((pair) => ['--search-attribute', pair]),
    ...config.flatMap((pair) => ['--dynamic-config-value', pair]),
    ...(options.extraFlags ?? []),
  ]
}
