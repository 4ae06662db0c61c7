import type { Request, Response } from 'express'
import express from 'express'
import { problem } from '../../domain/errors.ts'

/** 256 KiB: bounds the memory one request may take; no platform comes near it with text. */
const MAX_BYTES = 256 * 1024

/** The type was checked already; `strict: false` leaves the judgement of scalars to the schemas. */
const parseJson = express.json({ limit: MAX_BYTES, strict: false, type: () => true })

/** The JSON body, or undefined when none was sent. Read after authorization, never before. */
export async function readBody(request: Request, response: Response): Promise<unknown> {
  if (!hasBody(request)) return undefined
  if (!request.is(['application/json', 'application/*+json']))
    throw problem('unsupported_media_type')
  // Refused before a byte is read; a body without a length is cut by the parser's limit.
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw problem('body_too_large')
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => {
      if (error === undefined) resolve()
      else reject(error)
    })
  })
  const body: unknown = request.body
  return body
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length']
  return (
    request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  )
}
