import type { EntityManager } from '@mikro-orm/postgresql'
import type { Connection } from '../../db/entities/connection.ts'
import { plannedBetween, sentSince } from '../../db/repositories/account-use.ts'
import type { AccountUse, Connector } from '../../platforms/registry.ts'
import type { Deps } from '../deps.ts'
import type { PostContent } from './post-content.ts'

/**
 * How full the platform's windows are at the instant a post is meant for: what went out and what is
 * planned. Undefined where the platform has no such bounds.
 */
export async function accountUse(
  { now }: Pick<Deps, 'now'>,
  em: EntityManager,
  { limits }: Connector,
  connection: Connection,
  { at, postId }: Pick<PostContent, 'at' | 'postId'>,
): Promise<AccountUse | undefined> {
  const caps = limits.caps ?? []
  if (caps.length === 0) return undefined
  const sendsAt = at ?? new Date(now())
  const since = new Date(sendsAt.getTime() - Math.max(...caps.map(({ windowMs }) => windowMs)))
  const ids = { tenantId: connection.tenantId, connectionId: connection.id }
  const atMost = Math.max(...caps.map(({ posts }) => posts))
  const other = postId ? { exceptPostId: postId } : {}
  const window = { from: since, to: sendsAt, atMost, ...other }
  const sent = await sentSince(em, ids, since, atMost)
  const posts = [...sent, ...(await plannedBetween(em, ids, window))]
  return {
    postsWithin: (windowMs) =>
      posts
        .filter(({ atMs }) => atMs > sendsAt.getTime() - windowMs)
        .reduce((sum, one) => sum + one.posts, 0),
  }
}
