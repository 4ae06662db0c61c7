import { DatabaseUnavailable } from '../db/database-errors.ts'
import type { ActivityDeps } from './deps.ts'

/** The answer is in our hands and nowhere else: PostgreSQL gets this long to come back before the
 * activity is given to another execution, which knows it from the heartbeat. */
const KEEP_TRYING_MS = 60_000

/** Repeats a write that may be repeated while the database is away; `onTrouble` hears of each try. */
export async function keepTrying<T>(
  { log }: Pick<ActivityDeps, 'log'>,
  attemptId: string,
  write: () => Promise<T>,
  onTrouble?: () => void,
): Promise<T> {
  const giveUpAt = Date.now() + KEEP_TRYING_MS
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5_000)) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || Date.now() > giveUpAt) throw error
      onTrouble?.()
      log.warn({ attemptId, delayMs }, 'database away while recording an outcome')
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs))
  }
}
