import type { PublishFacts, UndecidedAttempt } from '../db/repositories/publish-load.ts'
import type { Access } from '../platforms/call.ts'
import type { Attempt, Confirmation, Connector } from '../platforms/connector.ts'
import type { ActivityDeps } from './deps.ts'
import { loadPrepared } from './prepare-part.ts'
import type { TargetContent } from './target-content.ts'
import { draftOf } from './target-content.ts'
import type { TargetRef } from './types.ts'

/** Reads only, so that cutting one short loses nothing: it is asked again. */
const LOOKUP_TIMEOUT_MS = 30_000

/** One attempt and where it belongs. */
export interface LookUp {
  connector: Connector
  facts: PublishFacts
  content: TargetContent
  attempt: UndecidedAttempt
  access: Access
}

/** Asks the platform what became of an attempt. Throws PlatformFailure. */
export async function lookUp(
  deps: ActivityDeps,
  target: TargetRef,
  { connector, facts, content, attempt, access }: LookUp,
): Promise<Confirmation> {
  const { tenantId, targetId } = target
  const { startedAt, sendBefore, excludedPostIds, step, round } = attempt
  const frozenAt = facts.frozenAt ?? startedAt
  const prepared = await loadPrepared(deps, { tenantId, targetId, part: step.part })
  const question: Attempt = {
    draft: draftOf(content, facts, { targetId, index: step.part, round, frozenAt }),
    startedAt,
    sendBefore,
    failureCode: attempt.failureCode ?? undefined,
    excludedPostIds,
    accepted: attempt.accepted ?? undefined,
    prepared,
  }
  const onRateLimit = deps.limits.of({ tenantId, connectionId: facts.connection.id })
  const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MS)
  const call = { http: deps.http, signal, onRateLimit, media: deps.media(tenantId) }
  const answer = await connector.confirm?.(question, access, call)
  return answer ?? { outcome: 'cannot_tell', message: connector.whereToCheck(access.accountHandle) }
}
