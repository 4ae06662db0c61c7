import { PostApproval } from '../../db/entities/post-approval.ts'
import type { Requester } from '../contract/operation.ts'
import type { PostAnswer } from '../contract/schemas/posts.ts'
import { commandPost, loadState } from './command-post.ts'
import type { CommandError } from './refusals.ts'

/** `name` is the command, `decision` what the history keeps of it. */
export interface ApprovalRequest {
  postId: string
  expectedRevision: number | undefined
  name: 'approve' | 'reject'
  decision: 'approved' | 'rejected'
  comment: string | null
}

/**
 * Approves or rejects. The comment is written first and without effect; the command makes it
 * effective, so that no comment travels through Temporal.
 */
export async function decidePost(
  requester: Requester<CommandError>,
  request: ApprovalRequest,
): Promise<PostAnswer> {
  const { userId } = requester.actor
  const { postId, name, expectedRevision } = request
  const state = await loadState(requester, postId)
  // Should the command be refused, the row stays without effect and is never listed.
  const approvalId = await writeComment(requester, request, state.revision)
  return commandPost(requester, state, {
    postId,
    expectedRevision,
    name,
    command: { type: name, actorId: userId },
    args: { approvalId },
  })
}

/** Answers the row's id, which the command marks as effective. */
async function writeComment(
  { deps, actor }: Requester<CommandError>,
  { postId, decision, comment }: ApprovalRequest,
  revision: number,
): Promise<string> {
  const { tenantId, userId } = actor
  return deps.db.withTenant(tenantId, async (em) => {
    const row = em.create(PostApproval, {
      tenantId,
      postId,
      revision,
      decision,
      byUserId: userId,
      actor: userId,
      comment,
    })
    await em.persist(row).flush()
    return row.id
  })
}
