import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { type ByteRange, MediaMissing, type MediaStore, type StagedFile } from './media-store.ts'
import { openStaging } from './staging.ts'

/** Any service with the S3 interface; without an endpoint Amazon's own. */
export interface S3Settings {
  endpoint?: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** `endpoint/bucket/key` in place of `bucket.endpoint/key`. */
  forcePathStyle: boolean
}

/**
 * Bytes of one request, in both directions: a slow reader holds no connection longer than it takes
 * for these. Services take at most 10,000 parts of an upload, so 80 GB fit.
 */
const PART_BYTES = 8 * 1024 * 1024
const PARTS_AT_ONCE = 2

/** Objects of one bucket; files on their way in are in `folder`, on this machine. */
export async function openS3Store(settings: S3Settings, folder: string): Promise<MediaStore> {
  const staging = await openStaging(join(folder, 'staging'))
  const { endpoint, region, forcePathStyle, accessKeyId, secretAccessKey, bucket } = settings
  const client = new S3Client({
    ...{ endpoint, region, forcePathStyle },
    credentials: { accessKeyId, secretAccessKey },
    // Other services than Amazon's know no trailing checksums; ours is the SHA-256 in the key.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const place = (key: string) => ({ Bucket: bucket, Key: key })
  const exists = (key: string) => hasObject(client, place(key))
  return {
    receive: staging.receive,
    keep: async (staged, key) => {
      if (!(await exists(key))) await upload(client, place(key), staged)
    },
    read: (key, range) => readParts(client, place(key), range),
    exists,
    remove: async (key) => {
      await client.send(new DeleteObjectCommand(place(key)))
    },
    close: async () => client.destroy(),
  }
}

interface Place {
  Bucket: string
  Key: string
}

async function hasObject(client: S3Client, place: Place): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand(place))
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** In parts, which the service puts together at the end: the object appears whole or not at all. */
async function upload(client: S3Client, place: Place, staged: StagedFile): Promise<void> {
  const body = createReadStream(staged.path, { highWaterMark: 256 * 1024 })
  const params = { ...place, Body: body }
  try {
    const parts = { partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }
    await new Upload({ client, params, ...parts, leavePartsOnError: false }).done()
  } finally {
    body.destroy()
  }
}

async function* readParts(
  client: S3Client,
  place: Place,
  { start, end }: ByteRange,
): AsyncIterable<Uint8Array> {
  for (let at = start; at < end; at += PART_BYTES) {
    const last = Math.min(at + PART_BYTES, end) - 1
    yield* readPart(client, place, at, last)
  }
}

/** `last` is included, as HTTP counts. */
async function* readPart(
  client: S3Client,
  place: Place,
  first: number,
  last: number,
): AsyncIterable<Uint8Array> {
  const command = new GetObjectCommand({ ...place, Range: `bytes=${first}-${last}` })
  const { Body } = await client.send(command).catch((error: unknown) => {
    throw isNotFound(error) ? new MediaMissing(place.Key) : error
  })
  let missing = last - first + 1
  if (Body !== undefined && Symbol.asyncIterator in Body) {
    for await (const chunk of Body) {
      missing -= chunk.length
      yield chunk
    }
  }
  if (missing !== 0) throw new MediaMissing(place.Key)
}

/** HEAD has no body to tell the kind of error by. */
function isNotFound(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404
}
