import type { Database } from '../db/open-database.ts'
import type { CallBudget } from '../db/repositories/connection-limits.ts'
import { recordCallBudget } from '../db/repositories/connection-limits.ts'
import type { RateLimitState } from '../platforms/call.ts'
import type { Log } from './deps.ts'
import type { ConnectionRef } from './types.ts'

const FLUSH_EVERY_MS = 2_000

/**
 * What platforms tell of their budgets, kept for the rows of connections. Written a little later and
 * once per connection, so that a burst of publishes costs no write each; what a crash loses, the
 * next answer tells again.
 */
export class CallBudgets {
  readonly #db: Pick<Database, 'withTenant'>
  readonly #log: Log
  readonly #told = new Map<string, { ref: ConnectionRef; budget: CallBudget }>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(db: Pick<Database, 'withTenant'>, log: Log) {
    this.#db = db
    this.#log = log
  }

  /** The listener for the calls of one connection. */
  of({ tenantId, connectionId }: ConnectionRef): (state: RateLimitState) => void {
    return ({ limit, remaining, resetsAt }) => {
      const budget = {
        limit: limit ?? null,
        remaining: remaining ?? null,
        resetsAt: resetsAt ?? null,
        at: new Date(),
      }
      this.#told.set(connectionId, { ref: { tenantId, connectionId }, budget })
      if (this.#isClosed) return
      this.#timer ??= setTimeout(() => void this.flush(), FLUSH_EVERY_MS).unref()
    }
  }

  /** Writes what is left; call it before the database is closed. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.flush()
  }

  /** Writes what was told since the last time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const told = [...this.#told.values()]
    this.#told.clear()
    for (const { ref, budget } of told) {
      try {
        await this.#db.withTenant(ref.tenantId, (em) => recordCallBudget(em, ref, budget))
      } catch (error) {
        const reason = error instanceof Error ? error.name : 'unknown'
        this.#log.warn({ connectionId: ref.connectionId, reason }, 'a call budget was not written')
      }
    }
  }
}
