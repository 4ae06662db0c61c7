import type { EntityManager } from '@mikro-orm/postgresql'
import type { Platform } from '../../domain/platforms.ts'
import type { PostStatus } from '../../domain/post-state.ts'
import { Post } from '../entities/post.ts'
import { PostTarget } from '../entities/post-target.ts'
import { after, allOf, containing } from './conditions.ts'
import { decodeCursor, KEYSET_AT, type Keyset, type Page, pageOf } from './keyset.ts'
import { mediaOfPosts, type UsedMedia } from './media-assets.ts'

export interface PostWithTargets {
  post: Post
  /** In the order in which they were given. */
  targets: PostTarget[]
  /** Files that all targets share, in the order shown. */
  media: UsedMedia[]
}

/** Filters that are undefined do not filter; they are joined by AND. */
export interface PostFilter {
  status?: readonly PostStatus[]
  platform?: Platform
  connectionId?: string
  campaign?: string
  /** Found anywhere in content, notes or a target's variant, letter case aside. */
  q?: string
  /** Bounds of the scheduled instant, or of creation where there is none; `to` is exclusive. */
  from?: Date
  to?: Date
  limit: number
  cursor?: string
}

/** The post unless it was deleted; undefined for other tenants' ids too. */
export async function getPost(
  em: EntityManager,
  postId: string,
): Promise<PostWithTargets | undefined> {
  const post = await em.findOne(Post, { id: postId, deletedAt: null })
  if (post === null) return undefined
  const targets = await em.find(PostTarget, { postId }, { orderBy: { position: 'asc', id: 'asc' } })
  const media = await mediaOfPosts(em, post.tenantId, [postId])
  return { post, targets, media: sharedOf(media.get(postId)) }
}

/** Newest first. Throws InvalidCursor. */
export async function listPosts(
  em: EntityManager,
  filter: PostFilter,
): Promise<Page<PostWithTargets>> {
  const where = postConditions(filter)
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at
     from posts
     where ${where.sql}
     order by created_at desc, id
     limit ?`,
    [...where.parameters, filter.limit + 1],
  )
  const page = pageOf(keys, filter.limit)
  return {
    data: await loadPosts(
      em,
      page.rows.map(({ id }) => id),
    ),
    nextCursor: page.next,
  }
}

function postConditions(filter: PostFilter) {
  const { status, platform, connectionId, campaign, q, from, to, cursor } = filter
  const time = 'coalesce(scheduled_at, created_at)'
  return allOf([
    ['deleted_at is null'],
    status && ['status in (?)', status],
    platform && [hasTarget('platform = ?'), platform],
    connectionId === undefined ? undefined : [hasTarget('connection_id = ?'), connectionId],
    campaign === undefined ? undefined : ['campaign = ?', campaign],
    q
      ? [`content ilike ? or notes ilike ? or ${hasTarget('content ilike ?')}`, ...thrice(q)]
      : undefined,
    from && [`${time} >= ?`, from],
    to && [`${time} < ?`, to],
    after(cursor === undefined ? undefined : decodeCursor(cursor)),
  ])
}

function hasTarget(condition: string): string {
  return `exists (
    select from post_targets t
    where t.tenant_id = posts.tenant_id and t.post_id = posts.id and t.${condition})`
}

function thrice(q: string): [string, string, string] {
  const pattern = containing(q)
  return [pattern, pattern, pattern]
}

/** A few queries for a whole page, in the order of the ids. */
async function loadPosts(em: EntityManager, ids: readonly string[]): Promise<PostWithTargets[]> {
  if (ids.length === 0) return []
  const posts = await em.find(Post, { id: { $in: [...ids] } })
  const targets = await em.find(
    PostTarget,
    { postId: { $in: [...ids] } },
    { orderBy: { position: 'asc', id: 'asc' } },
  )
  const byPost = Map.groupBy(targets, (target) => target.postId)
  const media = await mediaOfPosts(em, posts[0]?.tenantId ?? '', ids)
  const byId = new Map(posts.map((post) => [post.id, post]))
  return ids.flatMap((id) => {
    const post = byId.get(id)
    if (post === undefined) return []
    return [{ post, targets: byPost.get(id) ?? [], media: sharedOf(media.get(id)) }]
  })
}

function sharedOf(uses: readonly UsedMedia[] = []): UsedMedia[] {
  return uses.filter(({ targetId, place }) => targetId === null && place === 'media')
}
