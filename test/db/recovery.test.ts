import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { DatabaseUnavailable } from '../../db/database-errors.ts'
import { migrate } from '../../db/migrate.ts'
import { type Database, openDatabase } from '../../db/open-database.ts'
import { type PostgresServer, startPostgres } from '../../scripts/tools/postgres.ts'
import { addPost, makeTeam, type Team } from './rows.ts'

const POOL_MAX = 3

describe('a restart of PostgreSQL', () => {
  let folder: string
  let server: PostgresServer
  let db: Database
  let team: Team

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clarion-recovery-'))
    server = await start()
    await migrate(server.url)
  })
  afterAll(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    db = await openDatabase({ url: server.url, poolMax: POOL_MAX })
    team = await makeTeam(db)
  })
  afterEach(() => db.close())

  const start = (port?: number) =>
    startPostgres({
      dataDir: join(folder, 'data'),
      password: 'test',
      port,
      removeOnDeath: folder,
      settings: { max_connections: '20' },
    })

  /** Transactions that hold every session of the pool at a step where the server goes away. */
  async function cutOff(stop: () => Promise<void>): Promise<unknown[]> {
    const reached = Array.from({ length: POOL_MAX }, () => Promise.withResolvers<void>())
    const gone = Promise.withResolvers<void>()
    const cut = reached.map((step) =>
      db.withTenant(team.tenantId, async (em) => {
        await addPost(em, team, { notes: 'cut' })
        step.resolve()
        await gone.promise
        await em.execute('select 1')
      }),
    )
    await Promise.all(reached.map((step) => step.promise))
    await stop()
    gone.resolve()
    const results = await Promise.allSettled(cut)
    return results.map((result) => (result.status === 'rejected' ? result.reason : 'ok'))
  }

  test.each(['stop', 'kill'] as const)('(%s) is survived by the pool', async (how) => {
    const errors = await cutOff(() => server[how]())
    for (const error of errors) {
      expect(error).toBeInstanceOf(DatabaseUnavailable)
      expect(error).toMatchObject({ reason: 'unreachable', outcomeUnknown: false })
    }
    await expect(db.ping()).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(db.withTenant(team.tenantId, async () => 1)).rejects.toBeInstanceOf(
      DatabaseUnavailable,
    )
    server = await start(server.port)
    // More at once than the pool has sessions: none of them was lost.
    const after = await Promise.all(
      Array.from({ length: POOL_MAX * 2 }, () =>
        db.withTenant(team.tenantId, (em) => em.execute('select count(*)::int as cut from posts')),
      ),
    )
    expect(after).toEqual(Array(POOL_MAX * 2).fill([{ cut: 0 }]))
    await db.ping()
  })

  test('that cut a COMMIT says that the outcome is unknown', async () => {
    const work = db.withTenant(team.tenantId, async (em) => {
      await addPost(em, team)
      await server.kill()
    })
    const error = await work.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'DatabaseUnavailable', outcomeUnknown: true })
    server = await start(server.port)
    await db.ping()
  })

  test('idle sessions that died are replaced unseen', async () => {
    await Promise.all(
      Array.from({ length: POOL_MAX }, () =>
        db.withTenant(team.tenantId, (em) => em.execute('select 1')),
      ),
    )
    await server.stop()
    server = await start(server.port)
    await db.withTenant(team.tenantId, (em) => em.execute('select 1'))
    await db.ping()
  })
})
