/** Nearest-rank percentiles, ms. */
export interface Lateness {
  p50Ms: number
  p95Ms: number
  p99Ms: number
  maxMs: number
}

/** `instants` and `dueAt` in epoch ms; NaN for no instants. */
export function lateness(instants: readonly number[], dueAt: number): Lateness {
  const late = instants.map((at) => at - dueAt).sort((a, b) => a - b)
  return {
    p50Ms: rank(late, 50),
    p95Ms: rank(late, 95),
    p99Ms: rank(late, 99),
    maxMs: rank(late, 100),
  }
}

/** Items per second from the due instant to the last. */
export function drainRate(instants: readonly number[], dueAt: number): number {
  const last = Math.max(...instants)
  return round(instants.length / Math.max((last - dueAt) / 1000, 0.001))
}

/** Figures with more digits than the measurement supports mislead. */
export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

/** Nearest-rank percentile of a sorted list. */
function rank(sorted: readonly number[], percent: number): number {
  const index = Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)
  return sorted[index] ?? Number.NaN
}
