import type { Log } from '../activities/deps.ts'
import type { Database } from '../db/open-database.ts'
import type { OutboxMessage } from '../db/repositories/outbox.ts'
import { leaseMessages, markFailed, markProcessed } from '../db/repositories/outbox.ts'

const BATCH = 100
const LEASE_MS = 30_000

export interface Relay {
  stop(): Promise<void>
}

type Tell = (kind: 'post' | 'connection', tenantId: string, id: string) => Promise<void>

interface RelayDeps {
  db: Database
  /** Starts a workflow that may be running already. */
  start: Tell
  /** Starts a workflow, or tells the running one to read its row. */
  poke: Tell
  log: Log
  everyMs: number
  onRelayed?(messages: number): void
}

/**
 * Delivers what transactions left for Temporal, again and again until it is done. Every delivery is
 * an idempotent start or a harmless poke, so that "at least once" is enough.
 */
export function startRelay(deps: RelayDeps): Relay {
  let stopped = false
  let wake: (() => void) | undefined
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deps.everyMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const running = (async () => {
    while (!stopped) {
      const delivered = await round(deps)
      if (delivered < BATCH && !stopped) await pause()
    }
  })()
  return {
    async stop() {
      stopped = true
      wake?.()
      await running
    },
  }
}

async function round(deps: RelayDeps): Promise<number> {
  try {
    const messages = await deps.db.asSystem((em) => leaseMessages(em, BATCH, LEASE_MS))
    const results = await Promise.all(messages.map((message) => deliver(deps, message)))
    const done = messages.filter((_, index) => results[index]).map(({ id }) => id)
    if (done.length > 0) await deps.db.asSystem((em) => markProcessed(em, done))
    deps.onRelayed?.(done.length)
    return done.length
  } catch (error) {
    deps.log.warn({ err: error }, 'the outbox could not be relayed; it is tried again')
    return 0
  }
}

async function deliver(deps: RelayDeps, message: OutboxMessage): Promise<boolean> {
  const kind = message.kind.startsWith('post') ? 'post' : 'connection'
  try {
    const tell = message.kind.endsWith('_start') ? deps.start : deps.poke
    await tell(kind, message.tenantId, message.aggregateId)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    deps.log.warn({ outboxId: message.id, reason }, 'an outbox message waits for the next try')
    await deps.db.asSystem((em) => markFailed(em, message.id, reason))
    return false
  }
}
