import { join } from 'node:path'
import type { z } from 'zod'
import type { MEDIA_VARIABLES } from './media-variables.ts'

/** Files of posts. `s3` is missing where they are kept on disk. */
export interface MediaConfig {
  dir: string
  s3?: S3Config
  /** Where platforms reach the API to fetch files. */
  baseUrl: string
  /** Missing: the secret of `urlSecretFile`, made at the first start. */
  urlSecret?: string
  urlSecretFile: string
  maxBytes: number
}

export interface S3Config {
  endpoint?: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  forcePathStyle: boolean
}

type MediaValues = {
  [K in keyof typeof MEDIA_VARIABLES]: z.output<(typeof MEDIA_VARIABLES)[K]['schema']>
}

/** `baseUrl` is where the platforms' callbacks arrive, which they reach by definition. */
export function mediaConfig(values: MediaValues, home: string, baseUrl: string): MediaConfig {
  return {
    dir: values.MEDIA_DIR ?? join(home, 'media'),
    s3: values.MEDIA_STORE === 's3' ? s3Config(values) : undefined,
    baseUrl,
    urlSecret: values.MEDIA_URL_SECRET,
    urlSecretFile: join(home, 'media-url-secret'),
    maxBytes: values.MEDIA_MAX_BYTES,
  }
}

/** What is missing was told as a fault before. */
function s3Config(values: MediaValues): S3Config {
  return {
    endpoint: values.MEDIA_S3_ENDPOINT,
    bucket: values.MEDIA_S3_BUCKET ?? '',
    region: values.MEDIA_S3_REGION,
    accessKeyId: values.MEDIA_S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: values.MEDIA_S3_SECRET_ACCESS_KEY ?? '',
    forcePathStyle: values.MEDIA_S3_FORCE_PATH_STYLE,
  }
}

/** Names every variable that the bucket lacks. */
export function missingOfS3(values: Readonly<Record<string, unknown>>): string[] {
  if (values.MEDIA_STORE !== 's3') return []
  return ['MEDIA_S3_BUCKET', 'MEDIA_S3_ACCESS_KEY_ID', 'MEDIA_S3_SECRET_ACCESS_KEY'].flatMap(
    (name) => (values[name] === undefined ? [`MEDIA_STORE=s3 needs ${name}`] : []),
  )
}
