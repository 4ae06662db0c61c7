import { ApplicationFailure } from '@temporalio/activity'
import { loadForPublish } from '../db/repositories/publish-load.ts'
import type { PublishedTarget } from '../db/repositories/published-targets.ts'
import { publishedTarget } from '../db/repositories/published-targets.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { Access, Call } from '../platforms/call.ts'
import type { Connector } from '../platforms/connector.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import type { ErrandRef } from './types.ts'

/** One call each; a platform that is slower is asked again. */
const CALL_TIMEOUT_MS = 30_000

/** A published target with what a call about it needs. */
export interface Errand {
  connector: Connector
  target: PublishedTarget
  access: Access
  call: Call
}

export type ErrandEnd<T> =
  | { outcome: 'done'; value: T }
  | { outcome: 'needs_token'; tokenVersion: number }

/**
 * Does something with a published target. Refusals that repeating cannot mend end the errand; a
 * token that was refused asks for a fresh one first. `undefined`: nothing of it is left.
 */
export async function runErrand<T>(
  deps: ActivityDeps,
  { tenantId, targetId, tokenIsFresh }: ErrandRef,
  work: (errand: Errand) => Promise<T>,
): Promise<ErrandEnd<T> | undefined> {
  const { facts, target } = await deps.db.withTenant(tenantId, async (em) => ({
    facts: await loadForPublish(em, tenantId, targetId),
    target: await publishedTarget(em, { tenantId, targetId }),
  }))
  if (facts === undefined || target === undefined) return undefined
  const connector = deps.connector(target.platform)
  const access = await decryptAccess(deps, { tenantId }, facts)
  const onRateLimit = deps.limits.of({ tenantId, connectionId: facts.connection.id })
  const call = { http: deps.http, signal: AbortSignal.timeout(CALL_TIMEOUT_MS), onRateLimit }
  try {
    return { outcome: 'done', value: await work({ connector, target, access, call }) }
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    const isAboutToken = error.kind === 'auth_expired' || error.kind === 'auth_revoked'
    if (isAboutToken && !tokenIsFresh) {
      return { outcome: 'needs_token', tokenVersion: facts.connection.tokenVersion }
    }
    throw explained(error, isAboutToken)
  }
}

function explained(error: PlatformFailure, isAboutToken: boolean): ApplicationFailure {
  const { kind, code, message, retryAt } = error
  if (isAboutToken) return final('needs_reconnect', 'Reconnect the account, then try again.')
  if (kind === 'rejected') return final(code, message)
  const nextRetryDelay = retryAt && Math.max(1, retryAt.getTime() - Date.now())
  return ApplicationFailure.create({ type: code, message, nextRetryDelay, category: 'BENIGN' })
}

/** Trying again cannot mend it. */
export function final(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, category: 'BENIGN' })
}
