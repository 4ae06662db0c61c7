import { types } from 'node:util'
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { Request } from 'express'
import { ClarionError, problem } from '../../domain/errors.ts'
import { MediaTooLarge, type StagedFile } from '../../media/media-store.ts'
import type { Media } from '../../media/open-media.ts'
import type { Upload } from '../contract/operation.ts'

/** A form with one file, read to its end; `body` holds its other fields. */
export interface UploadForm {
  upload: Upload
  body: Record<string, string>
}

/** Nothing is heard of the client for so long: it is gone. */
const SILENCE_MS = 60_000
/** A refused file may still take this long to come. */
const DRAIN_MS = 60_000
/** Of a form around its file. */
const FORM_BYTES = 64 * 1024
const LIMITS = { fields: 10, fieldSize: 4_096, files: 2, parts: 12 }

export function isUpload(request: Request): boolean {
  return Boolean(request.is('multipart/form-data'))
}

/**
 * Streams the file to where it waits for being kept. Throws `media_too_large` and
 * `malformed_upload`; nothing is left behind then, and nothing when the client goes away.
 */
export async function readUpload(request: Request, media: Media): Promise<UploadForm> {
  const { maxBytes } = media
  // Before a byte is read, where the client says how much is to come.
  const told = Number(request.headers['content-length'] ?? 0)
  if (told > maxBytes + FORM_BYTES) throw tooLarge(maxBytes)
  const form = openForm(request)
  const parts = collectParts(form, media)
  try {
    await ended(request, form, parts)
    const { file, body } = parts
    if (file === undefined || parts.isWrong) throw problem('malformed_upload')
    return { upload: { staged: await file.received, fileName: file.name }, body }
  } catch (error) {
    // Whatever still waits for bytes is told that none will come, and cleans up.
    request.unpipe(form)
    drain(request)
    parts.file?.stream.destroy(new Error('the form has ended early'))
    const [received] = await Promise.allSettled([parts.file?.received])
    if (received?.status === 'fulfilled') await received.value?.discard()
    throw asProblem(error)
  }
}

function openForm(request: Request): BusboyInstance {
  const { headers } = request
  try {
    const contentType = headers['content-type'] ?? ''
    return new Busboy({ headers: { ...headers, 'content-type': contentType }, limits: LIMITS })
  } catch (error) {
    throw problem('malformed_upload', { cause: error })
  }
}

interface Parts {
  file?: { name: string; stream: BusboyFileStream; received: Promise<StagedFile> }
  body: Record<string, string>
  /** Another file, or one in another field. */
  isWrong: boolean
  /** Rejects when the file cannot be received. */
  failed: Promise<never>
}

function collectParts(form: BusboyInstance, media: Media): Parts {
  const failure = Promise.withResolvers<never>()
  const parts: Parts = { body: {}, isWrong: false, failed: failure.promise }
  form.on('field', (name, value) => {
    parts.body[name] = value
  })
  form.on('file', (field, stream, name) => {
    if (field !== 'file' || parts.file !== undefined) {
      parts.isWrong = true
      stream.resume()
      return
    }
    // Whoever reads is told by the stream itself; without a listener an error would end the process.
    stream.on('error', () => undefined)
    const received = media.store.receive(stream, media.maxBytes)
    received.catch(failure.reject)
    parts.file = { name, stream, received }
  })
  return parts
}

/** Settles when the form has been read, or as soon as it is known that it cannot be. */
async function ended(request: Request, form: BusboyInstance, parts: Parts): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Of a request that has come in whole, too: then the form has the last word.
  const onClose = (cause?: Error) => {
    if (!request.complete) reject(new Error('the client went away', { cause }))
  }
  const onSilence = () => request.destroy(new Error('the client fell silent'))
  request.once('close', onClose).once('error', onClose).setTimeout(SILENCE_MS, onSilence)
  form.once('finish', resolve).on('error', reject)
  request.pipe(form)
  try {
    await Promise.race([promise, parts.failed])
  } finally {
    request.off('close', onClose).off('error', onClose).setTimeout(0)
  }
}

/**
 * Clients read no answer before they have sent their body: what still comes is thrown away, so that
 * they learn why the file was refused, but not for ever.
 */
function drain(request: Request): void {
  if (request.complete || request.destroyed) return
  const cut = setTimeout(() => request.destroy(), DRAIN_MS).unref()
  request.once('close', () => clearTimeout(cut)).resume()
}

function asProblem(error: unknown): unknown {
  if (error instanceof MediaTooLarge) return tooLarge(error.maxBytes)
  if (error instanceof ClarionError) return error
  // Trouble with the disk is ours, not the client's.
  const isOurs = types.isNativeError(error) && 'syscall' in error
  return isOurs ? error : problem('malformed_upload', { cause: error })
}

/** Words of `media_too_large`, wherever it is noticed. */
export function tooLargeDetail(maxBytes: number): string {
  return `Files may have at most ${maxBytes} bytes.`
}

function tooLarge(maxBytes: number) {
  return problem('media_too_large', { detail: tooLargeDetail(maxBytes) })
}
