import { z } from 'zod'
import { transient } from '../../domain/failures.ts'
import type { Draft, Prepared } from '../connector.ts'

const uploadSchema = z.object({
  id: z.string(),
  /** `3_<id>` of a picture, `7_<id>` of a video: how listed posts name their files. */
  mediaKey: z.string().optional(),
  step: z.enum(['sending', 'finalizing', 'processing', 'ready']),
  /** The first segment that is not known to have arrived. */
  nextSegment: z.int(),
  /** Instant at which X forgets a file that no post uses. */
  expiresAt: z.iso.datetime().optional(),
})

const stateSchema = z.object({ uploads: z.array(uploadSchema) })

/** One file at X, in the order of the draft's files. */
export type XUpload = z.output<typeof uploadSchema>

export function readUploads(prepared: Prepared | undefined): XUpload[] {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data.uploads : []
}

export function preparedOf(uploads: readonly XUpload[]): Prepared {
  return { state: { uploads } }
}

export function isExpired({ expiresAt }: XUpload, now: Date): boolean {
  return expiresAt !== undefined && new Date(expiresAt) <= now
}

/** The uploads of a draft that may be published now. */
export function usableUploads(draft: Draft, prepared: Prepared | undefined, now: Date): XUpload[] {
  const uploads = readUploads(prepared)
  const usable = uploads.filter((one) => one.step === 'ready' && !isExpired(one, now))
  if (usable.length >= draft.media.length) return usable.slice(0, draft.media.length)
  throw transient({
    code: 'x_media_expired',
    message: 'X keeps files of a post for a day only. They are uploaded again.',
    startOver: true,
  })
}
