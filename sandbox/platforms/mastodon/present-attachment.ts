import type { Attachment } from './store.ts'

/** https://docs.joinmastodon.org/entities/MediaAttachment/ */
export function presentAttachment(attachment: Attachment, origin: string): Record<string, unknown> {
  const { id, type, width, height, description, focus, state, duration_ms } = attachment
  const url = `${origin}/_sandbox/media/${attachment.sha256}`
  const original = { width, height, size: `${width}x${height}`, aspect: width / height }
  const [x, y] = (focus ?? '').split(',').map(Number)
  return {
    id,
    type,
    url: state === 'ready' ? url : null,
    preview_url: state === 'ready' ? url : null,
    remote_url: null,
    preview_remote_url: null,
    text_url: null,
    meta: {
      original: { ...original, ...(duration_ms === null ? {} : { duration: duration_ms / 1000 }) },
      ...(focus === null ? {} : { focus: { x, y } }),
    },
    description,
    blurhash: null,
  }
}
