import type { MediaFacts } from '../domain/media.ts'
import type { BodyStream } from './http-types.ts'

/** Bytes from `start`, which is included, to `end`, which is not. */
export interface ByteRange {
  start: number
  end: number
}

/** Where connectors get the files of a post. */
export interface MediaSource {
  /** Streams the file or a part of it: never a whole file in memory. */
  read(media: MediaFacts, range?: ByteRange): AsyncIterable<Uint8Array>
  /** False when the file was lost: then neither of the others helps. */
  exists(media: MediaFacts): Promise<boolean>
  /** Public address for platforms that fetch; signed, ends after an hour unless told otherwise. */
  url(media: MediaFacts, ttlMs?: number): string
}

/** A file, or a part of it, as the body of a request. */
export function mediaBody(source: MediaSource, media: MediaFacts, range?: ByteRange): BodyStream {
  const { start, end } = range ?? { start: 0, end: media.bytes }
  return { bytes: end - start, open: () => source.read(media, { start, end }) }
}

/** Ranges of equal size that cover the file; the last holds what remains. */
export function partsOf(bytes: number, partBytes: number): ByteRange[] {
  const count = Math.max(1, Math.ceil(bytes / partBytes))
  return Array.from({ length: count }, (_, index) => ({
    start: index * partBytes,
    end: Math.min(bytes, (index + 1) * partBytes),
  }))
}
