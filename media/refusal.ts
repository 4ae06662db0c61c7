import type { MediaFacts } from '../domain/media.ts'

/** What the bytes of a file tell; id, size, hash and name come from who stores it. */
export type ProbedFacts = Omit<MediaFacts, 'id' | 'bytes' | 'sha256' | 'fileName'>

export type RefusalCode = 'media_unsupported' | 'media_broken'

/** Why a file is not taken, in words for a marketer: what is wrong and what to do. */
export class MediaRefused extends Error {
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'MediaRefused'
    this.code = code
  }
}

/** Another kind of file, or one beyond what any platform takes. `advice` is a sentence. */
export function unsupported(fileName: string, what: string, advice: string): MediaRefused {
  return new MediaRefused('media_unsupported', `“${fileName}” ${what}. ${advice}`)
}

export function broken(fileName: string, cause?: unknown): MediaRefused {
  const words = `“${fileName}” is damaged or not complete. Export or download it again.`
  return new MediaRefused('media_broken', words, cause)
}
