import { lexicons } from '@atproto/api'
import { isRecord } from '../../http/body.ts'
import { refusal } from './errors.ts'
import type { BlueskyStore } from './store.ts'

/** A blob in a record, with the lexicon definition that its place has. */
interface Found {
  cid: string
  mimeType: string
  size: number
  /** Definition of the object that holds it, and the member's name. */
  holder: string | undefined
  member: string
}

/** Embeds whose members are blobs; `#` names a part of the lexicon. */
const HOLDERS: Record<string, string> = {
  'app.bsky.embed.images images': 'app.bsky.embed.images#image',
  'app.bsky.embed.gallery items': 'app.bsky.embed.gallery#image',
  'app.bsky.embed.external external': 'app.bsky.embed.external#external',
  'app.bsky.embed.video captions': 'app.bsky.embed.video#caption',
}

/**
 * A record may only use blobs that its own account has uploaded, of the type and size that their
 * place allows. https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/actor-store/blob/transactor.ts
 */
export function assertBlobs(store: BlueskyStore, did: string, record: unknown): void {
  for (const blob of blobsOf(record)) {
    const stored = store.blobs.get(`${did} ${blob.cid}`)
    if (stored === undefined) {
      throw refusal(400, 'BlobNotFound', `Could not find blob: ${blob.cid}`)
    }
    assertConstraints(blob, stored.size)
    if (blob.mimeType !== stored.mime_type) {
      const message = `Referenced Mimetype does not match stored blob. Expected: ${stored.mime_type}, Got: ${blob.mimeType}`
      throw refusal(400, 'InvalidMimeType', message)
    }
    if (blob.size !== stored.size) {
      const message = `Size of referenced blob does not match stored blob. Expected: ${stored.size}, Got: ${blob.size}`
      throw refusal(400, 'InvalidSize', message)
    }
  }
}

function assertConstraints(blob: Found, size: number): void {
  const def = blob.holder === undefined ? undefined : lexicons.getDef(blob.holder)
  const place = def?.type === 'object' ? def.properties[blob.member] : undefined
  if (place?.type !== 'blob') return
  const { accept, maxSize } = place
  if (maxSize !== undefined && size > maxSize) {
    const message = `This file is too large. It is ${size} but the maximum size is ${maxSize}.`
    throw refusal(400, 'BlobTooLarge', message)
  }
  if (accept === undefined || accept.some((one) => fits(blob.mimeType, one))) return
  const message = `Wrong type of file. It is ${blob.mimeType} but it must match ${accept.join(',')}.`
  throw refusal(400, 'InvalidMimeType', message)
}

/** `image/*` fits every image. */
function fits(mimeType: string, pattern: string): boolean {
  if (pattern === '*/*' || pattern === mimeType) return true
  return pattern.endsWith('/*') && mimeType.startsWith(pattern.slice(0, -1))
}

/** Every blob below a value, in the order in which it is written. */
function blobsOf(value: unknown, holder?: string, member = ''): Found[] {
  if (Array.isArray(value)) return value.flatMap((one) => blobsOf(one, holder, member))
  if (!isRecord(value)) return []
  const { $type, ref, mimeType, size } = value
  if ($type === 'blob' && isRecord(ref)) {
    const cid = String(ref.$link)
    return [{ cid, mimeType: String(mimeType), size: Number(size), holder, member }]
  }
  const own = typeof $type === 'string' ? $type : holder
  return Object.entries(value).flatMap(([name, inner]) =>
    blobsOf(inner, HOLDERS[`${own} ${name}`] ?? own, name),
  )
}

/** SHA-256 of the files that a post shows, in order; the picture of a link card is none of them. */
export function shownFiles(
  store: BlueskyStore,
  did: string,
  record: Record<string, unknown>,
): string[] {
  const shown = blobsOf(record.embed).filter(
    ({ member }) => member === 'image' || member === 'video',
  )
  return shown.flatMap(({ cid }) => store.blobs.get(`${did} ${cid}`)?.sha256 || [])
}
