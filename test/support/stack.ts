import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { hashApiKey } from '../../api/http/authenticate.ts'
import { migrate } from '../../db/migrate.ts'
import { type Database, openDatabase } from '../../db/open-database.ts'
import { seedTenant } from '../../db/seed.ts'
import { childEnv, type SandboxPlatform } from '../../scripts/start/child-env.ts'
import { ROOT } from '../../scripts/start/settings.ts'
import { prepareNamespace } from '../../scripts/start/temporal-setup.ts'
import { freePort } from '../../scripts/tools/free-port.ts'
import { type ApiClient, connectAccount, makeApiClient } from './api-client.ts'
import { testDatabase } from './database.ts'
import {
  type OwnPostgres,
  type OwnTemporal,
  startOwnPostgres,
  startOwnTemporal,
} from './own-servers.ts'
import {
  makeWorkerProcess,
  type Process,
  startApiProcess,
  startSandboxProcess,
  type UrlProcess,
} from './processes.ts'
import { makeSandboxControl, type SandboxControl } from './sandbox-control.ts'
import { temporalAddress } from './temporal.ts'

export interface StackOptions {
  /** A PostgreSQL that the test may stop; else a fresh database on the run's. */
  ownPostgres?: boolean
  /** A Temporal server that the test may stop; else a fresh namespace on the run's. */
  ownTemporal?: boolean
  /** Tokens are kept by this Vault (its key must exist); else by the local cipher. */
  vault?: { address: string; token: string }
  /** Of API and worker, over the stack's own: short times, no request limits. */
  env?: Readonly<Record<string, string>>
  enforceRateLimits?: boolean
  /** Where API and worker reach the sandbox instead of directly, such as a tap on it. */
  via?(sandboxUrl: string): Promise<string>
  /** False leaves it to the test to start the first worker by `stack.worker.start()`. */
  worker?: boolean
}

/** Clarion as real processes, with one tenant and its administrator's key. */
export interface Stack {
  api: ApiClient
  apiProcess: UrlProcess
  worker: Process
  sandbox: SandboxControl
  sandboxProcess: UrlProcess
  tenantId: string
  userId: string
  key: string
  temporal: { address: string; namespace: string; server?: OwnTemporal }
  /** The superuser's URL: it sees every tenant's rows. */
  databaseUrl: string
  postgres?: OwnPostgres
  db: Database
  /** Environment of API and worker, to start more of them. */
  env: Readonly<Record<string, string>>
  dir: string
  connect(platform: SandboxPlatform, handle?: string): Promise<ConnectionAnswer>
  /** All that API, worker and sandbox have printed. */
  logs(): string
  stop(): Promise<void>
}

type Undo = () => Promise<unknown> | unknown

/** Times in which a person would not wait, and no request limits. */
const QUICK: Readonly<Record<string, string>> = {
  CLARION_CONFIRM_QUIET_MS: '1000',
  CLARION_SWEEP_EVERY_MS: '3000',
  CLARION_RELAY_EVERY_MS: '200',
  WORKER_SHUTDOWN_GRACE_MS: '5000',
  RATE_LIMIT_PER_MINUTE: '1000000',
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000',
  LOG_LEVEL: 'debug',
}

