import type { MediaFacts } from '../domain/media.ts'
import { type ByteRange, type MediaStore, storageKeyOf } from './media-store.ts'
import type { MediaUrls } from './media-urls.ts'

/** A tenant's files as connectors read them. */
export interface TenantMedia {
  read(media: MediaFacts, range?: ByteRange): AsyncIterable<Uint8Array>
  exists(media: MediaFacts): Promise<boolean>
  url(media: MediaFacts, ttlMs?: number): string
}

export interface MediaSourceParts {
  store: MediaStore
  urls: MediaUrls
  tenantId: string
}

export function makeMediaSource({ store, urls, tenantId }: MediaSourceParts): TenantMedia {
  return {
    read: (media, range = { start: 0, end: media.bytes }) =>
      store.read(storageKeyOf(tenantId, media.sha256), range),
    exists: (media) => store.exists(storageKeyOf(tenantId, media.sha256)),
    url: (media, ttlMs) => urls.urlOf(tenantId, media, ttlMs),
  }
}
