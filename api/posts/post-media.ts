import type { EntityManager } from '@mikro-orm/postgresql'
import type { MediaUse } from '../../db/repositories/media-assets.ts'
import { mediaOfPosts, replacePostMedia } from '../../db/repositories/media-assets.ts'
import type { MediaRef } from '../../platforms/registry.ts'
import { mediaOfSettings } from '../../platforms/registry.ts'

/** A target as far as it names files. */
interface TargetSettings {
  id: string
  settings: Readonly<Record<string, unknown>>
}

/** Keeps which files the post and its targets use, so that none of them can be deleted. */
export async function keepPostMedia(
  em: EntityManager,
  ids: { tenantId: string; postId: string },
  media: readonly MediaRef[],
  targets: readonly TargetSettings[],
): Promise<void> {
  const shared = media.map((ref, position) => useOf(null, 'media', position, ref))
  const own = targets.flatMap(({ id, settings }) =>
    mediaOfSettings(settings).map(({ place, ...ref }, position) => useOf(id, place, position, ref)),
  )
  await replacePostMedia(em, ids, [...shared, ...own])
}

/** The files that all targets of a post share, in the order shown. */
export async function sharedMedia(
  em: EntityManager,
  { tenantId, postId }: { tenantId: string; postId: string },
): Promise<MediaRef[]> {
  const uses = (await mediaOfPosts(em, tenantId, [postId])).get(postId) ?? []
  return uses
    .filter(({ targetId, place }) => targetId === null && place === 'media')
    .map(({ mediaId, altText }) => ({
      media_id: mediaId,
      ...(altText === null ? {} : { alt_text: altText }),
    }))
}

function useOf(
  targetId: string | null,
  place: string,
  position: number,
  { media_id: mediaId, alt_text }: MediaRef,
): MediaUse {
  return { targetId, place, position, mediaId, altText: alt_text ?? null }
}
