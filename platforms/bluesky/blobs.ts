import { z } from 'zod'
import { readJson } from '../ask.ts'
import type { XrpcFile } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { type Blob, blobSchema } from './prepared-state.ts'
import type { Preparation } from './video.ts'

const uploadedSchema = z.object({ blob: blobSchema })

/** https://docs.bsky.app/docs/api/com-atproto-repo-upload-blob */
export async function uploadBlob(work: Preparation, file: XrpcFile): Promise<Blob> {
  const { client, access, call } = work
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const answer = await client.upload(xrpc, 'com.atproto.repo.uploadBlob', file)
  return readJson(BLUESKY_DIALECT, answer, uploadedSchema).blob
}
