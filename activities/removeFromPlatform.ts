import { markRemoved } from '../db/repositories/published-targets.ts'
import type { ActivityDeps } from './deps.ts'
import { final, runErrand } from './errand.ts'
import type { ErrandRef, RemovedResult } from './types.ts'

/** Deletes a target at its platform, the end of a thread first. Repeatable. */
export async function removeFromPlatform(
  deps: ActivityDeps,
  ref: ErrandRef,
): Promise<RemovedResult> {
  const end = await runErrand(deps, ref, async ({ connector, target, access, call }) => {
    const { remove } = connector
    if (remove === undefined) {
      throw final('platform_unsupported', 'The platform lets apps delete nothing; delete it there.')
    }
    for (const post of target.refs.toReversed()) await remove(post, access, call)
  })
  if (end?.outcome === 'needs_token') return end
  await deps.db.withTenant(ref.tenantId, (em) => markRemoved(em, ref))
  return { outcome: 'removed' }
}
