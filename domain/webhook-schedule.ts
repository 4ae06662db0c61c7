const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/**
 * Waits after the first, second … failed attempt, about three days in all:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/** Up to a tenth longer: what failed together does not come back together. */
const JITTER = 0.1

/**
 * Epoch ms of the next attempt after `failed` failed ones; null when there was the last one.
 * `random` is from 0 to 1.
 */
export function nextAttemptAt(failed: number, nowMs: number, random: number): number | null {
  const delayMs = RETRY_DELAYS_MS[failed - 1]
  return delayMs === undefined ? null : nowMs + Math.round(delayMs * (1 + JITTER * random))
}

/** Longer than all retries of one event, so that no single event can switch an endpoint off. */
export const FAILING_LIMIT_MS = 5 * 24 * HOUR_MS
/** Fewer failures than this prove nothing, however long they take. */
export const FAILING_LIMIT_COUNT = 10

/** An endpoint that answered nothing well for days: sending on would help nobody. */
export function isGivenUp(failing: { sinceMs: number; failures: number }, nowMs: number): boolean {
  return failing.failures >= FAILING_LIMIT_COUNT && nowMs - failing.sinceMs >= FAILING_LIMIT_MS
}
