import { setTimeout as pause } from 'node:timers/promises'

export interface Patience {
  /** Default 30,000. */
  deadlineMs?: number
  pollMs?: number
}

/**
 * Asks again and again until `probe` answers something that is not undefined or false. Throws with
 * `what` and the last error when the deadline has passed: the only way in which a test waits.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { deadlineMs = 30_000, pollMs = 50 }: Patience = {},
): Promise<T> {
  const giveUpAt = Date.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      last = error
    }
    if (Date.now() > giveUpAt) {
      throw new Error(`Not within ${deadlineMs / 1000} s: ${what}`, { cause: last })
    }
    await pause(pollMs)
  }
}
