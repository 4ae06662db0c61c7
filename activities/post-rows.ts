import { loadPostState } from '../db/repositories/post-facts.ts'
import { applyCommand, expireHold, recordHold } from '../db/repositories/post-transitions.ts'
import { giveUpTarget } from '../db/repositories/publish-claims.ts'
import { hideRemoved } from '../db/repositories/published-targets.ts'
import type { PostState } from '../domain/post-state.ts'
import type { ActivityDeps } from './deps.ts'
import type { CommandAnswer, CommandRequest, PostRef, TargetRef } from './types.ts'

/** Short writes and reads of the post's row; the workflow runs them as local activities. */
export function makePostRows({ db }: Pick<ActivityDeps, 'db'>) {
  return {
    applyPostCommand(request: CommandRequest): Promise<CommandAnswer> {
      return db.withTenant(request.tenantId, (em) => applyCommand(em, request, Date.now()))
    },

    async loadPost({ tenantId, postId }: PostRef): Promise<PostState | null> {
      const load = db.withTenant(tenantId, (em) => loadPostState(em, tenantId, postId))
      return (await load) ?? null
    },

    holdPost(post: PostRef & { code: string }): Promise<void> {
      return db.withTenant(post.tenantId, (em) => recordHold(em, post, post.code))
    },

    expirePostHold(post: PostRef & { revision: number }): Promise<PostState | null> {
      return db.withTenant(post.tenantId, (em) => expireHold(em, post))
    },

    hideRemovedPost({ tenantId, actorId, ...post }: PostRef & { actorId: string | null }) {
      return db.withTenant(tenantId, (em) => hideRemoved(em, { tenantId, ...post }, actorId))
    },

    giveUpOnTarget(
      target: TargetRef & { revision: number; code: string },
    ): Promise<PostState | null> {
      return db.withTenant(target.tenantId, (em) => giveUpTarget(em, target, target.code))
    },
  }
}
