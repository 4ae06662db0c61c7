import { z } from 'zod'
import { define, flag, optional, text, url, whole } from './variables.ts'

/** Files of posts, and the addresses by which platforms fetch them. API and workers agree on all. */
export const MEDIA_VARIABLES = {
  MEDIA_STORE: define('Where files are kept: disk or s3.', 'disk', {
    schema: z.enum(['disk', 's3'], { error: 'must be disk or s3' }).default('disk'),
  }),
  MEDIA_DIR: define(
    'Folder of the files, shared by all processes; with s3 only of those on their way in. Default: inside CLARION_HOME.',
    '.clarion/media',
    { schema: optional },
  ),
  MEDIA_S3_ENDPOINT: define('S3-compatible service. Default: Amazon’s.', 'https://s3.example', {
    schema: url.optional(),
  }),
  MEDIA_S3_BUCKET: define('Bucket of the files.', 'clarion-media', { schema: optional }),
  MEDIA_S3_REGION: define('Region of the bucket.', 'eu-central-1', {
    schema: text.default('us-east-1'),
  }),
  MEDIA_S3_ACCESS_KEY_ID: define('Access key of the bucket.', 'AKIA…', { schema: optional }),
  MEDIA_S3_SECRET_ACCESS_KEY: define('Secret of that key.', 'wJalr…', { schema: optional }),
  MEDIA_S3_FORCE_PATH_STYLE: define(
    'Address the bucket by path in place of host name, as most services besides Amazon’s need.',
    'true',
    { schema: flag },
  ),
  MEDIA_URL_SECRET: define(
    'Signs the addresses that platforms fetch files by. Default: one made inside CLARION_HOME.',
    'at-least-32-random-characters-long',
    { schema: z.string().min(32, 'must have at least 32 characters').optional() },
  ),
  MEDIA_MAX_BYTES: define('Largest file that is taken.', '4294967296', {
    schema: whole(1, 1_099_511_627_776).default(4_294_967_296),
  }),
} as const
