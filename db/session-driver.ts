import { AsyncLocalStorage } from 'node:async_hooks'
import type { PostgreSqlConnection } from '@mikro-orm/postgresql'
import { sessionError } from './database-errors.ts'

type Dialect = ReturnType<PostgreSqlConnection['createKyselyDialect']>
type Driver = ReturnType<Dialect['createDriver']>
type Session = Awaited<ReturnType<Driver['acquireConnection']>>
type Statement = Parameters<Session['executeQuery']>[0]
type Settings = Parameters<Driver['beginTransaction']>[1]
type CompileQuery = Parameters<NonNullable<Driver['savepoint']>>[2]

/** What is used of pg's pool and of its clients. */
export interface Pool {
  connect(): Promise<PoolClient>
  end(): Promise<void>
}

interface PoolClient {
  query(sql: string, parameters?: readonly unknown[]): Promise<PgResult>
  release(destroy?: boolean): void
}

interface PgResult {
  command?: string
  rowCount?: number | null
  rows?: unknown[]
}

/** Statement to run in the same round trip as BEGIN, for transactions begun inside `run`. */
export const sessionPrelude = new AsyncLocalStorage<string>()

const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/**
 * Kysely's own PostgreSQL driver never gives a client back when BEGIN or ROLLBACK fails, so a pool
 * of n is dead after n transactions that a restart of PostgreSQL cut. This one destroys such a
 * client, which also ends its transaction, and sends BEGIN and the tenant in one round trip.
 */
export class SessionDriver implements Driver {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async init(): Promise<void> {
    // The pool connects by itself at the first checkout.
  }

  async acquireConnection(): Promise<Session> {
    try {
      return new PooledSession(await this.#pool.connect())
    } catch (error) {
      throw sessionError(error)
    }
  }

  async beginTransaction(session: Session, settings: Settings): Promise<void> {
    const held = pooled(session)
    const prelude = sessionPrelude.getStore()
    const begin = beginStatement(settings)
    try {
      await held.run(prelude === undefined ? begin : `${begin}; ${prelude}`)
    } catch (error) {
      held.broken = true
      held.release()
      throw error
    }
  }

  async commitTransaction(session: Session): Promise<void> {
    await pooled(session).run('commit')
  }

  /** A session that cannot roll back is destroyed on release: the server then rolls it back. */
  async rollbackTransaction(session: Session): Promise<void> {
    const held = pooled(session)
    try {
      await held.run('rollback')
    } catch {
      held.broken = true
    }
  }

  async savepoint(session: Session, name: string, _compile: CompileQuery): Promise<void> {
    await pooled(session).run(`savepoint ${quoted(name)}`)
  }

  async rollbackToSavepoint(session: Session, name: string, _compile: CompileQuery): Promise<void> {
    await pooled(session).run(`rollback to savepoint ${quoted(name)}`)
  }

  async releaseSavepoint(session: Session, name: string, _compile: CompileQuery): Promise<void> {
    await pooled(session).run(`release savepoint ${quoted(name)}`)
  }

  async releaseConnection(session: Session): Promise<void> {
    pooled(session).release()
  }

  async destroy(): Promise<void> {
    await this.#pool.end()
  }
}

class PooledSession implements Session {
  readonly #client: PoolClient
  #released = false
  /** Set when the session cannot go back to the pool. */
  broken = false

  constructor(client: PoolClient) {
    this.#client = client
  }

  async executeQuery<Row>(statement: Statement) {
    const { command = '', rowCount, rows } = await this.run(statement.sql, statement.parameters)
    return {
      numAffectedRows: COUNTED.has(command) ? BigInt(rowCount ?? 0) : undefined,
      // The caller's type for a raw statement's rows cannot be checked here.
      rows: (rows ?? []) as Row[],
    }
  }

  async run(sql: string, parameters?: readonly unknown[]): Promise<PgResult> {
    try {
      return await this.#client.query(sql, parameters)
    } catch (error) {
      throw sessionError(error)
    }
  }

  /** Nothing in Clarion streams: a cursor would hold its session for as long as its reader likes. */
  streamQuery<Row>(): AsyncIterableIterator<{ rows: Row[] }> {
    throw new Error('Streaming is not supported; page by key instead.')
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#client.release(this.broken)
  }
}

function pooled(session: Session): PooledSession {
  if (session instanceof PooledSession) return session
  throw new TypeError('This session was made by another driver.')
}

function beginStatement(settings: Settings): string {
  const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : ''
  const access = settings.accessMode ? ` ${settings.accessMode}` : ''
  return `begin${isolation}${access}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
