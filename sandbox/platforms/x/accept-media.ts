import { Refusal } from '../../http/answer.ts'
import { invalidRequest } from './errors.ts'
import { kindOf } from './media-rules.ts'
import type { XMedia, XStore } from './store.ts'

const MAX_PHOTOS = 4

/**
 * The files of a post: its author's own, processed, and 4 photos or 1 GIF or 1 video.
 * https://docs.x.com/x-api/posts/create-post
 */
export function acceptMedia(
  store: XStore,
  { ids, authorId, nowMs }: { ids: readonly string[]; authorId: string; nowMs: number },
): XMedia[] {
  const media = ids.flatMap((id) => store.media.get(id) ?? [])
  const usable = media.filter(
    (one) =>
      one.owner === authorId &&
      one.expires_at_ms > nowMs &&
      one.category.startsWith('dm_') === false &&
      (one.state === 'ready' || one.state === 'succeeded'),
  )
  if (usable.length < ids.length || new Set(ids).size < ids.length) {
    throw refuse('Your media IDs are invalid.', ids)
  }
  const photos = media.filter((one) => kindOf(one.category) === 'photo').length
  const isMixed = photos !== media.length && media.length > 1
  if (isMixed || photos > MAX_PHOTOS) {
    throw refuse('Posts can have up to 4 photos, or 1 video, or 1 GIF.', ids)
  }
  // What a post holds stays for as long as the post.
  for (const one of media) one.expires_at_ms = Number.MAX_SAFE_INTEGER
  return media
}

function refuse(message: string, ids: readonly string[]): Refusal {
  return new Refusal(invalidRequest(message, { 'media.media_ids': [...ids] }))
}
