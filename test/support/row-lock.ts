import { type Inspector, inspectDatabase } from './evidence.ts'
import type { Stack } from './stack.ts'
import { waitUntil } from './wait-until.ts'

/** A lock as another transaction would hold it: whoever needs what it covers waits. */
export interface Lock {
  /** Returns the sessions that wait, when there are so many. */
  untilWaiting(sessions: number): Promise<number[]>
  /**
   * Ends the sessions that wait, as the death of their machine would. Else a session outlives its
   * client while it waits, and still writes when it may.
   */
  endWaiting(): Promise<void>
  /** Returns when the lock is gone. */
  release(): Promise<void>
}

/** Nobody else can write these posts. */
export function lockPosts(stack: Stack, ids: readonly string[]): Promise<Lock> {
  const sql = 'select id from posts where id = any(?::uuid[]) for update'
  return hold(stack, sql, [`{${ids.join(',')}}`])
}

/** Nobody else can write any row of the table. */
export function lockTable(stack: Stack, table: 'posts'): Promise<Lock> {
  return hold(stack, `lock table ${table} in share row exclusive mode`, [])
}

/** Returns when the sessions are gone, and with them what they had not committed. */
export async function untilEnded(database: Inspector, sessions: readonly number[]): Promise<void> {
  const sql = 'select pid from pg_stat_activity where pid = any(?::int[])'
  await waitUntil('sessions have ended', async () => {
    const left = await database.query(sql, [`{${sessions.join(',')}}`])
    return left.length === 0
  })
}

const WAITING = 'from pg_stat_activity where ? = any(pg_blocking_pids(pid))'

async function hold(stack: Stack, sql: string, values: unknown[]): Promise<Lock> {
  const locked = Promise.withResolvers<number>()
  const released = Promise.withResolvers<void>()
  const ended = stack.db.withTenant(stack.tenantId, async (em) => {
    await em.execute(sql, values)
    const [row] = await em.execute<{ pid: number }[]>('select pg_backend_pid() as pid')
    locked.resolve(row?.pid ?? 0)
    await released.promise
  })
  const holder = await Promise.race([locked.promise, ended.then(() => 0)])
  const database = inspectDatabase(stack.databaseUrl)
  const untilWaiting = (sessions: number) => waitFor(database, holder, sessions)
  return {
    untilWaiting,
    async endWaiting() {
      await database.query(`select pg_terminate_backend(pid) ${WAITING}`, [holder])
      await untilWaiting(0)
    },
    async release() {
      released.resolve()
      await ended
      await database.close()
    },
  }
}

function waitFor(database: Inspector, holder: number, sessions: number): Promise<number[]> {
  return waitUntil(`${sessions} sessions wait for the lock`, async () => {
    const rows = await database.query<{ pid: number }>(`select pid ${WAITING}`, [holder])
    if (rows.length !== sessions) throw new Error(`${rows.length} do`)
    return rows.map(({ pid }) => pid)
  })
}
