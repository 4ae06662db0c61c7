import type { MikroORM } from '@mikro-orm/postgresql'
import { makeOrm } from '../../db/orm.ts'

export type Row = Record<string, unknown>

/** Statements outside of `withTenant`, each on its own; what an attacker with SQL could send. */
export interface Session {
  rows<T extends object = Row>(sql: string, parameters?: unknown[]): Promise<T[]>
  /** The SQLSTATE with which the statement fails; 'ok' when it does not. */
  outcome(sql: string, parameters?: unknown[]): Promise<string>
  close(): Promise<void>
}

export function openSession(url: string): Session {
  const orm = makeOrm({ url, poolMax: 1, applicationName: 'clarion-test', connectTimeoutMs: 5_000 })
  return {
    rows: (sql, parameters = []) => execute(orm, sql, parameters),
    outcome: async (sql, parameters = []) => sqlState(execute(orm, sql, parameters)),
    close: () => orm.close(true),
  }
}

async function execute<T extends object>(
  orm: MikroORM,
  sql: string,
  parameters: unknown[],
): Promise<T[]> {
  return orm.em.getConnection().execute<T[]>(sql, parameters)
}

/** The SQLSTATE with which the work fails; 'ok' when it does not. */
export async function sqlState(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'ok'
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const FORBIDDEN = '42501'
export const FOREIGN_KEY = '23503'
export const UNIQUE = '23505'
export const CHECK = '23514'

/** The same database for another login, whose password is `pw`. */
export function loginUrl(url: string, user: string): string {
  const parsed = new URL(url)
  parsed.username = user
  parsed.password = 'pw'
  return parsed.toString()
}
