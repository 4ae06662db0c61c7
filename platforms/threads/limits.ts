import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'
import { linksOf, threadsLength } from './text.ts'

/** Every limit below that cites nothing else. */
const SOURCE = 'https://developers.facebook.com/docs/threads/overview'
const DAY_MS = 24 * 60 * 60_000
const MAX_LENGTH = 500
/** https://developers.facebook.com/docs/threads/posts */
const MAX_LINKS = 5
const MAX_FILES = 20

export const THREADS_LIMITS: Limits = {
  maxTextLength: MAX_LENGTH,
  textUnit: 'characters',
  source: SOURCE,
  maxMedia: MAX_FILES,
  caps: [{ posts: 250, windowMs: DAY_MS, source: SOURCE }],
  // Threads knows no end of a chain; a thousand replies a day are allowed.
  maxThreadParts: 51,
  maxFirstCommentLength: MAX_LENGTH,
}

/** https://developers.facebook.com/docs/threads/reply-management */
const REPLY_CONTROL = [
  'everyone',
  'accounts_you_follow',
  'mentioned_only',
  'parent_post_author_only',
  'followers_only',
] as const

const option = z.string().min(1).max(25)

/** https://developers.facebook.com/docs/threads/posts */
export const threadsSettings = z.strictObject({
  reply_control: z.enum(REPLY_CONTROL).optional(),
  /** Left out, with a warning, where Threads does not let the account use any. */
  topic_tag: z
    .string()
    .regex(/^[^.&]{1,50}$/, 'it has 1 to 50 characters without “.” and “&”')
    .optional(),
  /** The card below a post without files. */
  link_attachment: z.url({ protocol: /^https?$/ }).optional(),
  /** A poll of 24 hours below a post without files. */
  poll_attachment: z
    .strictObject({
      option_a: option,
      option_b: option,
      option_c: option.optional(),
      option_d: option.optional(),
    })
    .optional(),
})

export type ThreadsSettings = z.output<typeof threadsSettings>

/** https://developers.facebook.com/docs/threads/overview */
const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png'],
  maxBytes: 8_000_000,
  minRatio: 0.1,
  maxRatio: 10,
  maxAltTextLength: 1000,
  source: 'https://developers.facebook.com/docs/threads/overview',
}

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime'],
  maxBytes: 1_000_000_000,
  maxWidth: 1920,
  maxDurationMs: 300_000,
  minFrameRate: 23,
  maxFrameRate: 60,
  videoCodecs: ['avc', 'hevc'],
  audioCodecs: ['aac'],
  maxAltTextLength: 1000,
  source: 'https://developers.facebook.com/docs/threads/overview',
}

export function validateThreads(content: Content): Finding[] {
  const parsed = threadsSettings.safeParse(content.settings)
  const settings = parsed.success ? parsed.data : {}
  const { text, media, thread, firstComment } = content
  return [
    ...checkSettings(threadsSettings, content.settings),
    ...partFindings({ text, media, link: settings.link_attachment }, 'content', 'media'),
    ...attachmentFindings(content, settings),
    ...thread.flatMap((part, index) => {
      const path = `settings.thread.${index}`
      return partFindings(part, `${path}.content`, `${path}.media`)
    }),
    ...(firstComment === undefined ? [] : textFindings(firstComment, 'settings.first_comment')),
  ]
}

interface PartContent {
  text: string
  media: readonly Media[]
  link?: string | undefined
}

function partFindings(
  { text, media, link }: PartContent,
  textPath: string,
  mediaPath: string,
): Finding[] {
  if (text.trim() === '' && media.length === 0) {
    const message = 'A post on Threads needs a text, a picture or a video.'
    return [{ code: 'empty_text', path: textPath, message }]
  }
  return [...textFindings(text, textPath, link), ...mediaFindings(media, mediaPath)]
}

function textFindings(text: string, path: string, link?: string): Finding[] {
  const found: Finding[] = []
  const length = threadsLength(text)
  if (length > MAX_LENGTH) {
    const message = `The text has ${length} characters as Threads counts them (an emoji counts as several); ${MAX_LENGTH} are allowed.`
    found.push({ code: 'text_too_long', path, message })
  }
  const links = new Set([...linksOf(text), ...(link ? [link] : [])]).size
  if (links > MAX_LINKS) {
    const message = `The post has ${links} different links; Threads allows ${MAX_LINKS}.`
    found.push({ code: 'too_many_links', path, message })
  }
  return found
}

function mediaFindings(media: readonly Media[], path: string): Finding[] {
  if (media.length > MAX_FILES) {
    const message = `A post on Threads has at most ${MAX_FILES} files; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  return media.flatMap((file, index) =>
    checkFile('Threads', file, file.kind === 'video' ? VIDEO : IMAGE, `${path}.${index}`),
  )
}

function attachmentFindings({ media }: Content, settings: ThreadsSettings): Finding[] {
  if (media.length === 0) return []
  return (['link_attachment', 'poll_attachment'] as const).flatMap((name) => {
    if (settings[name] === undefined) return []
    const what = name === 'link_attachment' ? 'a link card' : 'a poll'
    const message = `On Threads a post with files cannot have ${what} too. Remove one of them.`
    return [{ code: 'setting_unusable', path: `settings.${name}`, message }]
  })
}
