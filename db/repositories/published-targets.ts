import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import { parsePlatform } from '../../domain/platforms.ts'
import type { PublishedPart } from '../entities/post-target.ts'
import { enqueue } from './outbox.ts'
import { lockPostState } from './post-facts.ts'

interface PostIds {
  tenantId: string
  postId: string
}

interface TargetIds {
  tenantId: string
  targetId: string
}

/** A target with something at its platform. */
export interface PublishedTarget {
  id: string
  platform: Platform
  connectionId: string
  /** The way its account was connected by. */
  method: string
  /** The post itself first, then the replies of its thread and the first comment. */
  refs: { platformPostId: string; permalink: string | null; metadata: Record<string, string> }[]
}

interface Row {
  id: string
  platform: string
  connection_id: string
  method: string
  platform_post_id: string
  permalink: string | null
  platform_metadata: Record<string, string>
  parts: PublishedPart[]
}

const PUBLISHED = `select g.id, g.platform, g.connection_id, c.method, g.platform_post_id, g.permalink,
    g.platform_metadata, g.parts
  from post_targets g
    join connections c on c.tenant_id = g.tenant_id and c.id = g.connection_id
  where g.platform_post_id is not null and g.removed_at is null and g.tenant_id = ?`

/** What of a post is at platforms and was not deleted there. */
export async function publishedTargets(
  em: EntityManager,
  { tenantId, postId }: PostIds,
): Promise<PublishedTarget[]> {
  const sql = `${PUBLISHED} and g.post_id = ? order by g.position, g.id`
  const rows = await em.execute<Row[]>(sql, [tenantId, postId])
  return rows.map(toTarget)
}

/** One of them; undefined when nothing of it is left. */
export async function publishedTarget(
  em: EntityManager,
  { tenantId, targetId }: TargetIds,
): Promise<PublishedTarget | undefined> {
  const [row] = await em.execute<Row[]>(`${PUBLISHED} and g.id = ?`, [tenantId, targetId])
  return row && toTarget(row)
}

function toTarget(row: Row): PublishedTarget {
  const platform = parsePlatform(row.platform)
  if (platform === undefined) throw new Error(`post_targets holds unknown platform ${row.platform}`)
  const root = {
    platformPostId: row.platform_post_id,
    permalink: row.permalink,
    metadata: row.platform_metadata,
  }
  // A first comment would stay behind where it is a post of its own.
  const others = row.parts
    .filter(({ role }) => role === 'reply' || role === 'comment')
    .map(({ platform_post_id: platformPostId, permalink, metadata }) => ({
      platformPostId,
      permalink,
      metadata,
    }))
  const { id, connection_id: connectionId, method } = row
  return { id, platform, connectionId, method, refs: [root, ...others] }
}

/** The platform no longer has it. A failed target keeps its state: that it failed stays true. */
export async function markRemoved(em: EntityManager, ids: TargetIds): Promise<void> {
  const sql = `update post_targets set removed_at = coalesce(removed_at, now())
    where tenant_id = ? and id = ?`
  await em.execute(sql, [ids.tenantId, ids.targetId])
}

/** Keeps an address that the platform gave later than the post. */
export async function keepPermalink(
  em: EntityManager,
  ids: TargetIds,
  permalink: string,
): Promise<void> {
  const sql = `update post_targets set permalink = ? where tenant_id = ? and id = ?
    and permalink is distinct from ?`
  await em.execute(sql, [permalink, ids.tenantId, ids.targetId, permalink])
}

/** Hides a post of which nothing is left at any platform; false when something is, or is going out. */
export async function hideRemoved(
  em: EntityManager,
  { tenantId, postId }: PostIds,
  actorId: string | null,
): Promise<boolean> {
  const state = await lockPostState(em, tenantId, postId)
  if (state === undefined) return true
  if (state.status === 'queued' || state.status === 'unconfirmed') return false
  if ((await publishedTargets(em, { tenantId, postId })).length > 0) return false
  const sql = `update posts set deleted_at = now(),
      updated_by = coalesce((select id from users where tenant_id = ? and id = ?), updated_by)
    where tenant_id = ? and id = ?`
  await em.execute(sql, [tenantId, actorId, tenantId, postId])
  await enqueue(em, { tenantId, kind: 'post_changed', aggregateId: postId })
  return true
}
