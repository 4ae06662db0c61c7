import { heartbeat } from '@temporalio/activity'
import type { Suspect } from '../db/repositories/sweep-queries.ts'
import {
  deleteExpired,
  overdueMessages,
  recordSweep,
  sweepSuspects,
} from '../db/repositories/sweep-queries.ts'
import type { ActivityDeps } from './deps.ts'
import type { SweepResult } from './types.ts'

const PAGE = 500

/**
 * Compares rows with their workflows by id and wakes what should be awake. It never publishes and
 * never decides: it only pokes. `disagreements` counts what a healthy system has none of.
 */
export async function sweep(
  deps: ActivityDeps,
  { graceMs }: { graceMs: number },
): Promise<SweepResult> {
  const { suspects, overdue } = await deps.db.asSystem(async (em) => ({
    suspects: await sweepSuspects(em, graceMs, PAGE),
    overdue: await overdueMessages(em, graceMs),
  }))
  const result: SweepResult = { checked: suspects.length, disagreements: overdue, poked: 0 }
  for (const suspect of suspects) {
    if (await disagrees(deps, suspect)) result.disagreements++
    await deps.poke(suspect.kind, suspect.tenantId, suspect.id)
    result.poked++
    heartbeat(result)
  }
  await deps.db.asSystem(async (em) => {
    await recordSweep(em, result.disagreements, result)
    await deleteExpired(em)
  })
  if (result.disagreements > 0) deps.log.warn(result, 'rows and workflows disagreed')
  return result
}

async function disagrees(deps: ActivityDeps, suspect: Suspect): Promise<boolean> {
  const status = await deps.workflowStatus(suspect.kind, suspect.tenantId, suspect.id)
  return status !== 'running'
}
