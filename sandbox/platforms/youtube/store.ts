import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'
import type { GoogleSite } from '../google/site.ts'

/** What a client may say about a video; absent members have their defaults. */
const metadataRow = z.object({
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  categoryId: z.string(),
  defaultLanguage: z.string().nullable(),
  privacyStatus: z.enum(['public', 'unlisted', 'private']),
  publishAt: z.string().nullable(),
  license: z.enum(['youtube', 'creativeCommon']),
  embeddable: z.boolean(),
  publicStatsViewable: z.boolean(),
  selfDeclaredMadeForKids: z.boolean().nullable(),
  containsSyntheticMedia: z.boolean(),
})

const sessionRow = z.object({
  channel: z.string(),
  metadata: metadataRow,
  parts: z.array(z.string()),
  /** What `X-Upload-Content-Length` announced; null = nothing. */
  bytes: z.number().nullable(),
  /** Name on the shelf. */
  file: z.string(),
  /** Set once the last byte is there. */
  video_id: z.string().nullable(),
  created_at_ms: z.number(),
})

const videoRow = z.object({
  id: z.string(),
  channel: z.string(),
  metadata: metadataRow,
  upload_status: z.enum(['uploaded', 'processed', 'failed', 'rejected']),
  /** `failureReason` or `rejectionReason` it will end with, or has. */
  reason: z.string().nullable(),
  polls_left: z.number(),
  sha256: z.string(),
  bytes: z.number(),
  duration_ms: z.number(),
  width: z.number(),
  height: z.number(),
  /** Digest of the own thumbnail; null = one of YouTube's. */
  thumbnail: z.string().nullable(),
  published_at_ms: z.number(),
})

export type VideoMetadata = z.infer<typeof metadataRow>
export type UploadSession = z.infer<typeof sessionRow>
export type Video = z.infer<typeof videoRow>

/** What a handler works on. */
export interface Youtube {
  site: GoogleSite
  /** By the upload id, which is a secret. */
  sessions: Map<string, UploadSession>
  /** In the order of upload. */
  videos: Map<string, Video>
}

export function openYoutube(state: SandboxState, site: GoogleSite): Youtube {
  return {
    site,
    sessions: state.tables.open('youtube.sessions', sessionRow),
    videos: state.tables.open('youtube.videos', videoRow),
  }
}
