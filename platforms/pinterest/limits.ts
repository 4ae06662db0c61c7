import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'

const PINS_CREATE = 'https://developers.pinterest.com/docs/api/v5/pins-create/'
const PRODUCT_SPECS = 'https://help.pinterest.com/en/business/article/pinterest-product-specs'

export const PINTEREST_LIMITS: Limits = {
  maxTextLength: 800,
  textUnit: 'characters',
  source: PINS_CREATE,
  maxMedia: 5,
}

const MAX_ALT_TEXT = 500

const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png'],
  maxBytes: 20_000_000,
  maxAltTextLength: MAX_ALT_TEXT,
  source: PRODUCT_SPECS,
}

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/quicktime', 'video/x-m4v'],
  maxBytes: 2_000_000_000,
  minDurationMs: 4_000,
  maxDurationMs: 15 * 60_000,
  videoCodecs: ['avc', 'hevc'],
  maxAltTextLength: MAX_ALT_TEXT,
  source: PRODUCT_SPECS,
}

const id = z.string().regex(/^\d+$/, 'it must be the number of a board, not its name')

/** https://developers.pinterest.com/docs/api/v5/pins-create/ */
export const pinterestSettings = z.strictObject({
  board_id: id.optional(),
  board_section_id: z.string().regex(/^\d+$/, 'it must be the number of a section').optional(),
  title: z.string().max(100).optional(),
  link: z
    .url({ protocol: /^https?$/, error: 'it must be a web address' })
    .max(2048)
    .optional(),
  alt_text: z.string().max(MAX_ALT_TEXT).optional(),
  cover_media_id: z.uuid().optional(),
  /** Whole seconds. */
  cover_image_key_frame_time: z.int().min(0).max(900).optional(),
})

export function validatePinterest(content: Content): Finding[] {
  return [
    ...boardFindings(content),
    ...textFindings(content.text),
    ...mediaFindings(content.media),
    ...coverFindings(content),
    ...checkSettings(pinterestSettings, content.settings),
  ]
}

function boardFindings({ settings }: Content): Finding[] {
  if (settings.board_id !== undefined) return []
  const message = 'Choose the board for this Pin, or a default board for the account.'
  return [{ code: 'board_required', path: 'settings.board_id', message }]
}

function textFindings(text: string): Finding[] {
  const path = 'content'
  const findings: Finding[] = []
  const length = [...text].length
  const max = PINTEREST_LIMITS.maxTextLength
  if (length > max) {
    const message = `The description has ${length} characters, ${length - max} more than the ${max} allowed.`
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
  if (media.length === 0) {
    const message = 'A Pin needs an image or a video.'
    return [{ code: 'media_required', path, message }]
  }
  const found = media.flatMap((file, index) =>
    checkFile('Pinterest', file, file.kind === 'video' ? VIDEO : IMAGE, `${path}.${index}`),
  )
  if (media.length > 1) found.push(...albumFindings(media))
  return found
}

/** https://help.pinterest.com/en/business/article/pinterest-product-specs: carousels. */
function albumFindings(media: readonly Media[]): Finding[] {
  const path = 'media'
  const max = PINTEREST_LIMITS.maxMedia ?? 0
  if (media.some(({ kind }) => kind === 'video')) {
    const message = 'A Pin shows one video or up to five images, not both and not several videos.'
    return [{ code: 'media_mix', path, message }]
  }
  if (media.length > max) {
    const message = `A Pin shows at most ${max} images; this one has ${media.length}.`
    return [{ code: 'too_many_media', path, message }]
  }
  const ratios = media.flatMap(({ width, height }) => (width && height ? width / height : []))
  // Rounding to whole pixels moves a ratio by less than this.
  const isEven = Math.max(...ratios) - Math.min(...ratios) < 0.01
  if (ratios.length === 0 || isEven) return []
  const message = 'The images of one Pin must have the same shape; crop them alike.'
  return [{ code: 'media_ratio_differs', path, message }]
}

function coverFindings({ media, settings, attached }: Content): Finding[] {
  const isVideo = media[0]?.kind === 'video'
  const names = ['cover_media_id', 'cover_image_key_frame_time']
  const given = names.filter((name) => settings[name] !== undefined)
  if (!isVideo && media.length > 0) {
    const message = 'Only a video has a cover.'
    return given.map((name) => ({ code: 'cover_unused', path: `settings.${name}`, message }))
  }
  const cover = attached.cover_media_id
  return cover ? checkFile('Pinterest', cover, IMAGE, 'settings.cover_media_id') : []
}
