import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

const MEDIA_SOURCE = 'https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide'
const POST_SOURCE = 'https://developers.tiktok.com/doc/content-posting-api-reference-direct-post'
const PHOTO_SOURCE = 'https://developers.tiktok.com/doc/content-posting-api-reference-photo-post'

/** https://developers.tiktok.com/doc/content-posting-api-reference-photo-post, in UTF-16 units */
const MAX_PHOTO_TITLE = 90
const MAX_PHOTO_DESCRIPTION = 4000
const MAX_PHOTOS = 35

/** Captions of videos count 2,200 UTF-16 units; about 15 posts a day over all apps of a creator. */
export const TIKTOK_LIMITS: Limits = {
  maxTextLength: 2200,
  textUnit: 'utf16',
  source: POST_SOURCE,
  maxMedia: MAX_PHOTOS,
  caps: [
    {
      posts: 15,
      windowMs: 24 * 60 * 60_000,
      source: 'https://developers.tiktok.com/doc/content-sharing-guidelines',
    },
  ],
}

const VIDEO_RULES: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime', 'video/webm'],
  maxBytes: 4_000_000_000,
  minWidth: 360,
  maxWidth: 4096,
  minHeight: 360,
  maxHeight: 4096,
  maxDurationMs: 600_000,
  minFrameRate: 23,
  maxFrameRate: 60,
  videoCodecs: ['avc', 'hevc', 'vp8', 'vp9'],
  source: MEDIA_SOURCE,
}

/** 1080p, either way up. */
function photoRules({ width = 0, height = 0 }: Media): FileRules {
  const isUpright = height > width
  return {
    mimeTypes: ['image/jpeg', 'image/webp'],
    maxBytes: 20_000_000,
    maxWidth: isUpright ? 1080 : 1920,
    maxHeight: isUpright ? 1920 : 1080,
    source: MEDIA_SOURCE,
  }
}

/** https://developers.tiktok.com/doc/content-posting-api-reference-direct-post */
export const tiktokSettings = z.strictObject({
  /** `inbox`: a draft that the creator finishes in the app. */
  post_mode: z.enum(['direct', 'inbox']).optional(),
  privacy_level: z
    .enum(['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'FOLLOWER_OF_CREATOR', 'SELF_ONLY'])
    .optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  disable_comment: z.boolean().optional(),
  disable_duet: z.boolean().optional(),
  disable_stitch: z.boolean().optional(),
  brand_content_toggle: z.boolean().optional(),
  brand_organic_toggle: z.boolean().optional(),
  is_aigc: z.boolean().optional(),
  auto_add_music: z.boolean().optional(),
  photo_cover_index: z.int().min(0).optional(),
  video_cover_timestamp_ms: z.int().min(0).optional(),
})

export type TiktokSettings = z.output<typeof tiktokSettings>

export function isPhotoPost(media: readonly Media[]): boolean {
  return media[0]?.kind === 'image'
}

export function validateTiktok({ text, settings, media }: Content): Finding[] {
  const parsed = tiktokSettings.safeParse(settings)
  const known = parsed.success ? parsed.data : {}
  return [
    ...checkSettings(tiktokSettings, settings),
    ...mediaFindings(media),
    ...textFindings(text, known, isPhotoPost(media)),
    ...privacyFindings(known),
    ...coverFindings(known, media),
  ]
}

function mediaFindings(media: readonly Media[]): Finding[] {
  if (media.length === 0) {
    const message = 'TikTok takes no text alone: add a video or photos.'
    return [{ code: 'media_required', path: 'media', message }]
  }
  if (isPhotoPost(media)) return photoFindings(media)
  if (media.length > 1) {
    const message = 'TikTok takes one video alone, or up to 35 photos.'
    return [{ code: 'media_mix', path: 'media', message }]
  }
  return media.flatMap((file) => checkFile('TikTok', file, VIDEO_RULES, 'media.0'))
}

function photoFindings(media: readonly Media[]): Finding[] {
  const findings: Finding[] = []
  if (media.some(({ kind }) => kind === 'video')) {
    const message = 'TikTok takes no mix of photos and videos in one post.'
    return [{ code: 'media_mix', path: 'media', message }]
  }
  if (media.length > MAX_PHOTOS) {
    const message = `TikTok takes up to ${MAX_PHOTOS} photos; this post has ${media.length}.`
    findings.push({ code: 'too_many_media', path: 'media', message })
  }
  media.forEach((file, index) => {
    findings.push(...checkFile('TikTok', file, photoRules(file), `media.${index}`))
  })
  return findings
}

function textFindings(text: string, settings: TiktokSettings, isPhoto: boolean): Finding[] {
  const { title = '', description = '' } = settings
  if (!isPhoto) {
    const path = text === '' ? 'settings.title' : 'content'
    return tooLong(text || title, TIKTOK_LIMITS.maxTextLength, path, 'caption of a video')
  }
  const path = text === '' ? 'settings.description' : 'content'
  return [
    ...tooLong(title, MAX_PHOTO_TITLE, 'settings.title', 'title of photos'),
    ...tooLong(text || description, MAX_PHOTO_DESCRIPTION, path, 'text of photos'),
  ]
}

function tooLong(text: string, max: number, path: string, what: string): Finding[] {
  if (text.length <= max) return []
  const message = `The ${what} counts ${text.length} characters on TikTok, ${text.length - max} more than the ${max} allowed.`
  return [{ code: 'text_too_long', path, message }]
}

/** The choice is the creator's: https://developers.tiktok.com/doc/content-sharing-guidelines */
function privacyFindings(settings: TiktokSettings): Finding[] {
  if (settings.post_mode === 'inbox') return []
  const path = 'settings.privacy_level'
  if (settings.privacy_level === undefined) {
    const message =
      'Choose who may see the post (privacy_level): TikTok allows apps no choice of their own.'
    return [{ code: 'privacy_required', path, message }]
  }
  if (settings.brand_content_toggle && settings.privacy_level === 'SELF_ONLY') {
    const message = 'Paid partnerships cannot be private on TikTok. Choose another privacy_level.'
    return [{ code: 'branded_content_private', path, message }]
  }
  return []
}

function coverFindings(settings: TiktokSettings, media: readonly Media[]): Finding[] {
  const findings: Finding[] = []
  const [file] = media
  if (isPhotoPost(media)) {
    if ((settings.photo_cover_index ?? 0) >= media.length) {
      const message = `There is no photo ${settings.photo_cover_index}; the first is 0.`
      findings.push({ code: 'invalid_setting', path: 'settings.photo_cover_index', message })
    }
    if (settings.is_aigc) {
      const message = `TikTok lets apps mark only videos as made by AI (${PHOTO_SOURCE}).`
      findings.push({ code: 'setting_not_applicable', path: 'settings.is_aigc', message })
    }
  } else if ((settings.video_cover_timestamp_ms ?? 0) > (file?.durationMs ?? Infinity)) {
    const message = 'The cover lies behind the end of the video.'
    findings.push({ code: 'invalid_setting', path: 'settings.video_cover_timestamp_ms', message })
  }
  return findings
}
