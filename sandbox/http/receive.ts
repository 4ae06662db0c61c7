import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import type { Request, RequestHandler } from 'express'
import type { MediaShelf } from '../core/shelf.ts'

/** A file of a request, on the shelf; `mimeType` and `fileName` are what the client said. */
export interface Received {
  name: string
  bytes: number
  mimeType: string
  fileName: string
  /** Multipart: how many text fields came before it. Some platforms read none that come after. */
  fieldsBefore?: number
}

/** What `receiveFiles` leaves on an Express request. */
export interface ReceivedBody {
  /** The whole body, where it was one file. */
  upload?: Received
  /** Multipart: files by field name, and text fields in order. */
  files: ReadonlyMap<string, Received>
  fields: readonly (readonly [string, string])[]
}

const received = new WeakMap<Request, ReceivedBody>()

export function receivedBody(req: Request): ReceivedBody | undefined {
  return received.get(req)
}

const MAX_FIELD_BYTES = 32 * 1024 * 1024

const BINARY = /^(video|image|audio)\/|^application\/(octet-stream|pdf|msword|vnd\.)/i

/**
 * Streams files to the shelf as they arrive, so that the sandbox takes uploads of any size. A client
 * that goes away in the middle leaves nothing behind: its request never reaches a platform.
 */
export function receiveFiles(shelf: MediaShelf): RequestHandler {
  return async (req, res, next) => {
    const type = req.get('content-type') ?? ''
    const isForm = /^multipart\/form-data/i.test(type)
    // Uploads to an address of their own often name no type.
    const isBare = type === '' && req.method === 'PUT'
    if (!isForm && !isBare && !BINARY.test(type)) return next()
    const names: string[] = []
    try {
      const body = isForm ? await takeForm(shelf, req, names) : await takeFile(shelf, req, names)
      received.set(req, body)
      next()
    } catch {
      for (const name of names) shelf.discard(name)
      // A request that was read whole is destroyed too, and still waits for its answer.
      if (res.socket === null || res.socket.destroyed) return
      res.status(400).json({ error: 'broken_body' })
    }
  }
}

async function takeFile(shelf: MediaShelf, req: Request, names: string[]): Promise<ReceivedBody> {
  const name = shelf.create()
  names.push(name)
  await pipeline(req, createWriteStream(shelf.pathOf(name)))
  const mimeType = req.get('content-type') ?? ''
  const upload = { name, bytes: shelf.size(name), mimeType, fileName: '' }
  return { upload, files: new Map(), fields: [] }
}

/** Files stream to the shelf, text fields to memory. */
async function takeForm(shelf: MediaShelf, req: Request, names: string[]): Promise<ReceivedBody> {
  const files = new Map<string, Received>()
  const fields: [string, string][] = []
  const writes: Promise<void>[] = []
  const stopped = new AbortController()
  // The parser waits for ever after a part that breaks off, so its end is not enough to wait for.
  const broken = Promise.withResolvers<never>()
  const form = new Busboy({
    headers: { 'content-type': req.get('content-type') ?? '' },
    limits: { fieldSize: MAX_FIELD_BYTES },
  })
  const save = async (stream: Readable, name: string): Promise<void> => {
    try {
      await pipeline(stream, createWriteStream(shelf.pathOf(name)), { signal: stopped.signal })
    } catch (error) {
      broken.reject(error)
    }
  }
  form.on('field', (field, value) => fields.push([field, value]))
  form.on('file', (field, stream, fileName, _encoding, mimeType) => {
    const name = shelf.create()
    names.push(name)
    const received = { name, mimeType, fileName, fieldsBefore: fields.length }
    writes.push(
      save(stream, name).then(() => {
        files.set(field, { ...received, bytes: shelf.size(name) })
      }),
    )
  })
  try {
    await Promise.race([pipeline(req, form), broken.promise])
  } catch (error) {
    stopped.abort()
    throw error
  } finally {
    // Before the files are thrown away: an open one would come back.
    await Promise.all(writes)
  }
  return { files, fields }
}
