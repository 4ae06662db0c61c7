import type { AccountLimits, Finding } from '../connector.ts'
import type { TextPart } from '../content-texts.ts'
import { checkFile, type FileRules } from '../media-rules.ts'

/** Defaults of what instances declare: https://docs.joinmastodon.org/entities/Instance/ */
const SOURCE = 'https://docs.joinmastodon.org/entities/Instance/#media_attachments'

export const MAX_MEDIA = 4

const MAX_ALT_TEXT_LENGTH = 1_500

const IMAGE: FileRules = {
  mimeTypes: [
    'image/jpeg',
    'image/png',
    'image/gif',
    'image/webp',
    'image/heic',
    'image/heif',
    'image/avif',
  ],
  maxBytes: 16_777_216,
  maxPixels: 33_177_600,
  maxAltTextLength: MAX_ALT_TEXT_LENGTH,
  source: SOURCE,
}

const VIDEO: FileRules = {
  mimeTypes: ['video/mp4', 'video/webm', 'video/quicktime', 'video/ogg'],
  maxBytes: 103_809_024,
  maxPixels: 8_294_400,
  maxFrameRate: 120,
  maxAltTextLength: MAX_ALT_TEXT_LENGTH,
  source: SOURCE,
}

/** As many pictures as the instance shows, or one moving thing alone. */
export function fileFindings({ media, mediaPath }: TextPart, account: AccountLimits): Finding[] {
  const findings = media.flatMap((file, index) => {
    const rules = file.kind === 'video' ? videoRules(account) : imageRules(account)
    return checkFile('this Mastodon server', file, rules, `${mediaPath}.${index}`)
  })
  const max = account.maxMedia ?? MAX_MEDIA
  if (media.length > 1 && media.some(({ kind }) => kind === 'video' || kind === 'gif')) {
    const message = 'Mastodon takes several pictures, or one GIF or video alone, not a mix.'
    findings.push({ code: 'media_mix', path: mediaPath, message })
  } else if (media.length > max) {
    const message = `This Mastodon server shows at most ${max} pictures in a post; this one has ${media.length}.`
    findings.push({ code: 'too_many_media', path: mediaPath, message })
  }
  return findings
}

function imageRules(account: AccountLimits): FileRules {
  const { maxImageBytes: maxBytes = IMAGE.maxBytes ?? 0, mimeTypes } = account
  return { ...IMAGE, maxBytes, mimeTypes: typesOf(mimeTypes, 'image/') ?? IMAGE.mimeTypes }
}

function videoRules(account: AccountLimits): FileRules {
  const { maxVideoBytes: maxBytes = VIDEO.maxBytes ?? 0, mimeTypes } = account
  return { ...VIDEO, maxBytes, mimeTypes: typesOf(mimeTypes, 'video/') ?? VIDEO.mimeTypes }
}

function typesOf(
  mimeTypes: readonly string[] | undefined,
  prefix: string,
): readonly string[] | undefined {
  return mimeTypes?.filter((type) => type.startsWith(prefix))
}
