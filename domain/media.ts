/** What a stored file is to a platform: a GIF is its own kind, because platforms treat it so. */
export const MEDIA_KINDS = ['image', 'gif', 'video', 'document'] as const

export type MediaKind = (typeof MEDIA_KINDS)[number]

/** The fact sheet of a stored file, probed once on arrival. Absent: not known or not applicable. */
export interface MediaFacts {
  id: string
  kind: MediaKind
  mimeType: string
  bytes: number
  /** Hex digest of the whole file. */
  sha256: string
  fileName: string
  /** Pixels as displayed, rotation applied. */
  width?: number
  height?: number
  durationMs?: number
  /** Frames a second. */
  frameRate?: number
  /** Of a GIF. */
  frames?: number
  /** Of a document. */
  pages?: number
  /** `avc`, `hevc`, `vp8`, `vp9`, `av1`; `unknown` for anything else. */
  videoCodec?: string
  /** `aac`, `opus`, `mp3`, `vorbis`, `flac`, `pcm`; `unknown` for anything else; absent: no sound. */
  audioCodec?: string
}

/** A file as one post uses it. */
export interface Media extends MediaFacts {
  altText?: string
}
