import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

const SOURCE = 'https://developers.google.com/youtube/v3/docs/videos#properties'

/** https://developers.google.com/youtube/v3/docs/videos#snippet.title */
const MAX_TITLE = 100
/** https://developers.google.com/youtube/v3/docs/videos#snippet.tags[] */
const MAX_TAGS = 500
/** https://support.google.com/youtube/answer/15424877: vertical or square, up to three minutes */
const MAX_SHORT_MS = 180_000

const DAY_MS = 24 * 60 * 60_000

export const YOUTUBE_LIMITS: Limits = {
  maxTextLength: 5000,
  textUnit: 'bytes',
  source: SOURCE,
  maxMedia: 1,
  maxFirstCommentLength: 10_000,
  caps: [
    {
      // Of the whole installation; a channel's own cap is not told.
      posts: 100,
      windowMs: DAY_MS,
      source: 'https://developers.google.com/youtube/v3/determine_quota_cost',
    },
  ],
}

/** https://support.google.com/youtube/troubleshooter/2888402 and .../answer/71673 (12 hours) */
const VIDEO_RULES: FileRules = {
  mimeTypes: [
    'video/mp4',
    'video/quicktime',
    'video/webm',
    'video/x-matroska',
    'video/mpeg',
    'video/x-msvideo',
    'video/vnd.avi',
    'video/3gpp',
    'video/x-flv',
    'video/x-ms-wmv',
    'video/x-ms-asf',
  ],
  maxBytes: 256_000_000_000,
  maxDurationMs: DAY_MS / 2,
  source: 'https://developers.google.com/youtube/v3/docs/videos/insert',
}

const THUMBNAIL_RULES: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png'],
  maxBytes: 2_000_000,
  source: 'https://developers.google.com/youtube/v3/docs/thumbnails/set',
}

/** https://developers.google.com/youtube/v3/docs/videos/insert; `publishAt` is never used. */
export const youtubeSettings = z.strictObject({
  title: z.string().min(1),
  /** `short` only promises that the file will be one: YouTube decides by its shape and length. */
  kind: z.enum(['video', 'short']).optional(),
  tags: z.array(z.string().min(1)).optional(),
  privacy_status: z.enum(['public', 'unlisted', 'private']).optional(),
  category_id: z
    .string()
    .regex(/^\d{1,4}$/, 'it must be the digits of a category')
    .optional(),
  made_for_kids: z.boolean().optional(),
  notify_subscribers: z.boolean().optional(),
  license: z.enum(['youtube', 'creativeCommon']).optional(),
  embeddable: z.boolean().optional(),
  public_stats_viewable: z.boolean().optional(),
  contains_synthetic_media: z.boolean().optional(),
  default_language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'it must be a language code such as “en”')
    .optional(),
  playlist_id: z
    .string()
    .regex(/^[\w-]{2,64}$/, 'it must be the id of a playlist')
    .optional(),
  thumbnail_media_id: z.uuid().optional(),
})

export function validateYoutube(content: Content): Finding[] {
  const { text, settings, media, attached } = content
  const { thumbnail_media_id: thumbnail } = attached
  return [
    ...settingsFindings(settings),
    ...titleFindings(settings.title),
    ...descriptionFindings(text),
    ...tagFindings(settings.tags),
    ...mediaFindings(media, settings.kind === 'short'),
    ...(thumbnail
      ? checkFile('YouTube', thumbnail, THUMBNAIL_RULES, 'settings.thumbnail_media_id')
      : []),
    ...commentFindings(content),
  ]
}

export function isShort({ width, height, durationMs }: Media): boolean {
  if (width === undefined || height === undefined || durationMs === undefined) return false
  return height >= width && durationMs <= MAX_SHORT_MS
}

/** A missing title gets words of its own below. */
function settingsFindings(settings: Content['settings']): Finding[] {
  const hasTitle = typeof settings.title === 'string' && settings.title !== ''
  const found = checkSettings(youtubeSettings, settings)
  return hasTitle ? found : found.filter(({ path }) => path !== 'settings.title')
}

function titleFindings(title: unknown): Finding[] {
  const path = 'settings.title'
  if (typeof title !== 'string' || title.trim() === '') {
    const message = 'A YouTube video needs a title: give one in the settings.'
    return [{ code: 'title_required', path, message }]
  }
  const findings = angleFindings(title, path, 'title')
  if (title.length > MAX_TITLE) {
    const message = `The title counts ${title.length} characters on YouTube, ${title.length - MAX_TITLE} more than the ${MAX_TITLE} allowed.`
    findings.push({ code: 'title_too_long', path, message })
  }
  return findings
}

function descriptionFindings(text: string): Finding[] {
  const findings = angleFindings(text, 'content', 'description')
  const bytes = Buffer.byteLength(text)
  const max = YOUTUBE_LIMITS.maxTextLength
  if (bytes > max) {
    const message = `The description counts ${bytes} bytes on YouTube, ${bytes - max} more than the ${max} allowed. Letters outside English and emoji count two to four.`
    findings.push({ code: 'text_too_long', path: 'content', message })
  }
  return findings
}

function angleFindings(text: string, path: string, what: string): Finding[] {
  if (!/[<>]/.test(text)) return []
  const message = `YouTube allows no < or > in the ${what}.`
  return [{ code: 'invalid_characters', path, message }]
}

/** Commas between tags and quotes around those with a space count too. */
function tagFindings(tags: unknown): Finding[] {
  if (!Array.isArray(tags)) return []
  const texts = tags.map(String)
  const letters = texts.map((tag) => tag.length + (tag.includes(' ') ? 2 : 0))
  const length = letters.reduce((sum, one) => sum + one, Math.max(0, texts.length - 1))
  const path = 'settings.tags'
  const findings = texts.flatMap((tag) => angleFindings(tag, path, 'tags')).slice(0, 1)
  if (length > MAX_TAGS) {
    const message = `The tags count ${length} characters on YouTube, more than the ${MAX_TAGS} allowed in all.`
    findings.push({ code: 'tags_too_long', path, message })
  }
  return findings
}

function mediaFindings(media: readonly Media[], asShort: boolean): Finding[] {
  const [file] = media
  if (file === undefined) {
    const message = 'YouTube takes no text alone from apps: add a video.'
    return [{ code: 'media_required', path: 'media', message }]
  }
  if (media.length > 1) {
    const message = `A YouTube post is one video; this one has ${media.length} files.`
    return [{ code: 'too_many_media', path: 'media', message }]
  }
  const findings = checkFile('YouTube', file, VIDEO_RULES, 'media.0')
  if (asShort && findings.length === 0 && !isShort(file)) {
    const message = `“${file.fileName}” will not be a Short: those are upright or square and last three minutes at most.`
    findings.push({ code: 'not_a_short', path: 'media.0', message })
  }
  return findings
}

/** https://support.google.com/youtube/answer/9706180: neither kind of video has comments. */
function commentFindings({ firstComment, settings }: Content): Finding[] {
  if (firstComment === undefined) return []
  const path = 'settings.first_comment'
  const isPrivate = settings.privacy_status === 'private'
  if (!isPrivate && settings.made_for_kids !== true) return []
  const what = isPrivate ? 'Private videos' : 'Videos made for kids'
  const message = `${what} have no comments on YouTube. Leave out the first comment.`
  return [{ code: 'first_comment_unsupported', path, message }]
}
