import type { MediaSource } from '../media.ts'

/** Files of any size whose bytes are the digits of their offsets: `0123456789012…`. */
export const madeUpFiles: MediaSource = {
  async *read(media, { start, end } = { start: 0, end: media.bytes }) {
    const CHUNK = 64 * 1024
    for (let from = start; from < end; from += CHUNK) {
      const size = Math.min(CHUNK, end - from)
      yield Uint8Array.from({ length: size }, (_, index) => 48 + ((from + index) % 10))
    }
  },
  exists: async () => true,
  url: (media) => `https://files.example/${media.id}`,
}
