import type { FaultName } from './faults.ts'

/** Where a platform's course differs from the usual one. */
export interface Deviation {
  faults: readonly FaultName[]
  /** All of the platform's, unless given. */
  kinds?: readonly string[]
  /** `{p}` is the platform. */
  course: string
  why: string
}
