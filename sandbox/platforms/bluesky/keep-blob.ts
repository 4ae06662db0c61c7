import type { ShelfFile } from '../../core/shelf.ts'
import { blobCid } from './cid.ts'
import type { BlueskyStore } from './store.ts'

/** How a blob is written in JSON. */
export interface BlobRef {
  $type: 'blob'
  ref: { $link: string }
  mimeType: string
  size: number
}

/** Makes a file usable in records of one account. */
export function keepBlob(
  store: BlueskyStore,
  { did, file, mimeType }: { did: string; file: Omit<ShelfFile, 'name'>; mimeType: string },
): BlobRef {
  const cid = blobCid(file.sha256)
  const row = { did, mime_type: mimeType, size: file.bytes, sha256: file.sha256 }
  store.blobs.set(`${did} ${cid}`, row)
  return { $type: 'blob', ref: { $link: cid }, mimeType, size: file.bytes }
}
