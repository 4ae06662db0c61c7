import type { SweepResult } from '../activities/types.ts'
import { sweeping } from './activity-proxies.ts'

/** Run by one Temporal Schedule: compares rows with workflows and wakes what should be awake. */
export async function sweepWorkflow(input: { graceMs: number }): Promise<SweepResult> {
  return sweeping.sweep(input)
}
