import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { noopMetricMeter } from '@temporalio/common'
import { NativeConnection } from '@temporalio/worker'
import { CallBudgets } from '../../activities/call-budgets.ts'
import type { ActivityDeps } from '../../activities/deps.ts'
import { createActivities } from '../../activities/index.ts'
import { seedTenant } from '../../db/seed.ts'
import { PLATFORMS } from '../../domain/platforms.ts'
import { makeRegistry } from '../../platforms/registry.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { makeLocalCipher } from '../../vault/local-cipher.ts'
import { createWorkers } from '../../worker/create-workers.ts'
import { makeWorkerMetrics } from '../../worker/metrics.ts'
import { makeTemporalCalls } from '../../worker/temporal-calls.ts'
import { workflowBundle } from '../../worker/workflow-bundle.ts'
import { testDatabase } from './database.ts'
import { makeNamespace } from './namespace.ts'
import { quietRuntime } from './quiet-runtime.ts'
import { temporalAddress } from './temporal.ts'
import { testMedia } from './test-media.ts'

const QUIET = () => undefined
const BUNDLES = join(tmpdir(), 'clarion-test-bundles')

export type InProcess = Awaited<ReturnType<typeof startInProcess>>

export interface InProcessOptions {
  /** Replaces what activities get, to make something go wrong at an exact point. */
  adjust?(deps: ActivityDeps): ActivityDeps
  confirmQuietMs?: number
  commitTimeoutMs?: number
}

/**
 * Real PostgreSQL, Temporal and sandbox with the real workers in this process, in a database and a
 * namespace of the test's own.
 */
export async function startInProcess(options: InProcessOptions = {}) {
  const address = await temporalAddress()
  const [database, namespace, sandbox, bundle, media] = await Promise.all([
    testDatabase(),
    makeNamespace(address),
    startSandbox({ enforceRateLimits: false }),
    workflowBundle(BUNDLES),
    testMedia(),
  ])
  const folder = await mkdtemp(join(tmpdir(), 'clarion-keys-'))
  const cipher = makeLocalCipher({ keyFile: join(folder, 'keys.json'), production: false })
  const { db } = database
  const { tenantId, users } = await seedTenant(db, { slug: `t-${randomUUID()}`, name: 'Test' })
  const host = new URL(sandbox.url).host
  const registry = makeRegistry({
    hosts: { x: { apiBaseUrl: `${sandbox.url}/x`, authBaseUrl: `${sandbox.url}/x` } },
    http: { userAgent: 'Clarion/test', allowedPrivateHosts: [host] },
    timing: { confirmQuietMs: options.confirmQuietMs ?? 0 },
  })
  quietRuntime()
  const connection = await NativeConnection.connect({ address })
  const client = new Client({ connection: await Connection.connect({ address }), namespace })
  const log = { info: QUIET, warn: QUIET, error: QUIET }
  const { connector, authorizer } = registry
  const limits = new CallBudgets(db, log)
  const base: ActivityDeps = {
    db,
    cipher,
    http: registry.http,
    connector,
    authorizer,
    media: media.source,
    app: () => ({ clientId: 'sandbox-x-client', clientSecret: 'sbx_secret_x_client_secret' }),
    ...makeTemporalCalls(client, { db, authorizer, log }),
    limits,
    timing: {
      commitTimeoutMs: options.commitTimeoutMs ?? 5_000,
      tokenMarginMs: 1_000,
      processingPatienceMs: 20_000,
      processingDeadlineMs: 60_000,
    },
    metrics: makeWorkerMetrics(noopMetricMeter),
    workerId: 'test',
    log,
  }
  const deps = options.adjust?.(base) ?? base
  const workers = await createWorkers({
    connection,
    namespace,
    bundle,
    activities: createActivities(deps),
    platforms: PLATFORMS,
    maxStaged: 100,
    maxActivities: 50,
    maxWorkflowTasks: 20,
    shutdownGraceMs: 10_000,
  })
  const running = Promise.all(workers.map((worker) => worker.run()))
  return {
    deps,
    db,
    client,
    namespace,
    sandbox,
    media,
    tenantId,
    authorId: users[1]?.id ?? '',
    approverId: users[0]?.id ?? '',
    async stop() {
      for (const worker of workers) worker.shutdown()
      await running
      await limits.close()
      await client.connection.close()
      await connection.close()
      await registry.http.close()
      await sandbox.close()
      await media.close()
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}
