import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import { markProcessed } from '../db/repositories/outbox.ts'
import { loadPostState } from '../db/repositories/post-facts.ts'
import type { ConnectionWorkflowInput, PostWorkflowInput } from '../workflows/contract.ts'
import type { Deps } from './deps.ts'

/** After a failure nobody waits for Temporal again so soon; the relay does what was left. */
const PAUSE_MS = 5_000
const pausedUntil = new WeakMap<object, number>()

/**
 * Does at once what the outbox row asks of Temporal, so that clients need not wait for the relay.
 * Never throws: the row is written, and the relay repeats what did not work here.
 */
export async function kick(
  deps: Deps,
  tenantId: string,
  outboxId: string,
  tell: () => Promise<unknown>,
): Promise<void> {
  // One outage would otherwise cost every writer the deadline of a call.
  if (deps.now() < (pausedUntil.get(deps.temporal) ?? 0)) return
  try {
    await tell()
    await deps.db.withTenant(tenantId, (em) => markProcessed(em, [outboxId]))
  } catch (error) {
    pausedUntil.set(deps.temporal, deps.now() + PAUSE_MS)
    deps.log.warn({ err: error, outbox_id: outboxId }, 'left to the relay')
  }
}

/** Tells a post's workflow that its row is ahead, by the row as it is now. */
export function kickPostChanged(
  deps: Deps,
  tenantId: string,
  postId: string,
  outboxId: string,
): Promise<void> {
  return kick(deps, tenantId, outboxId, async () => {
    const input = await postInput(deps, tenantId, postId)
    if (input !== undefined) await deps.temporal.postChanged(input)
  })
}

/** Starts or wakes a connection's workflow by the row as it is now; never throws. */
export function kickConnection(
  deps: Deps,
  tenantId: string,
  connectionId: string,
  message: { outboxId: string; isNew: boolean },
): Promise<void> {
  return kick(deps, tenantId, message.outboxId, async () => {
    const input = await connectionInput(deps, tenantId, connectionId)
    if (input === undefined) return
    if (message.isNew) await deps.temporal.startConnection(input)
    else await deps.temporal.connectionChanged(input)
  })
}

/** What a post's workflow is started with; undefined when the post is gone. */
async function postInput(
  deps: Deps,
  tenantId: string,
  postId: string,
): Promise<PostWorkflowInput | undefined> {
  const post = await deps.db.withTenant(tenantId, (em) => loadPostState(em, tenantId, postId))
  return post === undefined ? undefined : { tenantId, postId, post }
}

/** What a connection's workflow is started with; undefined when the connection is gone. */
export async function connectionInput(
  deps: Deps,
  tenantId: string,
  connectionId: string,
): Promise<ConnectionWorkflowInput | undefined> {
  const facts = await deps.db.withTenant(tenantId, (em) =>
    loadConnectionState(em, tenantId, connectionId),
  )
  if (facts === undefined) return undefined
  const { platform, method, state } = facts
  const syncs = deps.registry.authorizer(platform, method)?.destinations !== undefined
  const connection = { ...state, syncEveryMs: syncs ? state.syncEveryMs : null }
  return { tenantId, connectionId, platform, connection }
}