/** Starts it all; whatever fails, what was started before is ended again. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const undo: Undo[] = []
  try {
    return await build(options, undo)
  } catch (error) {
    await undoAll(undo)
    throw error
  }
}

async function build(options: StackOptions, undo: Undo[]): Promise<Stack> {
  const dir = mkdtempSync(join(tmpdir(), 'clarion-stack-'))
  undo.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  shareBundles(dir)
  const [database, temporal, sandboxProcess] = await Promise.all([
    provideDatabase(options, dir, undo),
    provideTemporal(options, dir, undo),
    startSandbox(options, dir, undo),
  ])
  const { db } = database
  const tenant = await seed(db)
  const platformsUrl = (await options.via?.(sandboxProcess.url)) ?? sandboxProcess.url
  const port = await freePort()
  const env = environment(options, {
    dir,
    port,
    databaseUrl: database.url,
    temporal,
    sandboxUrl: platformsUrl,
  })
  const worker = makeWorkerProcess({ dir, env })
  undo.push(() => worker.kill9())
  const [apiStarted, workerStarted] = await Promise.allSettled([
    startApiProcess({ dir, env }),
    options.worker === false ? undefined : worker.start(),
  ])
  if (apiStarted.status === 'rejected') throw apiStarted.reason
  const apiProcess = apiStarted.value
  undo.push(() => apiProcess.kill9())
  if (workerStarted.status === 'rejected') throw workerStarted.reason
  const api = makeApiClient(apiProcess.url, tenant.key)
  return {
    api,
    apiProcess,
    worker,
    sandbox: makeSandboxControl(sandboxProcess.url),
    sandboxProcess,
    ...tenant,
    temporal,
    databaseUrl: database.url,
    postgres: database.server,
    db,
    env,
    dir,
    connect: (platform, handle = 'alice') =>
      connectAccount(api, platformsUrl, { platform, handle }),
    logs: () => [apiProcess, worker, sandboxProcess].map((one) => one.logs()).join('\n'),
    stop: () => undoAll(undo),
  }
}

/** Bundling takes seconds: every stack finds the bundles of the others, named by their sources. */
function shareBundles(dir: string): void {
  const cache = join(ROOT, '.clarion', 'cache')
  mkdirSync(cache, { recursive: true })
  symlinkSync(cache, join(dir, 'cache'))
}

async function provideDatabase(options: StackOptions, dir: string, undo: Undo[]) {
  if (!options.ownPostgres) {
    const { db, url, drop } = await testDatabase()
    undo.push(drop)
    return { db, url, server: undefined }
  }
  const server = await startOwnPostgres(dir)
  undo.push(() => server.kill9())
  const url = server.urlOf('postgres')
  await migrate(url)
  const db = await openDatabase({ url, poolMax: 4, applicationName: 'clarion-test' })
  undo.push(() => db.close())
  return { db, url, server }
}

async function provideTemporal(options: StackOptions, dir: string, undo: Undo[]) {
  if (options.ownTemporal) {
    const server = await startOwnTemporal(dir)
    undo.push(() => server.kill9())
    return { address: server.address, namespace: 'default', server }
  }
  // Task queues have fixed names: a namespace of its own keeps other files' workers out.
  const namespace = `test-${randomBytes(6).toString('hex')}`
  const address = await temporalAddress()
  await prepareNamespace(address, namespace)
  return { address, namespace, server: undefined }
}

async function startSandbox(options: StackOptions, dir: string, undo: Undo[]): Promise<UrlProcess> {
  const sandbox = await startSandboxProcess({
    dir,
    enforceRateLimits: options.enforceRateLimits,
  })
  undo.push(() => sandbox.kill9())
  return sandbox
}

async function seed(db: Database) {
  const key = `clr_${randomBytes(32).toString('base64url')}`
  const { tenantId, users } = await seedTenant(db, {
    slug: 'acme',
    name: 'Acme',
    apiKey: {
      name: 'test',
      prefix: key.slice(0, 12),
      keyHash: hashApiKey(key),
      scopes: ['admin'],
    },
  })
  return { tenantId, userId: users[0]?.id ?? '', key }
}

interface Place {
  dir: string
  port: number
  databaseUrl: string
  temporal: { address: string; namespace: string }
  sandboxUrl: string
}

function environment(options: StackOptions, place: Place): Record<string, string> {
  const addresses = childEnv(
    {},
    {
      home: place.dir,
      databaseUrl: place.databaseUrl,
      temporalAddress: place.temporal.address,
      sandboxUrl: place.sandboxUrl,
      publicUrl: `http://127.0.0.1:${place.port}`,
      port: place.port,
    },
  )
  const vault = options.vault
  return {
    ...addresses,
    TEMPORAL_NAMESPACE: place.temporal.namespace,
    ...(vault ? { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.token } : {}),
    ...QUICK,
    ...options.env,
  }
}

/** Last started, first ended. One that fails does not keep the others. */
async function undoAll(undo: Undo[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of undo.splice(0).toReversed()) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'The stack did not stop cleanly')
}
