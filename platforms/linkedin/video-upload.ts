import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { readJson } from '../ask.ts'
import type { Prepared, PublishCall } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { LINKEDIN_DIALECT } from './errors.ts'
import type { Asset, AssetBench } from './media-state.ts'
import { readStatus } from './media-status.ts'
import { type Account, askRest } from './rest.ts'
import { putBytes, uploadRefused } from './upload.ts'

const instructionSchema = z.object({
  uploadUrl: z.url(),
  firstByte: z.number().int().min(0),
  lastByte: z.number().int().min(0),
})

const initializedSchema = z.object({
  value: z.object({
    video: z.string(),
    uploadToken: z.string().default(''),
    uploadUrlsExpireAt: z.number().optional(),
    uploadInstructions: z.array(instructionSchema).min(1),
  }),
})

const planSchema = z.object({ token: z.string(), parts: z.array(instructionSchema) })

/** Addresses and token of an upload, any of which lets its holder write: a secret. */
type Plan = z.output<typeof planSchema>
type Started = { asset: Asset; plan: Plan }

/** New addresses are asked for when the old ones have less than this left. */
const LEAST_LEFT_MS = 60_000

/**
 * A video in the parts of 4 MiB that LinkedIn cuts it into, remembered one by one.
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api
 */
export async function uploadVideo(
  account: Account & { call: PublishCall },
  file: Media,
  place: AssetBench,
): Promise<Asset> {
  const started = resumable(place) ?? (await begin(account, file, place))
  const { plan } = started
  let { asset } = started
  for (const part of plan.parts.slice(asset.etags.length)) {
    const range = { start: part.firstByte, end: part.lastByte + 1 }
    const body = mediaBody(account.call.media, file, range)
    const options = { signed: false, mimeType: 'application/octet-stream' }
    const { headers } = await putBytes(account, part.uploadUrl, body, options)
    const etag = headers.get('etag')
    if (!etag) throw uploadRefused()
    asset = { ...asset, etags: [...asset.etags, etag] }
    await place.save(asset, secretsOf(plan))
  }
  await finalize(account, file, asset, plan.token)
  return { ...asset, uploaded: true }
}

/** What an earlier try left, while its addresses still work. */
function resumable({ asset, secrets }: AssetBench): Started | undefined {
  if (asset === undefined || secrets?.video_upload === undefined) return undefined
  if ((asset.expiresAt ?? Infinity) < Date.now() + LEAST_LEFT_MS) return undefined
  return { asset, plan: planSchema.parse(JSON.parse(secrets.video_upload)) }
}

async function begin(account: Account, file: Media, place: AssetBench): Promise<Started> {
  const owner = account.access.accountId
  const wanted = { fileSizeBytes: file.bytes, uploadCaptions: false, uploadThumbnail: false }
  const answer = await askRest(account, {
    method: 'POST',
    path: '/videos',
    query: { action: 'initializeUpload' },
    json: { initializeUploadRequest: { owner, ...wanted } },
  })
  const { value } = readJson(LINKEDIN_DIALECT, answer, initializedSchema)
  const parts = value.uploadInstructions.toSorted((a, b) => a.firstByte - b.firstByte)
  const plan = { token: value.uploadToken, parts }
  const expiresAt = value.uploadUrlsExpireAt
  const ends = expiresAt === undefined ? {} : { expiresAt }
  const asset: Asset = { urn: value.video, etags: [], uploaded: false, ready: false, ...ends }
  await place.save(asset, secretsOf(plan))
  return { asset, plan }
}

/** A refusal may mean that an earlier try did it, whose answer was lost: the status tells. */
async function finalize(
  account: Account,
  file: Media,
  { urn, etags }: Asset,
  uploadToken: string,
): Promise<void> {
  try {
    await askRest(account, {
      method: 'POST',
      path: '/videos',
      query: { action: 'finalizeUpload' },
      json: { finalizeUploadRequest: { video: urn, uploadToken, uploadedPartIds: etags } },
    })
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.kind !== 'rejected') throw error
    const seen = await readStatus(account, file, urn)
    if (seen === undefined || seen.status === 'WAITING_UPLOAD')
      throw uploadRefused(error.httpStatus)
  }
}

function secretsOf(plan: Plan): Prepared['secrets'] {
  return { video_upload: JSON.stringify(plan) }
}
