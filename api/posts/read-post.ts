import type { EntityManager } from '@mikro-orm/postgresql'
import { Tenant } from '../../db/entities/tenant.ts'
import type { TransactionOptions } from '../../db/open-database.ts'
import type { PostWithTargets } from '../../db/repositories/post-queries.ts'
import { getPost } from '../../db/repositories/post-queries.ts'
import type { Requester } from '../contract/operation.ts'
import type { PostAnswer } from '../contract/schemas/posts.ts'
import { presentPost } from '../presenters/post.ts'
import type { TenantRules } from '../presenters/post-facts.ts'

/** Rows read one after the other belong together. */
export const SNAPSHOT: TransactionOptions = { isolationLevel: 'repeatable read', readOnly: true }

/** The tenant's settings that decide about posts; seconds in the row, milliseconds here. */
export async function tenantRules(em: EntityManager, tenantId: string): Promise<TenantRules> {
  const tenant = await em.findOneOrFail(Tenant, { id: tenantId })
  return {
    allowSelfApproval: tenant.allowSelfApproval,
    latenessPolicy: tenant.latenessPolicy,
    maxLatenessMs: tenant.maxLatenessSeconds * 1000,
  }
}

/** The post with its targets; throws `not_found`, for deleted posts too. */
export async function findPost(
  requester: Requester<'not_found'>,
  em: EntityManager,
  postId: string,
): Promise<PostWithTargets> {
  const found = await getPost(em, postId)
  if (found === undefined) throw requester.fail('not_found')
  return found
}

/** The post as the API answers it, read from the row inside the given transaction. */
export async function answerPost(
  requester: Requester<'not_found'>,
  em: EntityManager,
  postId: string,
): Promise<PostAnswer> {
  const { actor, deps } = requester
  const found = await findPost(requester, em, postId)
  const rules = await tenantRules(em, actor.tenantId)
  return presentPost(found, { rules, userId: actor.userId, nowMs: deps.now() })
}

/** The same in a transaction of its own: post and targets as they were at one instant. */
export function readPost(requester: Requester<'not_found'>, postId: string): Promise<PostAnswer> {
  const { deps, actor } = requester
  return deps.db.withTenant(actor.tenantId, (em) => answerPost(requester, em, postId), SNAPSHOT)
}
