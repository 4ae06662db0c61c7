import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { migrate } from '../db/migrate.ts'
import { openDatabase } from '../db/open-database.ts'
import { seedTenant } from '../db/seed.ts'
import { temporalBinary, vaultBinary } from '../scripts/tools/binaries.ts'
import { startPostgres } from '../scripts/tools/postgres.ts'
import { startTemporal } from '../scripts/tools/temporal.ts'
import { startVault } from '../scripts/tools/vault.ts'
import { openCipher } from '../vault/open-cipher.ts'
import { bootstrapAppRoles, ensureTransitKeys } from '../vault/vault-bootstrap.ts'
import type { Child } from './child.ts'
import { startChild } from './child.ts'

/** As many posts as a worker may hold staged; the floor gets the same number of slots. */
export const SLOTS = 2_000
/** The app that the sandbox knows. */
export const X_APP = { clientId: 'sandbox-x-client', clientSecret: 'sbx_secret_x_client_secret' }

/** What every bench is given; `stop` ends all of it and deletes its data. */
export type BenchStack = Awaited<ReturnType<typeof startBenchStack>>

export interface BenchOptions {
  /** A real Vault dev server for every token, in place of the local cipher. */
  withVault?: boolean
}

/** One PostgreSQL, one Temporal dev server and one sandbox, for everything measured in a run. */
export async function startBenchStack({ withVault = false }: BenchOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-bench-'))
  const { path: binary } = await temporalBinary()
  const [postgres, temporal, vault] = await Promise.all([
    startPostgres({
      dataDir: join(folder, 'postgres'),
      password: randomUUID(),
      removeOnDeath: folder,
    }),
    startTemporal({ binary, logFile: join(folder, 'temporal.log') }),
    withVault ? startKeys(folder) : undefined,
  ])
  await migrate(postgres.url)
  const db = await openDatabase({ url: postgres.url, poolMax: 20 })
  const { tenantId, users } = await seedTenant(db, { slug: 'bench', name: 'Bench' })
  const sandbox = await startChild('sandbox/main.ts', ['--no-rate-limits'])
  const keyFile = join(folder, 'keys.json')
  const connection = await Connection.connect({ address: temporal.address })
  const sandboxUrl = String(sandbox.ready.sandbox_url)
  const cipher = openCipher({ vault: vault?.login, localKeyFile: keyFile, production: false })
  const env = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    CLARION_HOME: folder,
    CLARION_LOCAL_KEY_FILE: keyFile,
    CLARION_ALLOWED_PRIVATE_HOSTS: new URL(sandboxUrl).host,
    WORKER_MAX_STAGED: String(SLOTS),
    ...xAtSandbox(sandboxUrl),
    // Set even without a Vault: one of the person's own environment must not be used.
    VAULT_ADDR: vault?.login.addr ?? '',
    VAULT_TOKEN: '',
    VAULT_ROLE_ID: vault?.login.roleId ?? '',
    VAULT_SECRET_ID: vault?.login.secretId ?? '',
    // Writing log lines would be measured too.
    LOG_LEVEL: 'error',
  }
  return {
    db,
    tenantId,
    userId: users[0]?.id ?? '',
    sandboxUrl,
    address: temporal.address,
    client: new Client({ connection }),
    cipher,
    startWorker: (): Promise<Child> => startChild('worker/main.ts', [], env),
    startFloorWorker: (): Promise<Child> =>
      startChild('bench/floor/worker.ts', [temporal.address, String(SLOTS)]),
    async stop() {
      await connection.close()
      await cipher.close()
      await sandbox.stop()
      await db.close()
      await Promise.all([temporal.stop(), postgres.stop(), vault?.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Vault with the transit keys, and the login that a worker of production would have. */
async function startKeys(folder: string) {
  const { path: binary } = await vaultBinary()
  const { address, rootToken, stop } = await startVault({
    binary,
    logFile: join(folder, 'vault.log'),
  })
  const admin = { address, token: rootToken }
  await ensureTransitKeys(admin)
  const { worker } = await bootstrapAppRoles(admin)
  return { login: { addr: address, ...worker }, stop }
}

function xAtSandbox(sandboxUrl: string) {
  const { clientId, clientSecret } = X_APP
  return {
    X_API_BASE_URL: `${sandboxUrl}/x`,
    X_AUTH_BASE_URL: `${sandboxUrl}/x`,
    X_CLIENT_ID: clientId,
    X_CLIENT_SECRET: clientSecret,
  }
}
