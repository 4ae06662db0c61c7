import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

/** https://support.reddithelp.com/hc/en-us/articles/360060422572 and the API's TOO_LONG */
const MAX_TITLE = 300
/** https://support.reddithelp.com/hc/en-us/articles/360060422572-How-do-I-post-a-gallery */
const MAX_GALLERY = 20

export const REDDIT_LIMITS: Limits = {
  maxTextLength: 40_000,
  textUnit: 'characters',
  source: 'https://www.reddit.com/dev/api/#POST_api_submit',
  maxMedia: MAX_GALLERY,
  maxFirstCommentLength: 10_000,
}

const IMAGE_RULES: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png', 'image/gif'],
  maxBytes: 20_000_000,
  source: 'https://support.reddithelp.com/hc/en-us/articles/360060422572',
}

const VIDEO_RULES: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxBytes: 1_000_000_000,
  maxDurationMs: 15 * 60_000,
  source: 'https://support.reddithelp.com/hc/en-us/articles/360060422612',
}

const POSTER_RULES: FileRules = { ...IMAGE_RULES, mimeTypes: ['image/jpeg', 'image/png'] }

/** https://www.reddit.com/dev/api/#POST_api_submit */
export const redditSettings = z.strictObject({
  subreddit: z
    .string()
    .regex(/^(\/?(r|u|user)\/)?[A-Za-z0-9_-]{2,40}\/?$/, 'it must be the name of a subreddit'),
  title: z.string().min(1),
  link: z.url({ protocol: /^https?$/, error: 'it must be a web address' }).optional(),
  flair_id: z.string().min(1).optional(),
  flair_text: z.string().min(1).max(64).optional(),
  nsfw: z.boolean().optional(),
  spoiler: z.boolean().optional(),
  sendreplies: z.boolean().optional(),
  /** The still picture of a video. */
  poster_media_id: z.uuid().optional(),
})

export type RedditSettings = z.output<typeof redditSettings>

export type RedditKind = 'self' | 'link' | 'image' | 'gallery' | 'video'

export function kindOf({ media, settings }: Pick<Content, 'media' | 'settings'>): RedditKind {
  if (media.length > 1) return 'gallery'
  if (media[0]?.kind === 'video') return 'video'
  if (media.length === 1) return 'image'
  return settings.link === undefined ? 'self' : 'link'
}

/** `r/name`, `/r/name/` and `name` are the same; a profile is the subreddit `u_name`. */
export function subredditOf({ subreddit }: Pick<RedditSettings, 'subreddit'>): string {
  const name = subreddit.replace(/^\/?(r|u|user)\//, '').replace(/\/$/, '')
  return /^\/?(u|user)\//.test(subreddit) ? `u_${name}` : name
}

export function validateReddit(content: Content): Finding[] {
  return [
    ...settingsFindings(content.settings),
    ...titleFindings(content.settings.title),
    ...textFindings(content.text),
    ...linkFindings(content),
    ...mediaFindings(content),
  ]
}

/** What is missing altogether gets words of its own. */
function settingsFindings(settings: Content['settings']): Finding[] {
  const own = new Set(['settings.title'])
  const findings: Finding[] = []
  if (settings.subreddit === undefined || settings.subreddit === '') {
    own.add('settings.subreddit')
    const message = 'Choose the subreddit that the post goes to, or u_name for a profile.'
    findings.push({ code: 'subreddit_required', path: 'settings.subreddit', message })
  }
  const others = checkSettings(redditSettings, settings)
  return [...findings, ...others.filter(({ path }) => !own.has(path))]
}

function titleFindings(title: unknown): Finding[] {
  const path = 'settings.title'
  if (typeof title !== 'string' || title.trim() === '') {
    const message = 'A Reddit post needs a title: give one in the settings.'
    return [{ code: 'title_required', path, message }]
  }
  const length = [...title].length
  if (length <= MAX_TITLE) return []
  const message = `The title counts ${length} characters on Reddit, ${length - MAX_TITLE} more than the ${MAX_TITLE} allowed.`
  return [{ code: 'title_too_long', path, message }]
}

function textFindings(text: string): Finding[] {
  const length = [...text].length
  const max = REDDIT_LIMITS.maxTextLength
  if (length <= max) return []
  const message = `The text counts ${length} characters on Reddit, ${length - max} more than the ${max} allowed.`
  return [{ code: 'text_too_long', path: 'content', message }]
}

function linkFindings({ media, settings }: Content): Finding[] {
  if (settings.link === undefined || media.length === 0) return []
  const message = 'A Reddit post is either a link or files. Leave out one of them.'
  return [{ code: 'link_with_media', path: 'settings.link', message }]
}

function mediaFindings(content: Content): Finding[] {
  const { media, attached } = content
  if (kindOf(content) === 'video') return videoFindings(media, attached.poster_media_id)
  if (media.length > 1 && media.some(({ kind }) => kind === 'video')) {
    const message = 'Reddit takes one video alone, or up to 20 pictures.'
    return [{ code: 'media_mix', path: 'media', message }]
  }
  const findings = media.flatMap((file, index) =>
    checkFile('Reddit', file, IMAGE_RULES, `media.${index}`),
  )
  if (media.length > MAX_GALLERY) {
    const message = `A gallery on Reddit has up to ${MAX_GALLERY} pictures; this one has ${media.length}.`
    findings.push({ code: 'too_many_media', path: 'media', message })
  }
  return findings
}

function videoFindings(media: readonly Media[], poster: Media | undefined): Finding[] {
  const path = 'settings.poster_media_id'
  const findings = media.flatMap((file) => checkFile('Reddit', file, VIDEO_RULES, 'media.0'))
  if (poster) return [...findings, ...checkFile('Reddit', poster, POSTER_RULES, path)]
  const message = 'Reddit wants a still picture with a video: name one as poster_media_id.'
  return [...findings, { code: 'poster_required', path, message }]
}
