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

/** Rows per transaction: pages keep each of them short. */
const PAGE = 500
const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * Compares rows with their workflows by id and wakes those that are missing. It never publishes and
 * never decides. `disagreements` counts what a healthy system has none of.
 */
export async function sweep(
  deps: ActivityDeps,
  { graceMs }: { graceMs: number },
): Promise<SweepResult> {
  const overdue = await deps.db.asSystem((em) => overdueMessages(em, graceMs))
  const result: SweepResult = { checked: 0, disagreements: overdue, poked: 0 }
  await sweepKind(deps, 'post', graceMs, result)
  await sweepKind(deps, 'connection', graceMs, result)
  await deps.db.asSystem(async (em) => {
    await recordSweep(em, result.disagreements, result)
    await deleteExpired(em)
  })
  deps.metrics.swept(result.disagreements)
  if (result.disagreements > 0) deps.log.warn(result, 'rows and workflows disagreed')
  return result
}

async function sweepKind(
  deps: ActivityDeps,
  kind: Suspect['kind'],
  graceMs: number,
  result: SweepResult,
): Promise<void> {
  for (let after = FIRST; ; ) {
    const page = { after, graceMs, limit: PAGE }
    const suspects = await deps.db.asSystem((em) => sweepSuspects(em, kind, page))
    for (const suspect of suspects) await check(deps, suspect, result)
    const last = suspects.at(-1)
    if (last === undefined || suspects.length < PAGE) return
    after = last.id
  }
}

async function check(deps: ActivityDeps, suspect: Suspect, result: SweepResult): Promise<void> {
  const { kind, tenantId, id } = suspect
  result.checked++
  heartbeat(result.checked)
  if ((await deps.workflowStatus(kind, tenantId, id)) === 'running') return
  result.disagreements++
  await deps.poke(kind, tenantId, id)
  result.poked++
}
