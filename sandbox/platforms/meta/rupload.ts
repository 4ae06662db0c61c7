import type { MediaShelf } from '../../core/shelf.ts'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { pull } from '../../media/pull.ts'

/** A file that grows on the shelf; its size is announced with the first bytes, or before. */
export interface Upload {
  file: string
  file_size: number | null
}

/** Fetches a file that the header `file_url` names, as curl without `-L`. */
export async function pullUpload(shelf: MediaShelf, req: ApiRequest): Promise<void> {
  const url = req.header('file_url')
  if (url !== undefined) req.pulled.set('file_url', await pull(shelf, url))
}

/**
 * POST to rupload.facebook.com: bytes from the header `offset` on, to the end of `file_size`; fewer
 * are kept and answered with 206.
 * https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */
export function takeUpload(shelf: MediaShelf, req: ApiRequest, upload: Upload): Answer {
  const pulled = req.pulled.get('file_url')
  if (pulled !== undefined) {
    if (!pulled.ok) throw debug(400, 'ProcessingFailedError', 'Request processing failed')
    shelf.truncate(upload.file, 0)
    shelf.appendFile(upload.file, pulled.file.name)
    upload.file_size = pulled.file.bytes
    return json(200, { success: true })
  }
  const offset = wholeNumber(req, 'offset')
  const fileSize = wholeNumber(req, 'file_size')
  const have = shelf.size(upload.file)
  const isOther = upload.file_size !== null && upload.file_size !== fileSize
  if (offset !== have || isOther) {
    throw debug(400, 'OffsetInvalidError', 'Request starting offset is invalid')
  }
  const bytes = req.upload?.bytes ?? req.raw.length
  if (have + bytes > fileSize) throw debug(400, 'PartialRequestError', MISMATCH)
  upload.file_size = fileSize
  if (req.upload === undefined) shelf.append(upload.file, req.raw)
  else shelf.appendFile(upload.file, req.upload.name)
  if (have + bytes < fileSize) throw debug(206, 'PartialRequestError', MISMATCH, true)
  return json(200, { success: true, message: 'Upload successful.' })
}

const MISMATCH = 'Partial request (did not match length of file)'

/** True once every announced byte is there. */
export function isComplete(shelf: MediaShelf, upload: Upload): boolean {
  return upload.file_size !== null && shelf.size(upload.file) === upload.file_size
}

function wholeNumber(req: ApiRequest, header: string): number {
  const text = req.header(header) ?? ''
  if (/^\d+$/.test(text)) return Number(text)
  throw debug(400, 'ProcessingFailedError', `Header ${header} is missing or no number`)
}

function debug(status: number, type: string, message: string, retriable = false): Refusal {
  return new Refusal(json(status, { debug_info: { retriable, type, message } }))
}
