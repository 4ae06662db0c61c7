import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { refusal } from './errors.ts'
import type { VideoMetadata } from './store.ts'

/** https://developers.google.com/youtube/v3/docs/videos#properties */
const MAX_TITLE_CHARS = 100
const MAX_DESCRIPTION_BYTES = 5000
const MAX_TAG_CHARS = 500
/** https://developers.google.com/youtube/v3/docs/videoCategories : those that may be assigned */
const CATEGORIES = '1 2 10 15 17 19 20 22 23 24 25 26 27 28 29'.split(' ')
const DEFAULT_CATEGORY = '22'
const PRIVACY = ['public', 'unlisted', 'private'] as const
const LICENSES = ['youtube', 'creativeCommon'] as const

const DEFAULTS: VideoMetadata = {
  title: '',
  description: '',
  tags: [],
  categoryId: DEFAULT_CATEGORY,
  defaultLanguage: null,
  privacyStatus: 'public',
  publishAt: null,
  license: 'youtube',
  embeddable: true,
  publicStatsViewable: true,
  selfDeclaredMadeForKids: null,
  containsSyntheticMedia: false,
}

/** The metadata of a new video; only what `part` names is read. */
export function newMetadata(req: ApiRequest, parts: readonly string[]): VideoMetadata {
  const whole = applied(req, parts, DEFAULTS)
  if (whole.title === '') throw badTitle()
  return whole
}

/** The metadata after an update: a part that is named is replaced whole. */
export function changedMetadata(
  req: ApiRequest,
  parts: readonly string[],
  before: VideoMetadata,
): VideoMetadata {
  const changed = applied(req, parts, before)
  if (!parts.includes('snippet')) return changed
  if (changed.title === '') throw badTitle()
  if (section(req, 'snippet').categoryId === undefined) throw badCategory()
  return changed
}

function applied(req: ApiRequest, parts: readonly string[], before: VideoMetadata): VideoMetadata {
  const snippet = parts.includes('snippet') ? readSnippet(section(req, 'snippet')) : {}
  const status = parts.includes('status') ? readStatus(section(req, 'status'), req.nowMs) : {}
  return { ...before, ...snippet, ...status }
}

function section(req: ApiRequest, name: string): Record<string, unknown> {
  const value = req.body.kind === 'json' ? fields(req.body)[name] : undefined
  if (isRecord(value)) return value
  if (value === undefined && req.body.kind === 'json') return {}
  throw invalid('badRequest', 'Invalid JSON payload received.', 'global')
}

function readSnippet(snippet: Record<string, unknown>): Partial<VideoMetadata> {
  const { title = '', description = '', tags = [], categoryId = DEFAULT_CATEGORY } = snippet
  const { defaultLanguage = null } = snippet
  if (typeof title !== 'string' || [...title].length > MAX_TITLE_CHARS || hasAngle(title)) {
    throw badTitle()
  }
  if (typeof description !== 'string' || hasAngle(description) || isTooLong(description)) {
    const message = 'The request metadata specifies an invalid video description.'
    throw invalid('invalidDescription', message)
  }
  if (!isTags(tags)) {
    throw invalid('invalidTags', 'The request metadata specifies invalid video keywords.')
  }
  if (typeof categoryId !== 'string' || !CATEGORIES.includes(categoryId)) throw badCategory()
  if (defaultLanguage !== null && typeof defaultLanguage !== 'string') throw badMetadata()
  return { title, description, tags, categoryId, defaultLanguage }
}

function readStatus(status: Record<string, unknown>, nowMs: number): Partial<VideoMetadata> {
  const privacyStatus = oneOf(PRIVACY, status.privacyStatus ?? 'public')
  const license = oneOf(LICENSES, status.license ?? 'youtube')
  const { publishAt = null, selfDeclaredMadeForKids = null } = status
  const { embeddable = true, publicStatsViewable = true, containsSyntheticMedia = false } = status
  const isKids = selfDeclaredMadeForKids === null || typeof selfDeclaredMadeForKids === 'boolean'
  if (!isKids || typeof embeddable !== 'boolean') throw badMetadata()
  if (typeof publicStatsViewable !== 'boolean') throw badMetadata()
  if (typeof containsSyntheticMedia !== 'boolean') throw badMetadata()
  return {
    privacyStatus,
    license,
    publishAt: readPublishAt(publishAt, privacyStatus, nowMs),
    selfDeclaredMadeForKids,
    embeddable,
    publicStatsViewable,
    containsSyntheticMedia,
  }
}

/** Only what is private now can be made public later. */
function readPublishAt(given: unknown, privacy: string, nowMs: number): string | null {
  if (given === null) return null
  const atMs = typeof given === 'string' ? Date.parse(given) : Number.NaN
  if (typeof given === 'string' && atMs > nowMs && privacy === 'private') return given
  const message = 'The request metadata specifies an invalid scheduled publishing time.'
  throw invalid('invalidPublishAt', message)
}

/** Commas count, and the quotes around tags with spaces. */
function isTags(tags: unknown): tags is string[] {
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string' && tag !== '')) {
    return false
  }
  const written = tags.map((tag) => (tag.includes(' ') ? `"${tag}"` : tag)).join(',')
  return written.length <= MAX_TAG_CHARS && !hasAngle(written)
}

function oneOf<T extends string>(known: readonly T[], given: unknown): T {
  const found = known.find((one) => one === given)
  if (found === undefined) throw badMetadata()
  return found
}

function hasAngle(text: string): boolean {
  return /[<>]/.test(text)
}

function isTooLong(description: string): boolean {
  return Buffer.byteLength(description) > MAX_DESCRIPTION_BYTES
}

function badTitle(): Error {
  const message = 'The request metadata specifies an invalid or empty video title.'
  return invalid('invalidTitle', message)
}

function badCategory(): Error {
  return invalid('invalidCategoryId', 'The request metadata specifies an invalid category ID.')
}

function badMetadata(): Error {
  return invalid('invalidVideoMetadata', 'The request metadata is invalid.')
}

function invalid(reason: string, message: string, domain = 'youtube.video'): Error {
  return refusal(400, reason, message, domain)
}
