import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { PostTarget } from '../../db/entities/post-target.ts'
import { getConnections } from '../../db/repositories/connection-queries.ts'
import type { PostState, TargetState } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import type { ChangePostBody } from '../contract/schemas/posts.ts'
import type { PlanErrors, PlannedTarget } from './plan-targets.ts'
import { planTargets } from './plan-targets.ts'

/** One edit's view of the post: as it was, and as the state machine decided it. */
export interface TargetsChange {
  postId: string
  body: ChangePostBody
  before: PostState
  /** The state the change leads to, still with the targets of before. */
  decided: PostState
}

/**
 * Replaces the targets by those of the request, keeping the rows of accounts that stay. Answers the
 * state with the targets as they are then.
 */
export async function changeTargets(
  requester: Requester<PlanErrors>,
  em: EntityManager,
  { postId, body, before, decided }: TargetsChange,
): Promise<PostState> {
  if (body.targets === undefined && body.platforms === undefined) return decided
  const planned = await planTargets(requester, em, body)
  assertSameAccounts(requester, before, planned)
  const kept = new Map(decided.targets.map((target) => [target.connectionId, target]))
  const ids = planned.map(({ connection }) => connection.id)
  // Only accounts that left; the rows that stay keep their ids, which attempts refer to.
  await em.nativeDelete(PostTarget, { postId, connectionId: { $nin: ids } })
  const targets: TargetState[] = []
  for (const [position, target] of planned.entries()) {
    const state = kept.get(target.connection.id)
    if (state === undefined) targets.push(await addTarget(requester, em, postId, target, position))
    else targets.push(await keepTarget(em, state, target, position))
  }
  return { ...decided, targets }
}

/** After a try, the rows are the record of what was tried: accounts neither leave nor join. */
function assertSameAccounts(
  requester: Requester<'validation_failed'>,
  before: PostState,
  planned: readonly PlannedTarget[],
): void {
  if (before.status !== 'failed') return
  const ids = new Set(planned.map(({ connection }) => connection.id))
  const isSame =
    ids.size === before.targets.length &&
    before.targets.every(({ connectionId }) => ids.has(connectionId))
  if (isSame) return
  const message = 'A post that was tried keeps its accounts; create another post for others.'
  const error = { path: 'targets', code: 'targets_fixed', message }
  throw requester.fail('validation_failed', { detail: message, errors: [error] })
}

async function addTarget(
  requester: Requester<never>,
  em: EntityManager,
  postId: string,
  { connection, content, settings }: PlannedTarget,
  position: number,
): Promise<TargetState> {
  const { tenantId } = requester.actor
  const { id: connectionId, platform } = connection
  const id = randomUUID()
  const row = { id, tenantId, postId, connectionId, platform, position, content, settings }
  await em.insert(PostTarget, row)
  return { id, connectionId, platform, status: 'pending', failureCode: null, retryable: false }
}

async function keepTarget(
  em: EntityManager,
  state: TargetState,
  { content, settings }: PlannedTarget,
  position: number,
): Promise<TargetState> {
  await em.nativeUpdate(PostTarget, { id: state.id }, { content, settings, position })
  return state
}

/** The targets of a row as a plan, so that its content can be checked again. */
export async function plannedNow(
  em: EntityManager,
  targets: readonly PostTarget[],
): Promise<PlannedTarget[]> {
  const ids = targets.map((target) => target.connectionId)
  const connections = await getConnections(em, ids)
  const byId = new Map(connections.map((connection) => [connection.id, connection]))
  return targets.flatMap((target, index) => {
    const connection = byId.get(target.connectionId)
    if (connection === undefined) return []
    const { content = null, settings } = target
    return [{ connection, content, settings, path: `targets[${index}]` }]
  })
}
