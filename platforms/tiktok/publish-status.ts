import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import { askTiktok } from './request.ts'

const idSchema = z.union([z.string(), z.number()]).transform(String)

const statusSchema = z.object({
  data: z.object({
    status: z.string(),
    fail_reason: z.string().nullish(),
    // TikTok's own spelling.
    publicaly_available_post_id: z.array(idSchema).nullish(),
    uploaded_bytes: z.number().nullish(),
  }),
})

export interface PublishStatus {
  /** `PROCESSING_UPLOAD`, `PROCESSING_DOWNLOAD`, `SEND_TO_USER_INBOX`, `PUBLISH_COMPLETE`, `FAILED`. */
  status: string
  failReason: string
  postIds: readonly string[]
  uploadedBytes: number | undefined
}

/** https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status (30 a minute) */
export async function readPublishStatus(
  hosts: PlatformHosts,
  publishId: string,
  access: Pick<Access, 'accessToken'>,
  call: Call,
): Promise<PublishStatus> {
  const request = { path: '/v2/post/publish/status/fetch/', json: { publish_id: publishId } }
  const { data } = await askTiktok(hosts, request, statusSchema, access, { call })
  return {
    status: data.status,
    failReason: data.fail_reason ?? '',
    postIds: data.publicaly_available_post_id ?? [],
    uploadedBytes: data.uploaded_bytes ?? undefined,
  }
}

/** Undefined when TikTok does not know the id (any more). */
export async function knownPublishStatus(
  hosts: PlatformHosts,
  publishId: string,
  access: Pick<Access, 'accessToken'>,
  call: Call,
): Promise<PublishStatus | undefined> {
  try {
    return await readPublishStatus(hosts, publishId, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'tiktok_invalid_request')
      return undefined
    throw error
  }
}
