/** A quota as a platform documents it. */
export interface Budget {
  /** Points a window holds. */
  limit: number
  windowMs: number
}

/** A window after a request was counted. */
export interface BudgetState {
  allowed: boolean
  limit: number
  remaining: number
  resetAtMs: number
}

/** Windows begin with their first request. */
interface Window {
  used: number
  endsAtMs: number
}

/** Ended windows are dropped only beyond this many, so that a request rarely pays for it. */
const SWEEP_ABOVE = 20_000

/** Fixed windows per key. With `enforce` false it counts and reports, and refuses nothing. */
export class RateLimits {
  readonly #windows = new Map<string, Window>()
  readonly #enforce: boolean

  constructor(enforce: boolean) {
    this.#enforce = enforce
  }

  /** Counts `points` against the key's window; refused calls use nothing up. */
  take(key: string, budget: Budget, nowMs: number, points = 1): BudgetState {
    const window = this.#window(key, budget, nowMs)
    const allowed = !this.#enforce || window.used + points <= budget.limit
    if (allowed) window.used += points
    const remaining = Math.max(0, budget.limit - window.used)
    return { allowed, limit: budget.limit, remaining, resetAtMs: window.endsAtMs }
  }

  #window(key: string, budget: Budget, nowMs: number): Window {
    const open = this.#windows.get(key)
    if (open !== undefined && nowMs < open.endsAtMs) return open
    if (this.#windows.size > SWEEP_ABOVE) this.#sweep(nowMs)
    const window = { used: 0, endsAtMs: nowMs + budget.windowMs }
    this.#windows.set(key, window)
    return window
  }

  #sweep(nowMs: number): void {
    for (const [key, window] of this.#windows) {
      if (window.endsAtMs <= nowMs) this.#windows.delete(key)
    }
  }
}
