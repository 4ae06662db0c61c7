import {
  beginRefresh,
  recordDead,
  recordRefreshTrouble,
} from '../db/repositories/connection-status.ts'
import type { RefreshFacts } from '../db/repositories/refresh-load.ts'
import { loadForRefresh } from '../db/repositories/refresh-load.ts'
import { waitingReasonFor } from '../domain/failure-reasons.ts'
import { PlatformFailure } from '../domain/failures.ts'
import { refreshBackoffMs, spreadOf } from '../domain/refresh-schedule.ts'
import type { Grant } from '../platforms/authorizer.ts'
import { cipherCode } from './cipher-code.ts'
import { connectionAccess } from './connection-access.ts'
import { connectionSnapshot } from './connection-rows.ts'
import type { ActivityDeps } from './deps.ts'
import { withHeart } from './heart.ts'
import { storeGrant } from './store-grant.ts'
import type { RefreshInput, RefreshResult } from './types.ts'

/** Generous: a call that is cut may have rotated the refresh token at the platform. */
const TOKEN_CALL_TIMEOUT_MS = 30_000

/**
 * Calls the platform's token endpoint once and stores what it gives. Only the connection's own
 * workflow runs this (design promise 3). Every outcome is in the row before it returns.
 */
export function refreshConnection(deps: ActivityDeps, input: RefreshInput): Promise<RefreshResult> {
  return withHeart(() => refresh(deps, input))
}

async function refresh(deps: ActivityDeps, input: RefreshInput): Promise<RefreshResult> {
  const begun = await begin(deps, input)
  if (begun === undefined) return answer(deps, input, 'superseded')
  const result = await callAndStore(deps, input, begun)
  deps.metrics.refreshEnded(begun.facts.platform, result.outcome)
  return result
}

async function callAndStore(
  deps: ActivityDeps,
  input: RefreshInput,
  begun: Begun,
): Promise<RefreshResult> {
  let grant: Grant
  try {
    grant = await callTokenEndpoint(deps, input, begun.facts)
  } catch (error) {
    return isDead(error)
      ? dead(deps, input, begun, error)
      : trouble(deps, input, begun.facts, error)
  }
  const { stored, connection } = await storeGrant(deps, input, grant, begun.facts)
  return { outcome: stored ? 'refreshed' : 'superseded', connection }
}

/** `interrupted`: an earlier call never told its end, so the stored token may be used up. */
interface Begun {
  facts: RefreshFacts
  interrupted: boolean
}

function begin(deps: ActivityDeps, input: RefreshInput): Promise<Begun | undefined> {
  return deps.db.withTenant(input.tenantId, async (em) => {
    const { begun, interrupted } = await beginRefresh(em, input, input.tokenVersion)
    if (!begun) return undefined
    const facts = await loadForRefresh(em, input.tenantId, input.connectionId)
    return facts === undefined ? undefined : { facts, interrupted }
  })
}

async function callTokenEndpoint(
  deps: ActivityDeps,
  input: RefreshInput,
  facts: RefreshFacts,
): Promise<Grant> {
  const auth = deps.authorizer(facts.platform, facts.method)
  if (auth?.refresh === undefined) {
    const message = 'This platform has no tokens that could be refreshed.'
    throw new PlatformFailure('rejected', { code: 'connection_not_refreshable', message })
  }
  const request = await connectionAccess(deps, input, facts)
  const signal = AbortSignal.timeout(TOKEN_CALL_TIMEOUT_MS)
  const onRateLimit = deps.limits.of(input)
  return auth.refresh(request, { http: deps.http, signal, onRateLimit })
}

/** Only the platform's own word ends a connection; nothing else proves that the grant is gone. */
function isDead(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && error.kind === 'auth_revoked'
}

const INTERRUPTED = {
  code: 'refresh_interrupted',
  message:
    'A renewal of the access was interrupted and the platform has since dropped it. Reconnect the account.',
}

async function dead(
  deps: ActivityDeps,
  input: RefreshInput,
  { facts, interrupted }: Begun,
  failure: PlatformFailure,
): Promise<RefreshResult> {
  const lifeOver = facts.refreshExpiresAt !== null && facts.refreshExpiresAt.getTime() <= Date.now()
  const status = lifeOver || interrupted ? 'expired' : 'revoked'
  const error = interrupted ? INTERRUPTED : { code: failure.code, message: failure.message }
  const recorded = await deps.db.withTenant(input.tenantId, (em) =>
    recordDead(em, input, input.tokenVersion, status, error),
  )
  return recorded ? answer(deps, input, 'dead', error.code) : answer(deps, input, 'superseded')
}

async function trouble(
  deps: ActivityDeps,
  input: RefreshInput,
  facts: RefreshFacts,
  error: unknown,
): Promise<RefreshResult> {
  const failure = error instanceof PlatformFailure ? error : undefined
  const failures = facts.refreshFailures + 1
  const backoffMs = refreshBackoffMs(failures, spreadOf(`${input.connectionId}:${failures}`))
  const nextTryMs = Math.max(Date.now() + backoffMs, failure?.retryAt?.getTime() ?? 0)
  const keysCode = cipherCode(error)
  const code = failure?.code ?? keysCode ?? 'internal'
  await deps.db.withTenant(input.tenantId, (em) =>
    recordRefreshTrouble(em, input, input.tokenVersion, {
      code,
      message: failure?.message ?? waitingReasonFor(keysCode ?? 'internal'),
      nextTryAt: new Date(nextTryMs),
      isRefusal: failure?.kind === 'rejected',
      answered: failure?.kind !== 'outcome_unknown',
    }),
  )
  deps.log.warn({ connectionId: input.connectionId, code, failures }, 'refresh failed')
  return answer(deps, input, 'failed', code)
}

async function answer(
  deps: ActivityDeps,
  input: RefreshInput,
  outcome: RefreshResult['outcome'],
  code = 'unknown',
): Promise<RefreshResult> {
  const connection = await connectionSnapshot(deps, input)
  if (outcome === 'refreshed' || outcome === 'superseded') return { outcome, connection }
  return { outcome, code, connection }
}
