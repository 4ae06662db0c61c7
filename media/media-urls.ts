import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MediaFacts } from '../domain/media.ts'

export interface MediaUrlOptions {
  /** Where platforms reach the API, without trailing slash. */
  baseUrl: string
  /** Shared by all processes of an installation. */
  secret: string
  /** Epoch ms. */
  now(): number
}

/** The parts of an address, as the API's router takes it apart. */
export interface MediaAddress {
  tenantId: string
  mediaId: string
  name: string
  /** Epoch seconds. */
  expires: string
  signature: string
}

type Named = Pick<MediaFacts, 'id' | 'fileName' | 'mimeType'>

export interface MediaUrls {
  /** An address that anybody may read until it ends, an hour from now unless told otherwise. */
  urlOf(tenantId: string, media: Named, ttlMs?: number): string
  /** False for forged, changed and ended addresses alike. */
  isValid(address: MediaAddress): boolean
}

const HOUR_MS = 3_600_000

/** Addresses that carry their own right: HMAC-SHA256 over tenant, file, name and end. */
export function makeMediaUrls({ baseUrl, secret, now }: MediaUrlOptions): MediaUrls {
  return {
    urlOf(tenantId, media, ttlMs = HOUR_MS) {
      const name = publicName(media)
      const expires = String(Math.ceil((now() + ttlMs) / 1000))
      const signature = sign(secret, { tenantId, mediaId: media.id, name, expires })
      const path = `${baseUrl}/media/${tenantId}/${media.id}/${name}`
      return `${path}?expires=${expires}&signature=${signature}`
    },
    isValid(address) {
      const expected = Buffer.from(sign(secret, address))
      const given = Buffer.from(address.signature)
      // Compared before the end is looked at, so that nothing shows which of both was wrong.
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
      return isOurs && Number(address.expires) * 1000 > now()
    },
  }
}

function sign(secret: string, address: Omit<MediaAddress, 'signature'>): string {
  const { tenantId, mediaId, name, expires } = address
  // The first line keeps signatures of other uses of the secret apart, and of later forms.
  const text = ['media.v1', tenantId, mediaId, name, expires].join('\n')
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/** What platforms look at to tell the type by. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/x-m4v': 'm4v',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'application/pdf': 'pdf',
}

/** The file's name in characters that every client passes on unchanged, its type at the end. */
export function publicName({ fileName, mimeType }: Pick<Named, 'fileName' | 'mimeType'>): string {
  const [, stem = fileName, given = 'bin'] = /^(.*)\.([A-Za-z0-9]{1,8})$/s.exec(fileName) ?? []
  const slug = stem
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
  return `${slug || 'file'}.${EXTENSIONS[mimeType] ?? given.toLowerCase()}`
}
