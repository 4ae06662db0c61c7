import { activityInfo } from '@temporalio/activity'
import { deleteExpiredOauthSessions } from '../../db/repositories/oauth-sessions.ts'
import { rewrapPlace } from '../../db/repositories/rewrap-places.ts'
import { findOldRows } from '../../db/repositories/rewrap-rows.ts'
import { withHeart } from '../heart.ts'
import type { KeyDeps } from './key-deps.ts'
import { rewrapPage } from './rewrap-page.ts'
import type { RewrapInput, RewrapResult } from './types.ts'

/** For people; the count is complete. */
const MAX_REFUSED_IDS = 10

/**
 * Rewraps some pages of one table, from `after` on. May be executed any number of times: a row that
 * is new already is not found again, and a page is written by compare-and-set. The heartbeat carries
 * what a successor goes on with, should this process die.
 */
export function rewrapPages(deps: KeyDeps, input: RewrapInput): Promise<RewrapResult> {
  return withHeart(async (heart) => {
    const place = rewrapPlace(input.table)
    const result = resultOfEarlierExecution() ?? begin(input)
    if (result.pages === 0 && input.table === 'oauth_sessions') await forgetExpired(deps)
    while (result.pages < input.maxPages) {
      const page = { version: input.version, after: result.after, limit: input.rowsPerPage }
      const found = await deps.db.asSystem((em) => findOldRows(em, place, page))
      const { rewrapped, overtaken, refusedIds } = await rewrapPage(
        deps,
        place,
        input.version,
        found,
      )
      result.pages++
      result.rewrapped += rewrapped
      result.overtaken += overtaken
      result.refused += refusedIds.length
      result.refusedIds = [...result.refusedIds, ...refusedIds].slice(0, MAX_REFUSED_IDS)
      if (found.length < input.rowsPerPage) return { ...result, after: null }
      result.after = found.at(-1) ?? null
      heart.remember(result)
    }
    return result
  })
}

function begin({ after }: RewrapInput): RewrapResult {
  return { after, pages: 0, rewrapped: 0, overtaken: 0, refused: 0, refusedIds: [] }
}

/** Nobody can finish them: cheaper to delete than to rewrap. */
function forgetExpired(deps: KeyDeps): Promise<number> {
  return deps.db.asSystem((em) => deleteExpiredOauthSessions(em, 10_000))
}

function resultOfEarlierExecution(): RewrapResult | undefined {
  const details: unknown = activityInfo().heartbeatDetails
  return isResult(details) ? { ...details } : undefined
}

function isResult(details: unknown): details is RewrapResult {
  return typeof details === 'object' && details !== null && 'refusedIds' in details
}
