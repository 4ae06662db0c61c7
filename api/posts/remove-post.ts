import type { PublishedTarget } from '../../db/repositories/published-targets.ts'
import { publishedTargets } from '../../db/repositories/published-targets.ts'
import type { FieldError } from '../../domain/errors.ts'
import type { RemoveResult } from '../../workflows/contract.ts'
import type { Requester } from '../contract/operation.ts'

export type RemovalErrors = 'platform_unsupported' | 'removal_incomplete'

/**
 * Deletes what is published of a post at its platforms, and then the post itself. Refused as a whole
 * where a platform lets apps delete nothing, so that nobody takes half a deletion for a whole one.
 */
export async function removeFromPlatforms(
  requester: Requester<RemovalErrors>,
  postId: string,
  published: readonly PublishedTarget[],
): Promise<RemoveResult> {
  const { deps, actor } = requester
  const closed = published.flatMap((target) => closedTarget(requester, published, target))
  if (closed.length > 0) {
    const detail = closed.map(({ message }) => message).join(' ')
    throw requester.fail('platform_unsupported', { errors: closed, detail })
  }
  const targets = published.map(({ id, platform, connectionId }) => ({
    id,
    platform,
    connectionId,
  }))
  const { tenantId, userId: actorId } = actor
  const result = await deps.temporal.removePost({ tenantId, postId, actorId, targets })
  if (result.isHidden) return result
  const errors = result.failed.map(({ targetId, code, message }) => ({
    path: pathOf(published, targetId),
    code,
    message,
  }))
  const detail = errors.map(({ message }) => message).join(' ')
  const isClosed = errors.length > 0 && errors.every(({ code }) => code === 'platform_unsupported')
  const code = isClosed ? 'platform_unsupported' : 'removal_incomplete'
  throw requester.fail(code, { errors, ...(detail === '' ? {} : { detail }) })
}

/** What of a post is at platforms; nothing for a post that was never sent. */
export function whatIsPublished(
  requester: Requester<never>,
  postId: string,
): Promise<PublishedTarget[]> {
  const { deps, actor } = requester
  const { tenantId } = actor
  return deps.db.withTenant(tenantId, (em) => publishedTargets(em, { tenantId, postId }))
}

/** Why a platform lets apps delete nothing of this account, if so. */
function closedTarget(
  { deps }: Requester<RemovalErrors>,
  published: readonly PublishedTarget[],
  { id, platform, method }: PublishedTarget,
): FieldError[] {
  const connector = deps.registry.connector(platform)
  const described = deps.registry.platforms().find((one) => one.platform === platform)
  const closed = described?.closedToApps.find(({ feature }) => feature === 'delete')?.why
  const general = closed ?? `${described?.displayName ?? platform} lets apps delete no posts.`
  const why = connector.remove ? connector.removalProblem?.({ method }) : general
  if (why === undefined) return []
  return [{ path: pathOf(published, id), code: 'platform_unsupported', message: why }]
}

function pathOf(published: readonly PublishedTarget[], targetId: string): string {
  return `targets[${published.findIndex(({ id }) => id === targetId)}]`
}
