import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Draft, Prepared, Workbench } from '../connector.ts'
import { partsOf } from '../media.ts'
import { type Progress, untilProcessed } from '../processing.ts'
import {
  append,
  describe,
  finalize,
  initialize,
  readStatus,
  sendImage,
  type Uploader,
  type XMedia,
} from './upload.ts'
import { isExpired, preparedOf, readUploads, type XUpload } from './upload-state.ts'

/** X takes 5 MB a segment and 1,000 segments: https://docs.x.com/x-api/media/append-media-upload */
const SEGMENT_BYTES = 4_000_000

interface Work extends Uploader {
  bench: Workbench
  now(): Date
  /** Keeps how far the file has come. */
  keep(upload: XUpload): Promise<XUpload>
}

/** Brings the files of a draft to X, one after the other, going on where an earlier try stopped. */
export async function prepareX(
  draft: Draft,
  uploader: Uploader,
  bench: Workbench,
  now: () => Date,
): Promise<Prepared> {
  if (draft.media.length > 0) assertMayUpload(uploader)
  const uploads = readUploads(bench.prepared)
  for (const [index, media] of draft.media.entries()) {
    const keep = async (upload: XUpload) => {
      uploads[index] = upload
      await bench.save(preparedOf(uploads))
      return upload
    }
    const saved = uploads[index]
    const work = { ...uploader, bench, now, keep }
    if (saved === undefined || isExpired(saved, now())) await uploadNew(work, media)
    else await goOn(work, media, saved)
  }
  return preparedOf(uploads)
}

async function uploadNew(work: Work, media: Media): Promise<void> {
  if (media.kind === 'image') {
    const sent = uploadOf(await sendImage(work, media), work.now())
    return finish(work, media, await work.keep({ ...sent, step: 'processing' }))
  }
  const begun = await work.keep(uploadOf(await initialize(work, media), work.now()))
  await sendRest(work, media, begun)
}

/** X forgets files; when it does not know a saved one any more, everything is uploaded anew. */
async function goOn(work: Work, media: Media, saved: XUpload): Promise<void> {
  try {
    if (saved.step === 'ready') return
    if (saved.step === 'sending') return await sendRest(work, media, saved)
    if (media.kind === 'image') return await finish(work, media, saved)
    if (saved.step === 'finalizing') return await completeAgain(work, media, saved)
    const { processing_info: info } = await readStatus(work, saved.id)
    await settle(work, media, saved, info)
  } catch (error) {
    throw isForgotten(error) ? forgotten(error) : error
  }
}

/** An earlier try may have finalized without hearing the answer: only X knows. */
async function completeAgain(work: Work, media: Media, sent: XUpload): Promise<void> {
  const known = await readStatus(work, sent.id).catch((error: unknown) => {
    if (isForgotten(error)) return undefined
    throw error
  })
  const info = known?.processing_info
  if (info === undefined) return complete(work, media, sent)
  return settle(work, media, await work.keep({ ...sent, step: 'processing' }), info)
}

async function sendRest(work: Work, media: Media, begun: XUpload): Promise<void> {
  let upload = begun
  for (const [index, range] of partsOf(media.bytes, SEGMENT_BYTES).entries()) {
    if (index < begun.nextSegment) continue
    await append(work, upload.id, media, { index, range })
    upload = await work.keep({ ...upload, nextSegment: index + 1 })
  }
  await complete(work, media, await work.keep({ ...upload, step: 'finalizing' }))
}

async function complete(work: Work, media: Media, sent: XUpload): Promise<void> {
  const answer = await finalize(work, sent.id)
  const { step: _step, ...fresh } = uploadOf(answer, work.now())
  const upload = await work.keep({ ...sent, ...fresh, step: 'processing' })
  await settle(work, media, upload, answer.processing_info)
}

/** Waits until X has worked through the file; `first` is what it said last. */
async function settle(
  work: Work,
  media: Media,
  upload: XUpload,
  first: XMedia['processing_info'],
): Promise<void> {
  let told: { info: XMedia['processing_info'] } | undefined = { info: first }
  const look = async (): Promise<Progress<true>> => {
    const { info } = told ?? { info: (await readStatus(work, upload.id)).processing_info }
    told = undefined
    return progressOf(media, info)
  }
  await untilProcessed(work.bench, look, stillProcessing)
  await finish(work, media, upload)
}

/** Descriptions are for pictures and GIFs: https://docs.x.com/x-api/media/create-media-metadata */
async function finish(work: Work, media: Media, upload: XUpload): Promise<void> {
  if (media.altText && media.kind !== 'video') await describe(work, upload.id, media.altText)
  await work.keep({ ...upload, step: 'ready' })
}

function progressOf(media: Media, info: XMedia['processing_info']): Progress<true> {
  if (info === undefined || info.state === 'succeeded') return { done: true }
  if (info.state !== 'failed') return { checkAgainMs: (info.check_after_secs ?? 0) * 1000 }
  const why = info.error?.message ? ` (${info.error.message.slice(0, 200)})` : ''
  throw rejected({
    code: 'x_processing_failed',
    message: `X could not process “${media.fileName}”${why}. Convert it, for video to MP4 with H.264 and AAC, and try again.`,
  })
}

function uploadOf(answer: XMedia, now: Date): XUpload {
  const { id, media_key: mediaKey, expires_after_secs: seconds } = answer
  const expiry = seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000)
  return {
    id,
    step: 'sending',
    nextSegment: 0,
    ...(mediaKey === undefined ? {} : { mediaKey }),
    ...(expiry === undefined ? {} : { expiresAt: expiry.toISOString() }),
  }
}

function assertMayUpload({ access }: Uploader): void {
  const { tokenType, scopes } = access
  if (tokenType === 'oauth1' || scopes.length === 0 || scopes.includes('media.write')) return
  const message = 'This X connection may not upload files. Please connect the account again.'
  throw rejected({ code: 'x_media_scope_missing', message })
}

function isForgotten(error: unknown): boolean {
  if (!(error instanceof PlatformFailure) || error.kind !== 'rejected') return false
  return error.httpStatus === 400 || error.httpStatus === 404
}

function forgotten(cause: unknown): PlatformFailure {
  const message = 'X no longer knows the uploaded files. They are uploaded again.'
  return transient({ code: 'x_upload_forgotten', message, startOver: true, cause })
}

function stillProcessing(): PlatformFailure {
  const message = 'X is still working on the file. Clarion looks again.'
  return transient({ code: 'x_still_processing', message })
}
