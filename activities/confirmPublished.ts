import type { AttemptEnd } from '../db/repositories/attempt-outcomes.ts'
import { loadPostState } from '../db/repositories/post-facts.ts'
import type { PublishFacts, UndecidedAttempt } from '../db/repositories/publish-load.ts'
import { loadForPublish, undecidedAttempt } from '../db/repositories/publish-load.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { Absent, CannotTell, Connector, Found } from '../platforms/connector.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import { draftOf } from './publishToPlatform.ts'
import { recordOutcome } from './record-outcome.ts'
import type { ConfirmResult, TargetRef } from './types.ts'

/** Reads only, so that cutting one short loses nothing: the workflow asks again. */
const LOOKUP_TIMEOUT_MS = 30_000

/** Finds out what became of an attempt whose answer was lost. Reads only: repeatable at will. */
export async function confirmPublished(
  deps: ActivityDeps,
  target: TargetRef,
): Promise<ConfirmResult> {
  const { facts, attempt, post } = await load(deps, target)
  if (facts === undefined || attempt === undefined) return { outcome: 'ended', post }
  const connector = deps.connector(facts.platform)
  if (connector?.confirm === undefined) return askPerson(connector, facts)
  try {
    const answer = await lookUp(deps, connector, target, facts, attempt)
    if (answer.outcome === 'cannot_tell') return answer
    const end = endOf(answer)
    const recorded = await recordOutcome(deps, target, attempt.id, { end, after: 'done' })
    return { outcome: 'ended', post: recorded.post }
  } catch (error) {
    if (!isAboutToken(error)) throw error
    return { outcome: 'needs_token', tokenVersion: facts.connection.tokenVersion }
  }
}

function load(deps: ActivityDeps, target: TargetRef) {
  return deps.db.withTenant(target.tenantId, async (em) => ({
    facts: await loadForPublish(em, target.tenantId, target.targetId),
    attempt: await undecidedAttempt(em, target.tenantId, target.targetId),
    post: (await loadPostState(em, target.tenantId, target.postId)) ?? null,
  }))
}

async function lookUp(
  deps: ActivityDeps,
  connector: Connector,
  target: TargetRef,
  facts: PublishFacts,
  attempt: UndecidedAttempt,
): Promise<Found | Absent | CannotTell> {
  const access = await decryptAccess(deps, target, facts)
  const frozenAt = facts.frozenAt ?? attempt.startedAt
  const draft = draftOf(facts, target.targetId, { round: facts.round, frozenAt })
  const { startedAt, sendBefore, excludedPostIds } = attempt
  const failureCode = attempt.failureCode ?? undefined
  const call = { http: deps.http, signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS) }
  const question = { draft, startedAt, sendBefore, failureCode, excludedPostIds }
  const answer = await connector.confirm?.(question, access, call)
  return answer ?? { outcome: 'cannot_tell', message: connector.whereToCheck(access.accountHandle) }
}

function endOf(answer: Found | Absent): AttemptEnd {
  if (answer.outcome === 'absent') return { status: 'absent' }
  const { platformPostId, permalink, metadata } = answer.post
  return { status: 'published', platformPostId, permalink, metadata, confirmedBy: 'lookup' }
}

function askPerson(connector: Connector | undefined, facts: PublishFacts): ConfirmResult {
  const where = connector?.whereToCheck(facts.connection.accountHandle)
  return { outcome: 'cannot_tell', message: where ?? 'Look at the account.' }
}

/** A lookup that is refused for its token proves nothing about the post. */
function isAboutToken(error: unknown): boolean {
  if (!(error instanceof PlatformFailure)) return false
  return error.kind === 'auth_expired' || error.kind === 'auth_revoked'
}
