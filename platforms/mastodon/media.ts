import { z } from 'zod'
import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { readJson } from '../ask.ts'
import type { Access } from '../call.ts'
import type { PublishCall } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { multipart } from '../multipart.ts'
import { askInstance, type Instance } from './client.ts'
import { MASTODON_DIALECT } from './errors.ts'

/** Who uploads, and where to. */
export interface Uploader {
  instance: Instance
  access: Access
  call: PublishCall
}

/** A hundred megabytes on a slow line: there are no parts. */
const SEND_TIMEOUT_MS = 10 * 60_000

const mediaSchema = z.object({ id: z.string().min(1), url: z.string().nullish() })

export interface MastodonUpload {
  id: string
  isReady: boolean
}

/** https://docs.joinmastodon.org/methods/media/#v2 */
export async function sendMedia(
  { instance, access, call }: Uploader,
  media: Media,
  focus: string | undefined,
): Promise<MastodonUpload> {
  const fields: [string, string][] = []
  if (media.altText) fields.push(['description', media.altText])
  if (focus) fields.push(['focus', focus])
  const upload = multipart(fields, {
    name: 'file',
    fileName: media.fileName,
    mimeType: media.mimeType,
    body: mediaBody(call.media, media),
  })
  const request = {
    method: 'POST' as const,
    path: '/api/v2/media',
    token: access.accessToken,
    upload,
    timeoutMs: SEND_TIMEOUT_MS,
  }
  const answer = await askInstance(instance, request, call)
  const { id } = readJson(MASTODON_DIALECT, answer, mediaSchema)
  return { id, isReady: answer.status !== 202 }
}

/**
 * https://docs.joinmastodon.org/methods/media/#get. Throws `startOver` when the server has no such
 * file that is still free.
 */
export async function isProcessed(uploader: Uploader, id: string, media: Media): Promise<boolean> {
  try {
    return (await getMedia(uploader, id)) !== 206
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    if (error.code === 'mastodon_not_found') throw gone(error)
    if (error.httpStatus === 422) throw unusable(media, error)
    throw error
  }
}

/** Whether a file is still free. One that is gone may be part of a post by now. */
export async function isFree(uploader: Uploader, id: string): Promise<boolean> {
  try {
    await getMedia(uploader, id)
    return true
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'mastodon_not_found') return false
    throw error
  }
}

async function getMedia({ instance, access, call }: Uploader, id: string): Promise<number> {
  const path = `/api/v1/media/${encodeURIComponent(id)}`
  const request = { method: 'GET' as const, path, token: access.accessToken }
  return (await askInstance(instance, request, call)).status
}

function gone(cause: PlatformFailure): PlatformFailure {
  const message = 'The Mastodon server no longer has the uploaded files. They are uploaded again.'
  return transient({ code: 'mastodon_upload_forgotten', message, startOver: true, cause })
}

function unusable({ fileName }: Media, cause: PlatformFailure): PlatformFailure {
  return rejected({
    code: 'mastodon_processing_failed',
    message: `The Mastodon server could not process “${fileName}”. Convert it, for video to MP4 with H.264 and AAC, and try again.`,
    cause,
  })
}
