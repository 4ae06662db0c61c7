import type { Platform } from '../../domain/platforms.ts'
import type { FaultStep, Step } from './calls.ts'

/**
 * What can go wrong. `drop_before` cuts the connection with nothing done, `drop_after_accept` with
 * the post accepted: to a client both look the same. So do `status` and `status_after_accept`.
 * `processing` at `status` says “still working”, `refuse` there that the work failed.
 */
export const FAULT_KINDS = [
  'status',
  'refuse',
  'delay',
  'drop_before',
  'drop_after_accept',
  'status_after_accept',
  'rate_limit',
  'duplicate',
  'processing',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** What `POST /_sandbox/faults` asks for. */
export interface FaultOrder {
  platform: Platform
  account_id?: string
  step: FaultStep
  fault: FaultKind
  /** How many calls it hits; null = until removed. */
  times: number | null
  status?: number
  delay_ms?: number
  retry_after_s?: number
}

/** A fault that is set. */
export interface Fault extends FaultOrder {
  id: string
  /** Calls it has hit so far. */
  hits: number
}

/** Faults in the order they were set; the oldest that matches a call hits it. */
export class Faults {
  readonly #faults = new Map<string, Fault>()
  #nextId = 1

  add(order: FaultOrder): Fault {
    const fault = { ...order, id: `fault_${this.#nextId++}`, hits: 0 }
    this.#faults.set(fault.id, fault)
    return fault
  }

  list(): Fault[] {
    return [...this.#faults.values()]
  }

  /** False when there is no such fault, or it has hit as often as it was to. */
  remove(id: string): boolean {
    return this.#faults.delete(id)
  }

  clear(): void {
    this.#faults.clear()
  }

  /** The fault that hits this call, counted down; undefined when none does. */
  take(platform: Platform, step: Step, accountId: string | undefined): Fault | undefined {
    if (this.#faults.size === 0) return undefined
    const fault = this.list().find(
      (one) =>
        one.platform === platform &&
        one.step === step &&
        (one.account_id === undefined || one.account_id === accountId),
    )
    if (fault === undefined) return undefined
    fault.hits += 1
    if (fault.times !== null && fault.hits >= fault.times) this.#faults.delete(fault.id)
    return fault
  }
}
