import type { Post } from '../../db/entities/post.ts'
import type { PostWithTargets } from '../../db/repositories/post-queries.ts'
import type { PostState } from '../../domain/post-state.ts'

/** The part of the tenant's settings that decides what may be done with a post. */
export interface TenantRules {
  allowSelfApproval: boolean
  latenessPolicy: 'publish' | 'hold'
  maxLatenessMs: number
}

/** The row as the pure state machine sees it. */
export function stateOf(
  { post, targets }: Omit<PostWithTargets, 'media'>,
  rules: TenantRules,
): PostState {
  return {
    status: post.status,
    revision: post.revision,
    seq: post.seq,
    scheduledAt: post.scheduledAt?.getTime() ?? null,
    approvalRequired: post.approvalRequired,
    approvalStatus: post.approvalStatus ?? null,
    authorId: authorOf(post),
    allowSelfApproval: rules.allowSelfApproval,
    latenessPolicy: post.latenessPolicy ?? rules.latenessPolicy,
    maxLatenessMs: rules.maxLatenessMs,
    targets: targets.map((target) => ({
      id: target.id,
      connectionId: target.connectionId,
      platform: target.platform,
      status: target.status,
      failureCode: target.failureCode ?? null,
      retryable: target.retryable,
    })),
  }
}

function authorOf(post: Post): string | null {
  return post.createdBy
}
