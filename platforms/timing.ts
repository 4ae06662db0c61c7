import type { Attempt } from './connector.ts'

/** When a search for a lost post may say that there is none. */
export interface ConfirmTiming {
  /** Silence after `sendBefore` until a post that is not listed counts as absent. */
  confirmQuietMs: number
  now(): Date
}

export const DEFAULT_TIMING: ConfirmTiming = { confirmQuietMs: 60_000, now: () => new Date() }

/** Platform clocks and ours may differ by this much. */
const CLOCK_SKEW_MS = 60_000

/** Start of the window in which a post of this intent can lie, earlier attempts included. */
export function windowStart(attempt: Attempt): Date {
  const earliestMs = Math.min(attempt.draft.createdAt.getTime(), attempt.startedAt.getTime())
  return new Date(earliestMs - CLOCK_SKEW_MS)
}

/** Invariant: before this instant a request of the attempt may still be on its way. */
export function quietSince(attempt: Attempt, timing: ConfirmTiming): boolean {
  return timing.now().getTime() > attempt.sendBefore.getTime() + timing.confirmQuietMs
}
