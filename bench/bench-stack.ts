import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { migrate } from '../db/migrate.ts'
import { openDatabase } from '../db/open-database.ts'
import { seedTenant } from '../db/seed.ts'
import { temporalBinary } from '../scripts/tools/binaries.ts'
import { startPostgres } from '../scripts/tools/postgres.ts'
import { startTemporal } from '../scripts/tools/temporal.ts'
import { makeLocalCipher } from '../vault/local-cipher.ts'
import type { Child } from './child.ts'
import { startChild } from './child.ts'

/** As many posts as a worker may hold staged; the floor gets the same number of slots. */
export const SLOTS = 2_000

/** What every bench is given; `stop` ends all of it and deletes its data. */
export type BenchStack = Awaited<ReturnType<typeof startBenchStack>>

/** One PostgreSQL, one Temporal dev server and one sandbox, for everything measured in a run. */
export async function startBenchStack() {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-bench-'))
  const { path: binary } = await temporalBinary()
  const [postgres, temporal] = await Promise.all([
    startPostgres({
      dataDir: join(folder, 'postgres'),
      password: randomUUID(),
      removeOnDeath: folder,
    }),
    startTemporal({ binary, logFile: join(folder, 'temporal.log') }),
  ])
  await migrate(postgres.url)
  const db = await openDatabase({ url: postgres.url, poolMax: 20 })
  const { tenantId, users } = await seedTenant(db, { slug: 'bench', name: 'Bench' })
  const sandbox = await startChild('sandbox/main.ts', ['--no-rate-limits'])
  const keyFile = join(folder, 'keys.json')
  const connection = await Connection.connect({ address: temporal.address })
  const sandboxUrl = String(sandbox.ready.sandbox_url)
  const env = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    CLARION_HOME: folder,
    CLARION_LOCAL_KEY_FILE: keyFile,
    CLARION_ALLOWED_PRIVATE_HOSTS: new URL(sandboxUrl).host,
    WORKER_MAX_STAGED: String(SLOTS),
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
    cipher: makeLocalCipher({ keyFile, production: false }),
    startWorker: (): Promise<Child> => startChild('worker/main.ts', [], env),
    startFloorWorker: (): Promise<Child> =>
      startChild('bench/floor/worker.ts', [temporal.address, String(SLOTS)]),
    async stop() {
      await connection.close()
      await sandbox.stop()
      await db.close()
      await Promise.all([temporal.stop(), postgres.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
