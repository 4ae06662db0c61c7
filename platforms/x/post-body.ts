import type { Draft, Warning } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { type XSettings, xSettings } from './settings.ts'
import type { XUpload } from './upload-state.ts'

/** The body of https://docs.x.com/x-api/posts/create-post for one part of a target. */
export function postBody(draft: Draft, uploads: readonly XUpload[]): Record<string, unknown> {
  const settings = parseSettings(xSettings, draft.settings)
  const parentId = parentOf(draft)
  const tagged = draft.role === 'post' ? settings.tagged_user_ids : undefined
  const media = {
    media_ids: uploads.map(({ id }) => id),
    ...(tagged ? { tagged_user_ids: tagged } : {}),
  }
  return {
    ...(draft.text.trim() === '' ? {} : { text: draft.text }),
    ...(parentId === undefined ? {} : { reply: { in_reply_to_tweet_id: parentId } }),
    ...(uploads.length > 0 ? { media } : {}),
    ...settingsOf(draft, settings),
  }
}

/** Disclosures hold for every part; the rest is about the conversation, which the post opens. */
function settingsOf(draft: Draft, settings: XSettings): Partial<XSettings> {
  const { made_with_ai, paid_partnership, in_reply_to_tweet_id: _reply, ...rest } = settings
  const { tagged_user_ids: _tagged, ...opening } = rest
  return {
    ...(made_with_ai === undefined ? {} : { made_with_ai }),
    ...(paid_partnership === undefined ? {} : { paid_partnership }),
    ...(draft.role === 'post' ? opening : {}),
  }
}

/** The post that a part answers: the part before it, or what settings name. */
export function parentOf(draft: Draft): string | undefined {
  if (draft.parent) return draft.parent.platformPostId
  const asked = draft.settings.in_reply_to_tweet_id
  return draft.role === 'post' && typeof asked === 'string' ? asked : undefined
}

export function quoteOf(draft: Draft): string | undefined {
  const asked = draft.settings.quote_tweet_id
  return draft.role === 'post' && typeof asked === 'string' ? asked : undefined
}

export function warningsOf({ media }: Draft): Warning[] {
  if (!media.some(({ kind, altText }) => kind === 'video' && altText)) return []
  const message = 'X takes no description of a video, so it was left out.'
  return [{ code: 'x_video_without_description', message }]
}
