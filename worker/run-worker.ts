import { hostname } from 'node:os'
import { join } from 'node:path'
import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import type { ActivityDeps } from '../activities/deps.ts'
import { createActivities } from '../activities/index.ts'
import type { Config } from '../config/load-config.ts'
import { openDatabase } from '../db/open-database.ts'
import { PLATFORMS } from '../domain/platforms.ts'
import { makeRegistry } from '../platforms/registry.ts'
import { openCipher } from '../vault/open-cipher.ts'
import { createWorkers } from './create-workers.ts'
import { startRelay } from './outbox-relay.ts'
import { installRuntime } from './runtime.ts'
import { ensureSweep } from './sweep-schedule.ts'
import { makeTemporalCalls } from './temporal-calls.ts'
import { temporalTls } from './temporal-tls.ts'
import { workflowBundle } from './workflow-bundle.ts'

const TOKEN_MARGIN_MS = 30_000

export interface RunningWorker {
  /** Begins a clean shutdown: no new tasks, what runs may end. */
  stop(): void
  ended: Promise<void>
}

/** Composes the parts and runs them until `stop`. */
export async function runWorker(config: Config, log: Logger): Promise<RunningWorker> {
  const metrics = installRuntime(config, log)
  const bundle = await workflowBundle(join(config.home, 'cache'))
  const db = await openDatabase({
    ...config.database,
    applicationName: 'clarion-worker',
    onWarning: (message) => log.warn(message),
  })
  const cipher = openCipher({ ...config, production: config.nodeEnv === 'production' })
  const registry = makeRegistry({
    hosts: config.hosts,
    http: { userAgent: 'Clarion/1', allowedPrivateHosts: config.allowedPrivateHosts },
    timing: { confirmQuietMs: config.timing.confirmQuietMs },
  })
  const connection = await NativeConnection.connect({
    address: config.temporal.address,
    apiKey: config.temporal.apiKey,
    tls: temporalTls(config.temporal),
  })
  const { namespace } = config.temporal
  const client = new Client({ connection, namespace })
  const connector = registry.connector
  const calls = makeTemporalCalls(client, { db, connector, log })
  const deps: ActivityDeps = {
    db,
    cipher,
    http: registry.http,
    connector,
    app: (platform) => config.apps[platform],
    ...calls,
    timing: { commitTimeoutMs: config.timing.commitTimeoutMs, tokenMarginMs: TOKEN_MARGIN_MS },
    metrics,
    workerId: `${hostname()}/${process.pid}`,
    log,
  }
  const workers = await createWorkers({
    connection,
    namespace,
    bundle,
    activities: createActivities(deps),
    platforms: PLATFORMS.filter((platform) => connector(platform) !== undefined),
    ...config.worker,
  })
  await ensureSweep(client, config.timing.sweepEveryMs)
  const relay = startRelay({
    db,
    start: calls.start,
    poke: calls.poke,
    log,
    everyMs: config.timing.relayEveryMs,
    onRelayed: metrics.relayed,
  })
  const ended = (async () => {
    await Promise.all(workers.map((worker) => worker.run()))
    await relay.stop()
    await connection.close()
    await Promise.allSettled([registry.http.close(), cipher.close(), db.close()])
  })()
  return { stop: () => workers.map((worker) => worker.shutdown()), ended }
}
