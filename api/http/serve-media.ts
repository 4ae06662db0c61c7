import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { types } from 'node:util'
import type { Request, Response } from 'express'
import type { MediaAsset } from '../../db/entities/media-asset.ts'
import { getMedia } from '../../db/repositories/media-assets.ts'
import { problem } from '../../domain/errors.ts'
import type { ByteRange } from '../../media/media-store.ts'
import type { Deps } from '../deps.ts'
import { byteRange } from './byte-range.ts'

/** Express form; outside the operations, because its answers are bytes and its right a signature. */
export const MEDIA_PATH = '/media/:tenantId/:mediaId/:name'

/**
 * GET and HEAD of a signed address, for platforms that fetch files and for previews. Throws
 * `media_link_invalid`, which does not tell a forged address from one that has ended.
 */
export async function serveMedia(deps: Deps, request: Request, response: Response): Promise<void> {
  const asset = await findAsset(deps, request)
  const { bytes, mimeType, sha256, storageKey } = asset
  const etag = `"${sha256}"`
  response.set({
    'content-type': mimeType,
    'content-disposition': 'inline',
    'x-content-type-options': 'nosniff',
    // A console on another origin shows it too; the signature decides who may.
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'private, max-age=300',
    'accept-ranges': 'bytes',
    etag,
  })
  const range = rangeOf(request, response, bytes, etag)
  const { start, end } = range ?? { start: 0, end: bytes }
  if (range !== undefined) response.set('content-range', `bytes ${start}-${end - 1}/${bytes}`)
  response.status(range === undefined ? 200 : 206).set('content-length', String(end - start))
  if (request.method === 'HEAD') response.end()
  else await send(deps.media.store.read(storageKey, { start, end }), response)
}

async function findAsset(deps: Deps, request: Request): Promise<MediaAsset> {
  const { tenantId = '', mediaId = '', name = '' } = stringsOf(request.params)
  const { expires = '', signature = '' } = stringsOf(request.query)
  const { store, urls } = deps.media
  // Before anything is looked up: an address that is not ours learns nothing.
  const isValid = urls.isValid({ tenantId, mediaId, name, expires, signature })
  if (!isValid) throw problem('media_link_invalid')
  const asset = await deps.db.withTenant(tenantId, (em) => getMedia(em, mediaId))
  if (asset === undefined) throw problem('not_found')
  if (await store.exists(asset.storageKey)) return asset
  deps.log.error({ media_id: mediaId }, 'the media store lacks a file that a row names')
  throw problem('not_found')
}

/** A range of another version is no range of this one; here that cannot be, but clients ask. */
function rangeOf(
  request: Request,
  response: Response,
  bytes: number,
  etag: string,
): ByteRange | undefined {
  const { 'if-range': ifRange, range: header } = request.headers
  if (ifRange !== undefined && ifRange !== etag) return undefined
  const range = byteRange(header, bytes)
  if (range !== 'unsatisfiable') return range
  response.set('content-range', `bytes */${bytes}`)
  throw problem('range_not_satisfiable')
}

async function send(parts: AsyncIterable<Uint8Array>, response: Response): Promise<void> {
  try {
    await pipeline(Readable.from(parts, { objectMode: false }), response)
  } catch (error) {
    // Who goes away has not been wronged: players ask for a part, then for another.
    if (!isPrematureClose(error)) throw error
  }
}

function isPrematureClose(error: unknown): boolean {
  return (
    types.isNativeError(error) && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
  )
}

/** What is given twice counts as not given. */
function stringsOf(values: object): Record<string, string> {
  const entries = Object.entries(values)
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'))
}
