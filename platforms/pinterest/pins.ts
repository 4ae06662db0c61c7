import { z } from 'zod'
import { rejected, transient } from '../../domain/failures.ts'
import type { PlatformHosts } from '../call.ts'
import type { Committed, Draft, Prepared } from '../connector.ts'
import type { MediaSource } from '../media.ts'
import { parseSettings } from '../settings.ts'
import { pinterestSettings } from './limits.ts'

/** https://developers.pinterest.com/docs/api/v5/pins-create/ */
export const pinSchema = z.object({ id: z.string().regex(/^\d+$/) })

/** What `prepare` keeps of a video. */
export const videoStateSchema = z.object({
  mediaId: z.string().min(1),
  uploaded: z.boolean(),
  ready: z.boolean(),
})

/** The body of a new Pin. Images go by address: Pinterest fetches them during the call. */
export function pinOf(
  draft: Draft,
  media: MediaSource,
  prepared: Prepared | undefined,
): Record<string, unknown> {
  const settings = parseSettings(pinterestSettings, draft.settings)
  const altText = settings.alt_text ?? draft.media[0]?.altText
  return {
    board_id: settings.board_id,
    ...(settings.board_section_id ? { board_section_id: settings.board_section_id } : {}),
    ...(settings.title ? { title: settings.title } : {}),
    ...(draft.text === '' ? {} : { description: draft.text }),
    ...(settings.link ? { link: settings.link } : {}),
    ...(altText ? { alt_text: altText } : {}),
    media_source: mediaSourceOf(draft, media, prepared),
  }
}

export function pinterestPost(hosts: PlatformHosts, id: string): Committed {
  const web = hosts.webBaseUrl ?? 'https://www.pinterest.com'
  return { platformPostId: id, permalink: `${web}/pin/${id}/` }
}

function mediaSourceOf(draft: Draft, media: MediaSource, prepared: Prepared | undefined) {
  const [first, ...others] = draft.media
  if (first === undefined) {
    throw rejected({ code: 'media_required', message: 'A Pin needs an image or a video.' })
  }
  if (first.kind === 'video') return videoSource(draft, media, prepared)
  if (others.length === 0) return { source_type: 'image_url', url: media.url(first) }
  const items = draft.media.map((file) => ({ url: media.url(file) }))
  return { source_type: 'multiple_image_urls', items, index: 0 }
}

/** A cover is mandatory: a picture of the author's, else a frame of the video. */
function videoSource(draft: Draft, media: MediaSource, prepared: Prepared | undefined) {
  const state = videoStateSchema.safeParse(prepared?.state)
  if (!state.success || !state.data.ready) {
    const message = 'The video is not at Pinterest yet; it is uploaded anew.'
    throw transient({ code: 'pinterest_not_prepared', message, startOver: true })
  }
  const cover = draft.attached.cover_media_id
  const frame = draft.settings.cover_image_key_frame_time ?? 0
  return {
    source_type: 'video_id',
    media_id: state.data.mediaId,
    ...(cover ? { cover_image_url: media.url(cover) } : { cover_image_key_frame_time: frame }),
  }
}
