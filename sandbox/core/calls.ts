import type { Platform } from '../../domain/platforms.ts'

/** Steps a fault can be set on. */
export const FAULT_STEPS = [
  'token',
  'profile',
  'upload',
  'publish',
  'status',
  'lookup',
  'delete',
  'analytics',
] as const

export type FaultStep = (typeof FAULT_STEPS)[number]

/** Steps a call is listed under: the faultable ones, and the rest of an API. */
export type Step = FaultStep | 'authorize' | 'register' | 'revoke' | 'other'

/** One row of `GET /_sandbox/calls`. */
export interface Call {
  platform: Platform
  account_id: string | null
  step: Step
  /** HTTP status sent; null when the socket was dropped without an answer. */
  status: number | null
  /** Arrival, RFC 3339 with milliseconds. */
  at: string
}

/** Bounds the memory of a long benchmark. */
const MAX_CALLS = 50_000
const TRIM_AT = 60_000

/** Every API call that reached a platform, bounded to the latest 50,000. */
export class CallLog {
  #calls: Call[] = []

  add(call: Call): void {
    this.#calls.push(call)
    // Trimming in blocks keeps the cost per call constant.
    if (this.#calls.length > TRIM_AT) this.#calls = this.#calls.slice(-MAX_CALLS)
  }

  list(filter: { platform?: Platform; step?: string; account_id?: string }): Call[] {
    return this.#calls
      .filter((call) => filter.platform === undefined || call.platform === filter.platform)
      .filter((call) => filter.step === undefined || call.step === filter.step)
      .filter((call) => filter.account_id === undefined || call.account_id === filter.account_id)
      .slice(-MAX_CALLS)
  }
}
