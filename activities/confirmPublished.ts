import { loadPostState } from '../db/repositories/post-facts.ts'
import type { PublishFacts, UndecidedAttempt } from '../db/repositories/publish-load.ts'
import { loadForPublish, undecidedAttempt } from '../db/repositories/publish-load.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { MediaFacts } from '../domain/media.ts'
import type { Connector } from '../platforms/connector.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import { lookUp } from './look-up.ts'
import { recordOutcome } from './record-outcome.ts'
import { contentOf, loadFiles } from './target-content.ts'
import type { ConfirmResult, TargetRef } from './types.ts'
import { endOf } from './watch-accepted.ts'

/** Finds out what became of an attempt whose answer was lost. Reads only: repeatable at will. */
export async function confirmPublished(
  deps: ActivityDeps,
  target: TargetRef,
): Promise<ConfirmResult> {
  const { facts, attempt, post, files } = await load(deps, target)
  if (facts === undefined || attempt === undefined) return { outcome: 'ended', post }
  const connector = deps.connector(facts.platform)
  if (connector.confirm === undefined) return askPerson(connector, facts)
  try {
    return await ask(deps, target, connector, { facts, attempt, files })
  } catch (error) {
    if (!isAboutToken(error)) throw error
    return { outcome: 'needs_token', tokenVersion: facts.connection.tokenVersion }
  }
}

interface Question {
  facts: PublishFacts
  attempt: UndecidedAttempt
  files: ReadonlyMap<string, MediaFacts>
}

async function ask(
  deps: ActivityDeps,
  target: TargetRef,
  connector: Connector,
  { facts, attempt, files }: Question,
): Promise<ConfirmResult> {
  const access = await decryptAccess(deps, target, facts)
  const content = contentOf(connector, facts, files)
  const seen = await lookUp(deps, target, { connector, facts, content, attempt, access })
  const end = endOf(seen)
  if (end !== undefined) {
    const made = { end, after: 'done' as const }
    const { post } = await recordOutcome(deps, target, attempt.id, made)
    return { outcome: 'ended', post }
  }
  const message = 'message' in seen ? seen.message : connector.whereToCheck(access.accountHandle)
  const againMs = seen.outcome === 'processing' ? seen.checkAgainMs : undefined
  return { outcome: 'cannot_tell', message, ...(againMs === undefined ? {} : { againMs }) }
}

function load(deps: ActivityDeps, target: TargetRef) {
  return deps.db.withTenant(target.tenantId, async (em) => {
    const facts = await loadForPublish(em, target.tenantId, target.targetId)
    return {
      facts,
      files: facts === undefined ? new Map<string, MediaFacts>() : await loadFiles(em, facts),
      attempt: await undecidedAttempt(em, target.tenantId, target.targetId),
      post: (await loadPostState(em, target.tenantId, target.postId)) ?? null,
    }
  })
}

function askPerson(connector: Connector, facts: PublishFacts): ConfirmResult {
  const message = connector.whereToCheck(facts.connection.accountHandle)
  return { outcome: 'cannot_tell', message }
}

/** A lookup that is refused for its token proves nothing about the post. */
function isAboutToken(error: unknown): boolean {
  if (!(error instanceof PlatformFailure)) return false
  return error.kind === 'auth_expired' || error.kind === 'auth_revoked'
}
