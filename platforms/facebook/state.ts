import { z } from 'zod'
import type { Committed, Draft, Prepared } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { type FacebookSettings, facebookSettings } from './limits.ts'

const videoSchema = z.object({
  videoId: z.string(),
  /** Of videos in the feed, which are sent in parts. */
  sessionId: z.string().optional(),
  /** Bytes that Facebook has confirmed. */
  offset: z.number().default(0),
  /** How much Facebook took at a time when it last said. */
  partBytes: z.number().optional(),
  /** An earlier try turned out to have published it. */
  finished: z.boolean().optional(),
})

const stateSchema = z.object({
  /** Unpublished, in the order of the files. */
  photos: z.array(z.string()).default([]),
  video: videoSchema.optional(),
})

export type VideoState = z.output<typeof videoSchema>
export type PageState = z.output<typeof stateSchema>

export function readState(prepared: Prepared | undefined): PageState {
  return stateSchema.parse(prepared?.state ?? {})
}

/** Every form of post has calls of its own. */
export type PostForm = 'comment' | 'feed' | 'video' | 'reel' | 'photo_story' | 'video_story'

export function formOf(draft: Draft): PostForm {
  if (draft.role === 'comment') return 'comment'
  const { kind = 'feed' } = settingsOf(draft)
  const isVideo = draft.media[0]?.kind === 'video'
  if (kind === 'reel') return 'reel'
  if (kind === 'story') return isVideo ? 'video_story' : 'photo_story'
  return isVideo ? 'video' : 'feed'
}

export function settingsOf(draft: Draft): FacebookSettings {
  return parseSettings(facebookSettings, draft.settings)
}

/** Stories have no text of their own. */
export function storyNotes(draft: Draft): Pick<Committed, 'warnings'> {
  if (draft.text === '' || settingsOf(draft).kind !== 'story') return {}
  const message = 'Stories on Facebook have no text: it was published without.'
  return { warnings: [{ code: 'facebook_story_without_text', message }] }
}
