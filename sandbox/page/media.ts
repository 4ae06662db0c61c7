import type { RequestHandler } from 'express'
import { fileTypeFromFile } from 'file-type'
import type { MediaShelf } from '../core/shelf.ts'

/** GET /_sandbox/media/:sha256: a file as a visitor of a platform loads it. */
export function showFile(shelf: MediaShelf): RequestHandler {
  return async (req, res) => {
    const name = shelf.bySha256(String(req.params.sha256))
    if (name === undefined) {
      res.status(404).json({ error: 'not_found', message: 'no such file' })
      return
    }
    const path = shelf.pathOf(name)
    const type = await fileTypeFromFile(path)
    res.set('content-type', type?.mime ?? 'application/octet-stream')
    // Clients sent these bytes: a browser must not take them for a page.
    res.set({ 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' })
    res.sendFile(path, { dotfiles: 'allow', cacheControl: false, etag: false, lastModified: false })
  }
}

/** Brands of image files in the container that MP4 has too. */
const IMAGE_BRANDS = ['avif', 'avis', 'heic', 'heix', 'mif1']

/** A file of a post as a visitor sees it; nothing when the shelf no longer has it. */
export function mediaTag(shelf: MediaShelf, sha256: string): string {
  const name = shelf.bySha256(sha256)
  if (name === undefined || !/^[0-9a-f]{64}$/.test(sha256)) return ''
  const url = `/_sandbox/media/${sha256}`
  switch (kindOf(shelf.head(name, 12))) {
    case 'image':
      return `<img src="${url}" alt="" loading="lazy">`
    case 'video':
      return `<video src="${url}" controls preload="metadata"></video>`
    case 'document':
      return `<a href="${url}">Document</a>`
  }
}

/** By the first bytes, because the page is built synchronously. */
function kindOf(head: Buffer): 'image' | 'video' | 'document' {
  const isMp4 = head.toString('latin1', 4, 8) === 'ftyp'
  if (isMp4) return IMAGE_BRANDS.includes(head.toString('latin1', 8, 12)) ? 'image' : 'video'
  if (head.subarray(0, 4).equals(Buffer.from([0x1a, 0x45, 0xdf, 0xa3]))) return 'video'
  const text = head.toString('latin1')
  const isOffice = text.startsWith('PK') || head[0] === 0xd0
  return text.startsWith('%PDF') || isOffice ? 'document' : 'image'
}
