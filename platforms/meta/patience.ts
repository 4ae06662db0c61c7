import { transient } from '../../domain/failures.ts'
import type { Workbench } from '../connector.ts'
import type { GraphNames } from './errors.ts'

/** Waits of one run of `prepare`, growing; the next run goes on where this one gave up. */
export interface Patience {
  /** Throws `transient` when the run has waited long enough. */
  wait(): Promise<void>
}

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 10_000
const MOST_MS = 120_000

export function makePatience({ name, prefix }: GraphNames, bench: Workbench): Patience {
  let waitedMs = 0
  let nextMs = FIRST_WAIT_MS
  return {
    wait: async () => {
      if (waitedMs >= MOST_MS) {
        const message = `${name} is still processing the media.`
        throw transient({ code: `${prefix}_still_processing`, message })
      }
      await bench.pause(nextMs)
      waitedMs += nextMs
      nextMs = Math.min(LONGEST_WAIT_MS, nextMs * 1.5)
    },
  }
}
