import { loadPostState } from '../../db/repositories/post-facts.ts'
import type { PostCommand } from '../../domain/post-commands.ts'
import { decide } from '../../domain/post-commands.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { PostCommandArgs, PostCommandName } from '../../workflows/contract.ts'
import { postWorkflowId } from '../../workflows/contract.ts'
import type { Requester } from '../contract/operation.ts'
import type { PostAnswer } from '../contract/schemas/posts.ts'
import { readPost } from './read-post.ts'
import type { CommandError } from './refusals.ts'
import { refusal } from './refusals.ts'

/** One command in both its forms: for the state machine here and for the workflow. */
export interface PostCommandRequest {
  postId: string
  /** Revision the caller has read (If-Match). */
  expectedRevision: number | undefined
  name: PostCommandName
  /** For the pure state machine, which refuses without asking Temporal. */
  command: PostCommand
  args: PostCommandArgs
}

/** The row without a lock: good enough to refuse early, never to decide. Throws `not_found`. */
export async function loadState(
  requester: Requester<'not_found'>,
  postId: string,
): Promise<PostState> {
  const { deps, actor } = requester
  const { tenantId } = actor
  const state = await deps.db.withTenant(tenantId, (em) => loadPostState(em, tenantId, postId))
  if (state === undefined) throw requester.fail('not_found')
  return state
}

/** Has the post's workflow carry out a command, and answers the post as its row is then. */
export async function commandPost(
  requester: Requester<CommandError>,
  state: PostState,
  request: PostCommandRequest,
): Promise<PostAnswer> {
  const { deps, actor, commandId } = requester
  const { postId, name, args, expectedRevision } = request
  const { tenantId, userId } = actor
  const refused = preCheck(requester, state, request)
  if (refused === undefined) {
    const input = { tenantId, postId, post: state }
    await deps.temporal.commandPost(
      input,
      name,
      { ...args, expectedRevision, seq: state.seq },
      { id: commandId, actorId: userId },
    )
  } else if (!(await wasDoneBefore(requester, postId))) {
    throw refused
  }
  return readPost(requester, postId)
}

/**
 * What the workflow would refuse anyway, without the round trip; undefined when it may be asked.
 */
function preCheck(
  requester: Requester<CommandError>,
  state: PostState,
  { expectedRevision, command }: PostCommandRequest,
): Error | undefined {
  if (expectedRevision !== undefined && expectedRevision !== state.revision) {
    return refusal(requester, state, 'precondition_failed')
  }
  const decision = decide(state, command, requester.deps.now())
  return decision.ok ? undefined : refusal(requester, state, decision.code)
}

/** A repeat after a lost answer finds its own work done: that is success, not a wrong state. */
async function wasDoneBefore(
  { deps, actor, commandId, hasKey }: Requester<CommandError>,
  postId: string,
): Promise<boolean> {
  if (!hasKey) return false
  try {
    return await deps.temporal.wasDone(postWorkflowId(actor.tenantId, postId), commandId)
  } catch (error) {
    deps.log.warn({ err: error, post_id: postId }, 'cannot tell whether a command was done')
    return false
  }
}
