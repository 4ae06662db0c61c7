import { createServer, type Server } from 'node:http'
import { pino } from 'pino'
import type { Config } from '../config/load-config.ts'
import { ConfigError, loadConfig } from '../config/load-config.ts'
import { openDatabase } from '../db/open-database.ts'
import { openMedia } from '../media/open-media.ts'
import { makeRegistry } from '../platforms/registry.ts'
import { openCipher } from '../vault/open-cipher.ts'
import { makeApp } from './app.ts'
import { REDACTED } from './http/redacted.ts'
import { makeTemporal } from './temporal.ts'

/** A large file over a slow line; who falls silent is cut earlier. */
const MAX_REQUEST_MS = 6 * 3_600_000
/** As long as the longest wait for a command's answer. */
const SHUTDOWN_MS = 10_000

await main()

/** The API process: composes the parts from the environment and serves until told to stop. */
async function main(): Promise<void> {
  const config = readConfig()
  if (config === undefined) return
  const log = pino({ level: config.logLevel, base: { part: 'api' }, redact: REDACTED })
  const db = await openDatabase({
    ...config.database,
    applicationName: 'clarion-api',
    onWarning: (message) => log.warn(message),
  })
  const temporal = makeTemporal(config.temporal)
  const cipher = openCipher({ ...config, production: config.nodeEnv === 'production' })
  const registry = makeRegistry({
    hosts: config.hosts,
    http: { userAgent: 'Clarion/1', allowedPrivateHosts: config.allowedPrivateHosts },
  })
  const media = await openMedia(config.media)
  const app = makeApp({ config, db, cipher, registry, media, temporal, log, now: Date.now })
  const server = createServer({ requestTimeout: MAX_REQUEST_MS }, app)
  await listen(server, config)
  log.info({ url: config.http.publicUrl, cipher: cipher.scheme }, 'listening')
  const close = async () => {
    await closeServer(server)
    // After the last request: they use all of these. One that fails to close
    // keeps none of the others open.
    await Promise.allSettled([
      temporal.close(),
      registry.http.close(),
      media.close(),
      cipher.close(),
      db.close(),
    ])
  }
  stopOnSignal(close)
}

function readConfig(): Config | undefined {
  try {
    return loadConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    return undefined
  }
}

function listen(server: Server, { http }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      reject(isTaken ? new Error(`Port ${http.port} is taken; set PORT to a free one.`) : error)
    })
    server.listen(http.port, http.host, resolve)
  })
}

/** Requests under way are answered; what takes longer is cut, and its client repeats it. */
function closeServer(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS)
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function stopOnSignal(close: () => Promise<void>): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
