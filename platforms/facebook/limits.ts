import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

/** Every limit below that cites nothing else. */
const SOURCE = 'https://developers.facebook.com/docs/pages-api/posts'
const MAX_LENGTH = 63_206
const MAX_PHOTOS = 10

export const FACEBOOK_LIMITS: Limits = {
  maxTextLength: MAX_LENGTH,
  textUnit: 'characters',
  source: SOURCE,
  maxMedia: MAX_PHOTOS,
  // Not documented for apps: what Facebook's own comment field takes.
  maxFirstCommentLength: 8000,
}

/** https://developers.facebook.com/docs/pages-api/posts */
export const facebookSettings = z.strictObject({
  kind: z.enum(['feed', 'reel', 'story']).optional(),
  /** The card below a post without files. */
  link: z.url({ protocol: /^https?$/ }).optional(),
  /** Of a video or reel. */
  title: z.string().min(1).max(255).optional(),
})

export type FacebookSettings = z.output<typeof facebookSettings>

/** https://developers.facebook.com/docs/graph-api/reference/page/photos */
const PHOTO: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/tiff'],
  maxBytes: 10_000_000,
  source: 'https://developers.facebook.com/docs/graph-api/reference/page/photos',
}

/** https://developers.facebook.com/docs/page-stories-api */
const STORY_PHOTO: FileRules = { ...PHOTO, maxBytes: 4_000_000 }

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxBytes: 10_000_000_000,
  maxDurationMs: 4 * 60 * 60_000,
  source: 'https://developers.facebook.com/docs/video-api/guides/publishing',
}

const REEL: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  minWidth: 540,
  minHeight: 960,
  minRatio: 9 / 16,
  maxRatio: 9 / 16,
  minDurationMs: 3_000,
  maxDurationMs: 90_000,
  minFrameRate: 24,
  maxFrameRate: 60,
  source: 'https://developers.facebook.com/docs/video-api/guides/reels-publishing',
}

const STORY_VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxDurationMs: 60_000,
  source: 'https://developers.facebook.com/docs/page-stories-api',
}

export function validateFacebook(content: Content): Finding[] {
  const parsed = facebookSettings.safeParse(content.settings)
  const settings = parsed.success ? parsed.data : {}
  return [
    ...checkSettings(facebookSettings, content.settings),
    ...textFindings(content, settings),
    ...mediaFindings(content, settings),
    ...settingFindings(content, settings),
  ]
}

function textFindings({ text, media }: Content, { kind, link }: FacebookSettings): Finding[] {
  const length = [...text].length
  if (length > MAX_LENGTH) {
    const message = `The text has ${length} characters; Facebook allows ${MAX_LENGTH}.`
    return [{ code: 'text_too_long', path: 'content', message }]
  }
  const isEmpty = text.trim() === '' && media.length === 0 && link === undefined
  if (!isEmpty || kind === 'reel' || kind === 'story') return []
  const message = 'A post on Facebook needs a text, a link, a picture or a video.'
  return [{ code: 'empty_text', path: 'content', message }]
}

function mediaFindings({ media }: Content, { kind = 'feed' }: FacebookSettings): Finding[] {
  return kind === 'feed' ? feedFindings(media) : singleFindings(media, kind)
}

function feedFindings(media: readonly Media[]): Finding[] {
  const path = 'media'
  const videos = media.filter((file) => file.kind === 'video').length
  if (videos > 0 && media.length > 1) {
    const message = 'A post on Facebook has pictures or one video, not both and not several.'
    return [{ code: 'mixed_media', path, message }]
  }
  if (media.length > MAX_PHOTOS) {
    const message = `An album on Facebook has at most ${MAX_PHOTOS} pictures; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  return media.flatMap((file, index) =>
    checkFile('Facebook', file, file.kind === 'video' ? VIDEO : PHOTO, `media.${index}`),
  )
}

function singleFindings(media: readonly Media[], kind: 'reel' | 'story'): Finding[] {
  const [file] = media
  const path = 'media'
  if (file === undefined) {
    const message = `A ${kind} on Facebook needs a ${kind === 'reel' ? 'video' : 'picture or video'}.`
    return [{ code: 'media_required', path, message }]
  }
  if (media.length > 1) {
    const message = `A ${kind} on Facebook has one file; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  if (kind === 'reel' && file.kind !== 'video') {
    const message = 'A reel on Facebook is a video. Choose one, or post to the feed.'
    return [{ code: 'video_required', path: 'media.0', message }]
  }
  const storyRules = file.kind === 'video' ? STORY_VIDEO : STORY_PHOTO
  return checkFile('Facebook', file, kind === 'reel' ? REEL : storyRules, 'media.0')
}

function settingFindings(content: Content, settings: FacebookSettings): Finding[] {
  const { kind = 'feed', link, title } = settings
  const { media } = content
  const found: Finding[] = []
  if (link !== undefined && (media.length > 0 || kind !== 'feed')) {
    const message = 'On Facebook a post with files has no link card. Put the link into the text.'
    found.push({ code: 'setting_unusable', path: 'settings.link', message })
  }
  if (title !== undefined && (media[0]?.kind !== 'video' || kind === 'story')) {
    const message = '“title” is a setting of videos and reels on Facebook.'
    found.push({ code: 'setting_unusable', path: 'settings.title', message })
  }
  if (kind === 'story' && content.firstComment !== undefined) {
    const message = 'Stories on Facebook have no comments.'
    const path = 'settings.first_comment'
    found.push({ code: 'first_comment_unsupported', path, message })
  }
  return found
}
