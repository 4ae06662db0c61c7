import { keepPermalink, markRemoved } from '../db/repositories/published-targets.ts'
import type { Looked } from '../platforms/connector.ts'
import type { ActivityDeps } from './deps.ts'
import { runErrand } from './errand.ts'
import type { ErrandRef, SeenResult } from './types.ts'

/** Asks the platform whether it still has a target's post; keeps what it says. */
export async function lookAtPlatform(deps: ActivityDeps, ref: ErrandRef): Promise<SeenResult> {
  const end = await runErrand(deps, ref, async ({ connector, target, access, call }) => {
    const [root] = target.refs
    if (connector.lookup === undefined || root === undefined) return undefined
    return connector.lookup(root, access, call)
  })
  if (end?.outcome === 'needs_token') return end
  if (end === undefined) return seen('removed', null, null)
  const looked = end.value
  if (looked === undefined) return seen('unknown', null, 'platform_unsupported')
  await keep(deps, ref, looked)
  if (looked.state === 'unknown') return seen('unknown', null, 'not_readable')
  return seen(looked.state, looked.state === 'live' ? looked.permalink : null, null)
}

async function keep(deps: ActivityDeps, ref: ErrandRef, looked: Looked): Promise<void> {
  await deps.db.withTenant(ref.tenantId, async (em) => {
    if (looked.state === 'removed') await markRemoved(em, ref)
    if (looked.state !== 'live' || looked.permalink === null) return
    await keepPermalink(em, ref, looked.permalink)
  })
}

function seen(state: Looked['state'], permalink: string | null, code: string | null): SeenResult {
  return { outcome: 'seen', look: { state, permalink, code } }
}
