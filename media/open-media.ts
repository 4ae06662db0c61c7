import { openDiskStore } from './disk-store.ts'
import { makeMediaSource, type TenantMedia } from './media-source.ts'
import type { MediaStore } from './media-store.ts'
import { type MediaUrls, makeMediaUrls } from './media-urls.ts'
import type { S3Settings } from './s3-store.ts'
import { urlSecretOf } from './url-secret.ts'

/** As `config.media` has it. */
export interface MediaSettings {
  /** Files of the disk store; of S3 only those on their way in. */
  dir: string
  /** Missing: the disk store. */
  s3?: S3Settings
  /** Where platforms reach the API. */
  baseUrl: string
  /** Missing: the one of `urlSecretFile`, which is made when it is not there. */
  urlSecret?: string
  urlSecretFile: string
  maxBytes: number
}

export interface Media {
  store: MediaStore
  urls: MediaUrls
  /** Largest file that is taken. */
  maxBytes: number
  /** A tenant's files as connectors read them. */
  source(tenantId: string): TenantMedia
  close(): Promise<void>
}

/** The media of one process: API and workers of an installation open the same. */
export async function openMedia(
  settings: MediaSettings,
  now: () => number = Date.now,
): Promise<Media> {
  const { dir, s3, baseUrl, maxBytes } = settings
  const secret = settings.urlSecret ?? (await urlSecretOf(settings.urlSecretFile))
  const store = s3 === undefined ? await openDiskStore(dir) : await openBucket(s3, dir)
  const urls = makeMediaUrls({ baseUrl, secret, now })
  return {
    store,
    urls,
    maxBytes,
    source: (tenantId) => makeMediaSource({ store, urls, tenantId }),
    close: () => store.close(),
  }
}

/** Loaded where it is used: the client of S3 takes tens of megabytes. */
async function openBucket(settings: S3Settings, dir: string): Promise<MediaStore> {
  const { openS3Store } = await import('./s3-store.ts')
  return openS3Store(settings, dir)
}
