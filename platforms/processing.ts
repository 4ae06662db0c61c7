import type { PlatformFailure } from '../domain/failures.ts'
import type { Workbench } from './connector.ts'

/** What a look at slow work saw; a platform may say when to look again. */
export type Progress<Result> = { done: Result } | { checkAgainMs?: number }

/** Growing pauses of two minutes in all, the longest that one run waits. */
const PAUSES_MS = [1, 2, 3, 5, 8, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10].map((s) => s * 1000)
const MAX_PAUSE_MS = 10_000

/**
 * Looks until the platform has finished. What is still worked on after two minutes ends this run
 * with `stillWorking`, and the next try goes on from what was saved.
 */
export async function untilProcessed<Result>(
  bench: Pick<Workbench, 'pause'>,
  look: () => Promise<Progress<Result>>,
  stillWorking: () => PlatformFailure,
): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    const seen = await look()
    if ('done' in seen) return seen.done
    await bench.pause(Math.min(MAX_PAUSE_MS, Math.max(pauseMs, seen.checkAgainMs ?? 0)))
  }
  const last = await look()
  if ('done' in last) return last.done
  throw stillWorking()
}
