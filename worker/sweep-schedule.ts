import type { Client } from '@temporalio/client'
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import { WORKFLOW_QUEUE } from '../workflows/contract.ts'

export const SWEEP_SCHEDULE = 'clarion-sweep'

/** One Schedule for the whole installation; every worker makes sure that it is there. */
export async function ensureSweep(client: Client, everyMs: number): Promise<void> {
  // Rows younger than this may simply be on their way.
  const graceMs = Math.max(everyMs, 10_000)
  const spec = { intervals: [{ every: everyMs }] }
  try {
    await client.schedule.create({
      scheduleId: SWEEP_SCHEDULE,
      spec,
      action: {
        type: 'startWorkflow',
        workflowType: 'sweepWorkflow',
        workflowId: 'sweep',
        taskQueue: WORKFLOW_QUEUE,
        args: [{ graceMs }],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = client.schedule.getHandle(SWEEP_SCHEDULE)
    await handle.update((previous) => ({ ...previous, spec }))
  }
}
