import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

const DAY_MS = 24 * 60 * 60_000
/** Every limit below that cites nothing else. */
const SOURCE =
  'https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media'

/** Most files of a carousel. */
const MAX_FILES = 10
const MAX_HASHTAGS = 30
const MAX_MENTIONS = 20

export const INSTAGRAM_LIMITS: Limits = {
  maxTextLength: 2200,
  textUnit: 'characters',
  source: SOURCE,
  maxMedia: MAX_FILES,
  // Accounts may have less: `content_publishing_limit` is asked before each post.
  caps: [
    {
      posts: 100,
      windowMs: DAY_MS,
      source:
        'https://developers.facebook.com/docs/instagram-platform/content-publishing#rate-limit',
    },
  ],
  maxFirstCommentLength: 2200,
}

const username = z.string().regex(/^@?[\w.]{1,30}$/, 'a user name is expected')
const share = z.number().min(0).max(1)

/** https://developers.facebook.com/docs/instagram-platform/content-publishing */
export const instagramSettings = z.strictObject({
  /** A single video in the feed is a reel that the feed shows too. */
  kind: z.enum(['feed', 'reel', 'story']).optional(),
  share_to_feed: z.boolean().optional(),
  /** Milliseconds from the start of the reel. */
  thumb_offset: z.number().int().min(0).optional(),
  cover_media_id: z.uuid().optional(),
  audio_name: z.string().min(1).max(200).optional(),
  /** Id of a Page with a place. */
  location_id: z
    .string()
    .regex(/^\d{1,30}$/)
    .optional(),
  collaborators: z.array(username).max(3).optional(),
  /** `x` and `y` from the top left, 0 to 1; `media_index` counts a carousel's files from 0. */
  user_tags: z
    .array(
      z.strictObject({
        username,
        x: share.optional(),
        y: share.optional(),
        media_index: z.number().int().min(0).max(MAX_FILES).optional(),
      }),
    )
    .max(20)
    .optional(),
})

export type InstagramSettings = z.output<typeof instagramSettings>

const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg'],
  maxBytes: 8_000_000,
  maxAltTextLength: 1000,
  source: SOURCE,
}
const FEED_IMAGE: FileRules = { ...IMAGE, minRatio: 4 / 5, maxRatio: 1.91 }
const REEL: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxBytes: 300_000_000,
  maxWidth: 1920,
  minRatio: 0.01,
  maxRatio: 10,
  minDurationMs: 3_000,
  maxDurationMs: 15 * 60_000,
  minFrameRate: 23,
  maxFrameRate: 60,
  videoCodecs: ['avc', 'hevc'],
  audioCodecs: ['aac'],
  source: SOURCE,
}
const STORY_VIDEO: FileRules = { ...REEL, maxBytes: 100_000_000, maxDurationMs: 60_000 }

export function validateInstagram(content: Content): Finding[] {
  const parsed = instagramSettings.safeParse(content.settings)
  const settings = parsed.success ? parsed.data : {}
  return [
    ...checkSettings(instagramSettings, content.settings),
    ...(settings.kind === 'story' ? [] : captionFindings(content.text)),
    ...mediaFindings(content, settings),
    ...reelFindings(content, settings),
    ...tagFindings(content, settings),
    ...(settings.kind === 'story' ? storyFindings(content, settings) : []),
  ]
}

function captionFindings(text: string): Finding[] {
  const found = [
    tooMany('text_too_long', 'characters', [...text].length, INSTAGRAM_LIMITS.maxTextLength),
    tooMany('too_many_hashtags', 'hashtags', count(text, /#[\p{L}\p{N}_]+/gu), MAX_HASHTAGS),
    tooMany('too_many_mentions', 'mentions', count(text, /@[\w.]+/g), MAX_MENTIONS),
  ]
  return found.flat()
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

function tooMany(code: string, what: string, has: number, most: number): Finding[] {
  if (has <= most) return []
  const message = `The caption has ${has} ${what}; Instagram allows ${most}.`
  return [{ code, path: 'content', message }]
}

function mediaFindings({ media }: Content, { kind = 'feed' }: InstagramSettings): Finding[] {
  const path = 'media'
  if (media.length === 0) {
    const message = 'Instagram has no posts without a picture or video. Add one.'
    return [{ code: 'media_required', path, message }]
  }
  const most = kind === 'feed' ? MAX_FILES : 1
  if (media.length > most) {
    const name = kind === 'feed' ? 'carousel' : kind
    const message = `A ${name} on Instagram has at most ${most === 1 ? 'one file' : `${most} files`}; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  if (kind === 'reel' && media[0]?.kind !== 'video') {
    const message = 'A reel on Instagram is a video. Choose one, or post to the feed.'
    return [{ code: 'video_required', path: 'media.0', message }]
  }
  return media.flatMap((file, index) =>
    checkFile('Instagram', file, rulesOf(file, kind), `media.${index}`),
  )
}

function rulesOf(file: Media, kind: 'feed' | 'reel' | 'story'): FileRules {
  if (file.kind === 'video') return kind === 'story' ? STORY_VIDEO : REEL
  return kind === 'story' ? IMAGE : FEED_IMAGE
}

/** A single video that is no story. */
export function isReel(media: readonly Media[], { kind }: InstagramSettings): boolean {
  return kind !== 'story' && media.length === 1 && media[0]?.kind === 'video'
}

const REEL_ONLY = ['share_to_feed', 'thumb_offset', 'cover_media_id', 'audio_name'] as const

function reelFindings({ media, attached }: Content, settings: InstagramSettings): Finding[] {
  if (!isReel(media, settings)) {
    return REEL_ONLY.flatMap((name) => unusable(settings, name, 'reels alone'))
  }
  const { thumb_offset: offsetMs = 0 } = settings
  const cover = attached.cover_media_id
  const path = 'settings.cover_media_id'
  const wrong = cover ? checkFile('Instagram', cover, IMAGE, path) : []
  if (offsetMs <= (media[0]?.durationMs ?? Infinity)) return wrong
  const message = 'The moment of the cover lies behind the end of the video.'
  return [...wrong, { code: 'cover_after_end', path: 'settings.thumb_offset', message }]
}

function unusable(settings: object, name: string, of: string): Finding[] {
  if (!(name in settings)) return []
  const message = `“${name}” is a setting of ${of} on Instagram.`
  return [{ code: 'setting_unusable', path: `settings.${name}`, message }]
}

function tagFindings({ media }: Content, { user_tags: tags = [] }: InstagramSettings): Finding[] {
  return tags.flatMap(({ x, y, media_index: at = 0 }, index) => {
    const path = `settings.user_tags.${index}`
    const file = media[at]
    if (file === undefined && media.length > 0) {
      return [{ code: 'tag_without_media', path, message: `There is no file ${at + 1} to tag.` }]
    }
    if (file === undefined || file.kind === 'video') return []
    if (x !== undefined && y !== undefined) return []
    const message = 'A tag on a picture needs its place: x and y, each from 0 to 1.'
    return [{ code: 'tag_without_place', path, message }]
  })
}

function storyFindings(content: Content, settings: InstagramSettings): Finding[] {
  const found = ['location_id', 'collaborators'].flatMap((name) =>
    unusable(settings, name, 'posts and reels'),
  )
  if (content.firstComment === undefined) return found
  const message = 'Stories on Instagram have no comments.'
  const path = 'settings.first_comment'
  return [...found, { code: 'first_comment_unsupported', path, message }]
}
