import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'
import { fromLittleText, toLittleText } from './little-text.ts'
import { linkedinSettings } from './settings.ts'

const SHARES = 'https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares'

export const LINKEDIN_LIMITS: Limits = {
  maxTextLength: 3000,
  textUnit: 'utf16',
  source: `${SHARES}/posts-api`,
  maxMedia: 20,
  /** https://www.linkedin.com/help/linkedin/answer/a522537 */
  maxFirstCommentLength: 1250,
}

const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png', 'image/gif'],
  maxPixels: 36_152_320,
  maxFrames: 250,
  maxAltTextLength: 4086,
  source: `${SHARES}/images-api`,
}

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4'],
  minBytes: 75_000,
  maxBytes: 500_000_000,
  minDurationMs: 3_000,
  maxDurationMs: 30 * 60_000,
  source: `${SHARES}/videos-api`,
}

const OFFICE = 'application/vnd.openxmlformats-officedocument'
const DOCUMENT: FileRules = {
  mimeTypes: [
    'application/pdf',
    'application/msword',
    'application/vnd.ms-powerpoint',
    `${OFFICE}.wordprocessingml.document`,
    `${OFFICE}.presentationml.presentation`,
  ],
  maxBytes: 100_000_000,
  maxPages: 300,
  source: `${SHARES}/documents-api`,
}

const RULES: Record<Media['kind'], FileRules> = {
  image: IMAGE,
  gif: IMAGE,
  video: VIDEO,
  document: DOCUMENT,
}

export function validateLinkedin(content: Content): Finding[] {
  return [
    ...textFindings(content),
    ...mediaFindings(content.media),
    ...attachmentFindings(content),
    ...checkSettings(linkedinSettings, content.settings),
  ]
}

function textFindings({ text, media, settings }: Content): Finding[] {
  const path = 'content'
  const hasMore = media.length > 0 || settings.link !== undefined || settings.poll !== undefined
  if (text.trim() === '' && !hasMore) {
    return [{ code: 'empty_text', path, message: 'The post has no text.' }]
  }
  const findings: Finding[] = []
  // As readers see it: LinkedIn counts the name of a mention and no escapes.
  const { length } = fromLittleText(toLittleText(text))
  const max = LINKEDIN_LIMITS.maxTextLength
  if (length > max) {
    const message = `The text counts ${length} on LinkedIn, ${length - max} more than the ${max} allowed.`
    findings.push({ code: 'text_too_long', path, message })
  }
  if (!text.isWellFormed() || text.includes('\0')) {
    const message = 'The text holds broken characters.'
    findings.push({ code: 'invalid_characters', path, message })
  }
  return findings
}

function mediaFindings(media: readonly Media[]): Finding[] {
  const path = 'media'
  const isAlbum = media.every(({ kind }) => kind === 'image' || kind === 'gif')
  if (media.length > 1 && !isAlbum) {
    const message = 'A LinkedIn post shows images, or one video, or one document.'
    return [{ code: 'media_mix', path, message }]
  }
  const max = LINKEDIN_LIMITS.maxMedia ?? 0
  if (media.length > max) {
    const message = `A LinkedIn post shows at most ${max} images; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  return media.flatMap((file, index) =>
    checkFile('LinkedIn', file, RULES[file.kind], `${path}.${index}`),
  )
}

/** A post holds one thing besides its text. */
function attachmentFindings({ media, settings, attached }: Content): Finding[] {
  const findings: Finding[] = []
  const add = (code: string, name: string, message: string) =>
    findings.push({ code, path: `settings.${name}`, message })
  const isDocument = media[0]?.kind === 'document'
  if (isDocument && settings.title === undefined) {
    add('title_required', 'title', 'A document needs a title on LinkedIn.')
  }
  if (!isDocument && settings.title !== undefined) {
    add('title_unused', 'title', 'Only a document has a title on LinkedIn.')
  }
  if (settings.link !== undefined && media.length > 0) {
    add('link_with_media', 'link', 'A LinkedIn post shows a link card or files, not both.')
  }
  if (settings.poll !== undefined && (media.length > 0 || settings.link !== undefined)) {
    add('poll_with_media', 'poll', 'A LinkedIn poll stands alone, without files and link card.')
  }
  if (settings.thumbnail_media_id !== undefined && settings.link === undefined) {
    add('thumbnail_unused', 'thumbnail_media_id', 'This picture belongs to a link; give the link.')
  }
  const thumbnail = attached.thumbnail_media_id
  if (thumbnail === undefined) return findings
  return [...findings, ...checkFile('LinkedIn', thumbnail, IMAGE, 'settings.thumbnail_media_id')]
}
