import type { EntityManager } from '@mikro-orm/postgresql'
import type { MediaFacts, MediaKind } from '../../domain/media.ts'
import { MediaAsset } from '../entities/media-asset.ts'
import { PostMedia } from '../entities/post-media.ts'
import { after, allOf, containing } from './conditions.ts'
import { decodeCursor, KEYSET_AT, type Keyset, type Page, pageOf } from './keyset.ts'

/** A file that was probed and whose bytes the store has. */
export interface NewMedia {
  tenantId: string
  createdBy: string
  facts: Omit<MediaFacts, 'id'>
  storageKey: string
  /** Without query and fragment; null for an upload. */
  sourceUrl: string | null
}

/** Filters that are undefined do not filter; `limit` is rows per page. */
export interface MediaFilter {
  kind?: MediaKind
  /** Found anywhere in the file name, letter case aside. */
  q?: string
  limit: number
  cursor?: string
}

/** One use of a file. `targetId` null: the post's own; `place` as in the CHECK of `post_media`. */
export interface MediaUse {
  targetId: string | null
  /** `media`, `thread.0`, `settings.thumbnail_media_id`. */
  place: string
  position: number
  mediaId: string
  altText: string | null
}

/** A use together with its file. */
export interface UsedMedia extends MediaUse {
  postId: string
  facts: MediaFacts
}

export type DeletedMedia =
  | { outcome: 'deleted'; storageKey: string }
  | { outcome: 'in_use'; postIds: string[] }
  | { outcome: 'not_found' }

/** Within the tenant of the transaction; undefined for other tenants' ids too. */
export async function getMedia(em: EntityManager, id: string): Promise<MediaAsset | undefined> {
  return (await em.findOne(MediaAsset, { id })) ?? undefined
}

/** Fact sheets by id; ids that the tenant does not have are missing. */
export async function getMediaFacts(
  em: EntityManager,
  ids: readonly string[],
): Promise<Map<string, MediaFacts>> {
  if (ids.length === 0) return new Map()
  const found = await em.find(MediaAsset, { id: { $in: [...new Set(ids)] } })
  return new Map(found.map((asset) => [asset.id, factsOf(asset)]))
}

/** Newest first. Throws InvalidCursor. */
export async function listMedia(
  em: EntityManager,
  { kind, q, cursor, limit }: MediaFilter,
): Promise<Page<MediaAsset>> {
  const where = allOf([
    kind && ['kind = ?', kind],
    q ? ['file_name ilike ?', containing(q)] : undefined,
    after(cursor === undefined ? undefined : decodeCursor(cursor)),
  ])
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at from media_assets
     where ${where.sql} order by created_at desc, id limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const found = await em.find(MediaAsset, { id: { $in: page.rows.map(({ id }) => id) } })
  const byId = new Map(found.map((asset) => [asset.id, asset]))
  return { data: page.rows.flatMap(({ id }) => byId.get(id) ?? []), nextCursor: page.next }
}

/**
 * Until the transaction ends, nobody else puts these bytes in place, adds their row or removes them:
 * without it an upload could find a file that a deletion is about to remove.
 */
export async function lockMediaFile(em: EntityManager, storageKey: string): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`media|${storageKey}`])
}

/** The row of these bytes, made unless the tenant has one; call it under `lockMediaFile`. */
export async function insertMedia(
  em: EntityManager,
  { tenantId, createdBy, facts, storageKey, sourceUrl }: NewMedia,
): Promise<{ asset: MediaAsset; isNew: boolean }> {
  const known = await em.findOne(MediaAsset, { sha256: facts.sha256 })
  if (known !== null) return { asset: known, isNew: false }
  const { kind, mimeType, bytes, sha256, fileName, width, height, durationMs, ...more } = facts
  const columns = { kind, mimeType, bytes, sha256, fileName, width, height, durationMs }
  const id = await em.insert(MediaAsset, {
    ...{ tenantId, createdBy, storageKey, sourceUrl },
    ...columns,
    facts: more,
  })
  return { asset: await em.findOneOrFail(MediaAsset, { id }), isNew: true }
}

/**
 * Removes the row unless a post that is not deleted uses it, whatever the post's state: published
 * posts still show their files. Deleted posts let go of them. The caller removes the file itself
 * once this is committed.
 */
export async function deleteMedia(em: EntityManager, id: string): Promise<DeletedMedia> {
  // With its lock: a post that is being written with this file waits, and then finds no row.
  const [row] = await em.execute<{ storage_key: string }[]>(
    'select storage_key from media_assets where id = ? for update',
    [id],
  )
  if (row === undefined) return { outcome: 'not_found' }
  await em.execute(
    `delete from post_media u using posts p
     where u.media_id = ? and p.tenant_id = u.tenant_id and p.id = u.post_id
       and p.deleted_at is not null`,
    [id],
  )
  const uses = await em.execute<{ id: string }[]>(
    'select distinct post_id as id from post_media where media_id = ? order by 1 limit 20',
    [id],
  )
  if (uses.length > 0) return { outcome: 'in_use', postIds: uses.map((use) => use.id) }
  await em.nativeDelete(MediaAsset, { id })
  return { outcome: 'deleted', storageKey: row.storage_key }
}

/** Whether no row names these bytes any more; call it under `lockMediaFile`. */
export async function isMediaFileFree(em: EntityManager, storageKey: string): Promise<boolean> {
  return (await em.count(MediaAsset, { storageKey })) === 0
}

/**
 * Makes these the uses of the post, its targets' included. An id that the tenant does not have
 * violates `post_media_media_foreign`.
 */
export async function replacePostMedia(
  em: EntityManager,
  { tenantId, postId }: { tenantId: string; postId: string },
  uses: readonly MediaUse[],
): Promise<void> {
  await em.nativeDelete(PostMedia, { tenantId, postId })
  if (uses.length === 0) return
  await em.insertMany(
    PostMedia,
    uses.map((use) => ({ tenantId, postId, ...use })),
  )
}

/** By post and in order; posts without media are missing. */
export async function mediaOfPosts(
  em: EntityManager,
  tenantId: string,
  postIds: readonly string[],
): Promise<Map<string, UsedMedia[]>> {
  if (postIds.length === 0) return new Map()
  const uses = await em.find(
    PostMedia,
    { tenantId, postId: { $in: [...postIds] } },
    { orderBy: { place: 'asc', position: 'asc' } },
  )
  const facts = await getMediaFacts(
    em,
    uses.map(({ mediaId }) => mediaId),
  )
  const used = uses.flatMap(({ postId, targetId, place, position, mediaId, altText }) => {
    const found = facts.get(mediaId)
    if (found === undefined) return []
    const use = { targetId: targetId ?? null, place, position, mediaId, altText: altText ?? null }
    return [{ postId, ...use, facts: found }]
  })
  return Map.groupBy(used, ({ postId }) => postId)
}

/** The fact sheet as the domain knows it: what is not known is absent. */
export function factsOf(asset: MediaAsset): MediaFacts {
  const { id, kind, mimeType, bytes, sha256, fileName, width, height, durationMs } = asset
  return {
    ...{ id, kind, mimeType, bytes, sha256, fileName },
    ...(width == null || height == null ? {} : { width, height }),
    ...(durationMs == null ? {} : { durationMs }),
    ...asset.facts,
  }
}
