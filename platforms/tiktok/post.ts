import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Draft, PublishCall, Warning } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { isPhotoPost, type TiktokSettings, tiktokSettings } from './limits.ts'
import { askTiktok } from './request.ts'

const creatorSchema = z.object({
  data: z.object({
    creator_username: z.string().optional(),
    privacy_level_options: z.array(z.string()).default([]),
    comment_disabled: z.boolean().default(false),
    duet_disabled: z.boolean().default(false),
    stitch_disabled: z.boolean().default(false),
    max_video_post_duration_sec: z.number().optional(),
  }),
})

export type Creator = z.output<typeof creatorSchema>['data']

/** TikTok fetches photos for up to an hour; the address outlives that. */
const PHOTO_URL_TTL_MS = 2 * 60 * 60_000

export function settingsOf(draft: Pick<Draft, 'settings'>): TiktokSettings {
  return parseSettings(tiktokSettings, draft.settings)
}

export function isInbox(draft: Pick<Draft, 'settings'>): boolean {
  return settingsOf(draft).post_mode === 'inbox'
}

/**
 * What the creator may do now, which TikTok wants asked before every direct post.
 * https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info (20 a minute)
 */
export async function readCreator(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Creator> {
  const request = { path: '/v2/post/publish/creator_info/query/', json: {} }
  const { data } = await askTiktok(hosts, request, creatorSchema, access, { call })
  assertAllowed(data, draft)
  return data
}

function assertAllowed(creator: Creator, draft: Draft): void {
  const { privacy_level } = settingsOf(draft)
  const { privacy_level_options: options, max_video_post_duration_sec: maxSeconds } = creator
  if (privacy_level !== undefined && !options.includes(privacy_level)) {
    throw rejected({
      code: 'tiktok_privacy_not_offered',
      message: `TikTok does not offer the privacy ${privacy_level} to this account. It offers: ${options.join(', ')}.`,
    })
  }
  const durationMs = draft.media[0]?.durationMs ?? 0
  if (maxSeconds !== undefined && durationMs > maxSeconds * 1000) {
    throw rejected({
      code: 'tiktok_duration',
      message: `The video lasts ${Math.ceil(durationMs / 1000)} s; TikTok allows this account ${maxSeconds} s.`,
    })
  }
}

/** What a creator has switched off stays off, whatever is asked. */
export function videoPostInfo(draft: Draft, creator: Creator): Record<string, unknown> {
  const settings = settingsOf(draft)
  return defined({
    ...sharedInfo(settings),
    title: draft.text || settings.title,
    disable_comment: settings.disable_comment === true || creator.comment_disabled,
    disable_duet: settings.disable_duet === true || creator.duet_disabled,
    disable_stitch: settings.disable_stitch === true || creator.stitch_disabled,
    video_cover_timestamp_ms: settings.video_cover_timestamp_ms,
    is_aigc: settings.is_aigc,
  })
}

/** https://developers.tiktok.com/doc/content-posting-api-reference-photo-post */
export function photoPost(draft: Draft, call: PublishCall): Record<string, unknown> {
  const settings = settingsOf(draft)
  const inbox = settings.post_mode === 'inbox'
  const words = { title: settings.title, description: draft.text || settings.description }
  const direct = {
    ...sharedInfo(settings),
    disable_comment: settings.disable_comment,
    auto_add_music: settings.auto_add_music,
  }
  return {
    post_mode: inbox ? 'MEDIA_UPLOAD' : 'DIRECT_POST',
    media_type: 'PHOTO',
    post_info: defined(inbox ? words : { ...words, ...direct }),
    source_info: {
      source: 'PULL_FROM_URL',
      photo_images: draft.media.map((photo) => call.media.url(photo, PHOTO_URL_TTL_MS)),
      photo_cover_index: settings.photo_cover_index ?? 0,
    },
  }
}

function sharedInfo(settings: TiktokSettings): Record<string, unknown> {
  return {
    privacy_level: settings.privacy_level,
    brand_content_toggle: settings.brand_content_toggle ?? false,
    brand_organic_toggle: settings.brand_organic_toggle ?? false,
  }
}

/** What was asked and TikTok has no place for. */
export function unusedWords(draft: Draft): Warning[] {
  const { title = '', description = '' } = settingsOf(draft)
  const warnings: Warning[] = []
  const isPhoto = isPhotoPost(draft.media)
  if (!isPhoto && isInbox(draft) && (draft.text || title)) {
    const message =
      'TikTok takes no caption with a video draft. Paste the text when you finish it in the app.'
    warnings.push({ code: 'tiktok_caption_not_sent', message })
  } else if (!isPhoto && draft.text && title && draft.text !== title) {
    const message = 'Videos on TikTok have one caption: the text was used, the title was not.'
    warnings.push({ code: 'tiktok_title_not_sent', message })
  }
  if (description && (!isPhoto || (draft.text && draft.text !== description))) {
    const message = 'The text was used, the description was not: TikTok has one place for both.'
    warnings.push({ code: 'tiktok_description_not_sent', message })
  }
  return warnings
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
