import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { Creator } from './creator.ts'
import { badParam, refused } from './errors.ts'

/** https://developers.tiktok.com/doc/content-posting-api-reference-direct-post : UTF-16 units */
const MAX_VIDEO_TITLE = 2200
/** https://developers.tiktok.com/doc/content-posting-api-reference-photo-post : UTF-16 units */
const MAX_PHOTO_TITLE = 90
const MAX_PHOTO_DESCRIPTION = 4000

const PRIVACY_LEVELS = [
  'PUBLIC_TO_EVERYONE',
  'MUTUAL_FOLLOW_FRIENDS',
  'FOLLOWER_OF_CREATOR',
  'SELF_ONLY',
]
const SWITCHES = [
  'disable_duet',
  'disable_comment',
  'disable_stitch',
  'brand_content_toggle',
  'brand_organic_toggle',
  'is_aigc',
  'auto_add_music',
]

export interface PostInfo {
  title: string
  description: string
  /** null in a draft. */
  privacyLevel: string | null
}

/** `post_info` of a direct video. */
export function videoInfo(req: ApiRequest, given: unknown, creator: Creator): PostInfo {
  const info = readInfo(req, given)
  const title = textOf(req, info, 'title', MAX_VIDEO_TITLE)
  const cover = info.video_cover_timestamp_ms
  if (cover !== undefined && !(Number.isSafeInteger(cover) && Number(cover) >= 0)) {
    throw badParam(req, 'video_cover_timestamp_ms is invalid')
  }
  return { title, description: '', privacyLevel: privacyOf(req, info, creator) }
}

/** `post_info` of photos; without a creator, of a draft, which has no privacy yet. */
export function photoInfo(req: ApiRequest, given: unknown, creator: Creator | undefined): PostInfo {
  const info = readInfo(req, given)
  return {
    title: textOf(req, info, 'title', MAX_PHOTO_TITLE),
    description: textOf(req, info, 'description', MAX_PHOTO_DESCRIPTION),
    privacyLevel: creator === undefined ? null : privacyOf(req, info, creator),
  }
}

function readInfo(req: ApiRequest, given: unknown): Record<string, unknown> {
  if (!isRecord(given)) throw badParam(req, 'post_info is required')
  const wrong = SWITCHES.find((name) => !['undefined', 'boolean'].includes(typeof given[name]))
  if (wrong !== undefined) throw badParam(req, `${wrong} must be a boolean`)
  return given
}

function textOf(req: ApiRequest, info: Record<string, unknown>, name: string, max: number): string {
  const text = info[name] ?? ''
  if (typeof text !== 'string') throw badParam(req, `${name} must be a string`)
  if (text.length > max) throw badParam(req, `${name} is longer than ${max} characters`)
  return text
}

function privacyOf(req: ApiRequest, info: Record<string, unknown>, creator: Creator): string {
  const level = info.privacy_level
  if (typeof level !== 'string' || !PRIVACY_LEVELS.includes(level)) {
    throw badParam(req, 'privacy_level is required')
  }
  if (creator.privacyLevels.includes(level)) return level
  throw refused(req, 403, 'privacy_level_option_mismatch')
}
