import type { Finding } from '../connector.ts'
import type { TextPart } from '../content-texts.ts'
import { checkFile, type FileRules } from '../media-rules.ts'

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json */
export const MAX_IMAGES = 4

const IMAGE: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'],
  // Older servers take 1,000,000; their refusal says so.
  maxBytes: 2_000_000,
  source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/images.json',
}

/** The service says less for some accounts: https://docs.bsky.app/docs/tutorials/video */
const VIDEO: FileRules = {
  mimeTypes: ['video/mp4'],
  maxBytes: 300_000_000,
  maxDurationMs: 180_000,
  source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/video.json',
}

/** Four pictures or one video. GIFs are pictures: they are shown without moving. */
export function fileFindings({ media, mediaPath }: TextPart): Finding[] {
  const findings = media.flatMap((file, index) => {
    const rules = file.kind === 'video' ? VIDEO : IMAGE
    return checkFile('Bluesky', file, rules, `${mediaPath}.${index}`)
  })
  if (media.length > 1 && media.some(({ kind }) => kind === 'video')) {
    const message = 'Bluesky takes up to 4 pictures or one video in a post, not a mix.'
    findings.push({ code: 'media_mix', path: mediaPath, message })
  } else if (media.length > MAX_IMAGES) {
    const message = `Bluesky shows at most ${MAX_IMAGES} pictures in a post; this one has ${media.length}.`
    findings.push({ code: 'too_many_media', path: mediaPath, message })
  }
  return findings
}
