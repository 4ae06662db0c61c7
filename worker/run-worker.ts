import { hostname } from 'node:os'
import { join } from 'node:path'
import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { CallBudgets } from '../activities/call-budgets.ts'
import type { ActivityDeps } from '../activities/deps.ts'
import { createActivities } from '../activities/index.ts'
import type { Config } from '../config/load-config.ts'
import { openDatabase } from '../db/open-database.ts'
import { PLATFORMS } from '../domain/platforms.ts'
import { openMedia } from '../media/open-media.ts'
import { makeRegistry } from '../platforms/registry.ts'
import { openCipher } from '../vault/open-cipher.ts'
import { openKeyCiphers } from '../vault/open-key-ciphers.ts'
import { createWorkers } from './create-workers.ts'
import { startRelay } from './outbox-relay.ts'
import { installRuntime } from './runtime.ts'
import { ensureSweep } from './sweep-schedule.ts'
import { makeTemporalCalls } from './temporal-calls.ts'
import { temporalTls } from './temporal-tls.ts'
import { makeWebhookPost } from './webhook-post.ts'
import { startWebhookSender } from './webhook-sender.ts'
import { workflowBundle } from './workflow-bundle.ts'

const TIMING = {
  tokenMarginMs: 30_000,
  /** Transcoding usually ends within this; then the slot is free for others between two looks. */
  processingPatienceMs: 2 * 60_000,
  processingDeadlineMs: 24 * 60 * 60_000,
}

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
  const cipherSettings = { ...config, production: config.nodeEnv === 'production' }
  const cipher = openCipher(cipherSettings)
  const keys = openKeyCiphers(cipherSettings, cipher)
  const registry = makeRegistry({
    hosts: config.hosts,
    http: { userAgent: 'Clarion/1', allowedPrivateHosts: config.allowedPrivateHosts },
    timing: { confirmQuietMs: config.timing.confirmQuietMs },
  })
  const media = await openMedia(config.media)
  const connection = await NativeConnection.connect({
    address: config.temporal.address,
    apiKey: config.temporal.apiKey,
    tls: temporalTls(config.temporal),
  })
  const { namespace } = config.temporal
  const client = new Client({ connection, namespace })
  const { connector, authorizer } = registry
  const limits = new CallBudgets(db, log)
  const calls = makeTemporalCalls(client, { db, authorizer, log })
  const deps: ActivityDeps = {
    db,
    cipher,
    keys,
    http: registry.http,
    connector,
    authorizer,
    app: (key) => config.apps[key],
    media: media.source,
    ...calls,
    limits,
    timing: { ...TIMING, commitTimeoutMs: config.timing.commitTimeoutMs },
    metrics,
    workerId: `${hostname()}/${process.pid}`,
    log,
  }
  const workers = await createWorkers({
    connection,
    namespace,
    bundle,
    activities: createActivities(deps),
    platforms: PLATFORMS,
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
  const webhooks = startWebhooks(config, { db, cipher, log })
  const ended = (async () => {
    await Promise.all(workers.map((worker) => worker.run()))
    await Promise.all([relay.stop(), webhooks.stop()])
    await limits.close()
    await connection.close()
    await Promise.allSettled([
      registry.http.close(),
      media.close(),
      keys.close(),
      cipher.close(),
      db.close(),
    ])
  })()
  return { stop: () => workers.map((worker) => worker.shutdown()), ended }
}

function startWebhooks(
  { allowedPrivateHosts, timing }: Config,
  parts: Pick<ActivityDeps, 'db' | 'cipher' | 'log'>,
) {
  const post = makeWebhookPost({ allowedPrivateHosts })
  const clock = { now: Date.now, random: Math.random }
  const sender = startWebhookSender({ ...parts, ...clock, post, everyMs: timing.relayEveryMs })
  return {
    async stop() {
      await sender.stop()
      await post.close()
    },
  }
}
