/** Slower than any upload we would call working. */
const BYTES_PER_SECOND = 1_000_000
/** Containers and transcoding at platforms usually take less than this. */
const PROCESSING_MS = { still: 20_000, moving: 90_000 }
const MAX_LEAD_MS = 15 * 60_000

/** How long before its instant the files of a post begin to be uploaded, in ms; 0 without files. */
export function prepareLeadMs(files: { bytes: number; hasVideo: boolean }): number {
  if (files.bytes === 0) return 0
  const processingMs = files.hasVideo ? PROCESSING_MS.moving : PROCESSING_MS.still
  const uploadMs = Math.ceil((files.bytes / BYTES_PER_SECOND) * 1000)
  return Math.min(MAX_LEAD_MS, processingMs + uploadMs)
}
