import { ApplicationFailure } from '@temporalio/activity'
import { loadPostState } from '../db/repositories/post-facts.ts'
import { giveUpTarget } from '../db/repositories/publish-claims.ts'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import { loadForPublish } from '../db/repositories/publish-load.ts'
import type { PostState } from '../domain/post-state.ts'
import type { Access } from '../platforms/call.ts'
import type { Connector } from '../platforms/connector.ts'
import { readAccountLimits } from '../platforms/registry.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import type { PublishInput, PublishResult } from './types.ts'

export type Staged =
  | {
      step: 'ready'
      connector: Connector
      facts: PublishFacts
      access: Access
      /** The post as it was staged; the commit writes only if it has not moved. */
      snapshot: PostState
    }
  | { step: 'answer'; result: PublishResult }

/** Everything that can be done before the due instant and repeated at will: load, check, decrypt. */
export async function stagePublish(deps: ActivityDeps, input: PublishInput): Promise<Staged> {
  const { facts, state } = await load(deps, input)
  if (facts === undefined || state === undefined) return answer({ outcome: 'ended', post: null })
  // An earlier execution opened an attempt: only `claimPublish` may say what becomes of it.
  if (facts.targetStatus !== 'queued' && facts.targetStatus !== 'pending') {
    return ended(deps, input)
  }
  const connector = deps.connector(facts.platform)
  const obstacle = obstacleOf(facts, connector)
  if (obstacle !== undefined) return refuse(deps, input, obstacle)
  if (connector === undefined) return refuse(deps, input, 'platform_unsupported')
  obeyLimit(facts, input)
  if (needsToken(deps, facts, input)) {
    const { tokenVersion } = facts.connection
    return answer({ outcome: 'needs_token', tokenVersion, post: state })
  }
  const access = await decryptAccess(deps, input, facts)
  return { step: 'ready', connector, facts, access, snapshot: state }
}

function load(deps: ActivityDeps, { tenantId, postId, targetId }: PublishInput) {
  return deps.db.withTenant(tenantId, async (em) => ({
    // Read before the content: an edit in between then shows in `seq` at the commit.
    state: await loadPostState(em, tenantId, postId),
    facts: await loadForPublish(em, tenantId, targetId),
  }))
}

function obstacleOf(facts: PublishFacts, connector: Connector | undefined): string | undefined {
  const { connection } = facts
  if (connector === undefined) return 'platform_unsupported'
  if (!connection.isActive || connection.status === 'disconnected') return 'connection_inactive'
  if (connection.status !== 'active') return 'needs_reconnect'
  const content = { text: facts.content, settings: facts.settings }
  const findings = connector.validate(content, readAccountLimits(connection.metadata))
  return findings.length > 0 ? 'content_invalid' : undefined
}

function needsToken(deps: ActivityDeps, facts: PublishFacts, input: PublishInput): boolean {
  const { expiresAt } = facts.connection
  if (expiresAt === null || input.tokenIsFresh) return false
  const sendsAt = Math.max(input.dueAt ?? 0, Date.now())
  return expiresAt.getTime() < sendsAt + deps.timing.tokenMarginMs
}

/** Waiting is left to the server: a limited connection holds no slot that others could use. */
function obeyLimit(facts: PublishFacts, input: PublishInput): void {
  const until = facts.connection.rateLimitedUntil?.getTime() ?? 0
  const waitMs = until - Math.max(Date.now(), input.dueAt ?? 0)
  if (waitMs <= 0) return
  throw ApplicationFailure.create({
    type: 'rate_limited',
    message: `The platform limits this account until ${new Date(until).toISOString()}.`,
    nextRetryDelay: until - Date.now() + 1,
    category: 'BENIGN',
  })
}

async function refuse(deps: ActivityDeps, input: PublishInput, code: string): Promise<Staged> {
  // Known long before the due instant, told at it: the account may be reconnected in between.
  if (input.dueAt !== null && Date.now() < input.dueAt) return tryAtDue(input.dueAt, code)
  const post = await deps.db.withTenant(input.tenantId, (em) => giveUpTarget(em, input, code))
  return answer({ outcome: 'ended', post })
}

function tryAtDue(dueAt: number, code: string): never {
  throw ApplicationFailure.create({
    type: code,
    message: 'This cannot be published as things stand; it is looked at again when it is due.',
    nextRetryDelay: Math.max(1, dueAt - Date.now()),
    category: 'BENIGN',
  })
}

async function ended(deps: ActivityDeps, input: PublishInput): Promise<Staged> {
  const post = await deps.db.withTenant(input.tenantId, async (em) => {
    const state = await loadPostState(em, input.tenantId, input.postId)
    const target = state?.targets.find((candidate) => candidate.id === input.targetId)
    if (target?.status !== 'publishing') return state ?? null
    return giveUpTarget(em, input, 'worker_lost')
  })
  return answer({ outcome: 'ended', post })
}

function answer(result: PublishResult): Staged {
  return { step: 'answer', result }
}
