import type { Media } from '../../domain/media.ts'
import type { Draft } from '../connector.ts'
import type { Blob, BlueskyState } from './prepared-state.ts'

type Embed = { $type: string; [field: string]: unknown }

/** What stands below the text: https://docs.bsky.app/docs/advanced-guides/posts#embeds */
export function makeEmbed(draft: Draft, state: BlueskyState): Embed | undefined {
  const { quote } = state
  const shown = shownOf(draft.media, state)
  if (!quote) return shown
  const record = { $type: 'app.bsky.embed.record', record: quote }
  return shown ? { $type: 'app.bsky.embed.recordWithMedia', record, media: shown } : record
}

function shownOf(media: readonly Media[], { blobs = [], card }: BlueskyState): Embed | undefined {
  const files = media.flatMap((file, index) => {
    const blob = blobs[index]
    return blob ? [{ file, blob }] : []
  })
  const [first] = files
  if (!first) return card && { $type: 'app.bsky.embed.external', external: card }
  if (first.file.kind === 'video') return videoOf(first.file, first.blob)
  const images = files.map(({ file, blob }) => ({
    image: blob,
    alt: file.altText ?? '',
    ...shapeOf(file),
  }))
  return { $type: 'app.bsky.embed.images', images }
}

function videoOf(file: Media, video: Blob): Embed {
  const alt = file.altText ? { alt: file.altText } : {}
  return { $type: 'app.bsky.embed.video', video, ...alt, ...shapeOf(file) }
}

/** Without it the app has to guess the height before the file has loaded. */
function shapeOf({ width, height }: Media) {
  return width && height ? { aspectRatio: { width, height } } : {}
}
