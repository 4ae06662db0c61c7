import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import { readJson } from '../ask.ts'
import type { Draft, Prepared, PublishCall, Workbench } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { LINKEDIN_DIALECT } from './errors.ts'
import { type Asset, type AssetBench, filesOf, readAssets, toPrepared } from './media-state.ts'
import { ENDPOINTS, untilAvailable } from './media-status.ts'
import { type Account, askRest } from './rest.ts'
import { putBytes } from './upload.ts'
import { uploadVideo } from './video-upload.ts'

type Publisher = Account & { call: PublishCall }

const initializedSchema = z.object({
  value: z.object({
    uploadUrl: z.url(),
    image: z.string().optional(),
    document: z.string().optional(),
  }),
})

/** Brings all files of a draft to LinkedIn, one after the other. */
export async function prepare(
  account: Publisher,
  draft: Draft,
  bench: Workbench,
): Promise<Prepared> {
  let assets = readAssets(bench.prepared)
  for (const [index, file] of filesOf(draft).entries()) {
    const save = async (asset: Asset, secrets?: Prepared['secrets']) => {
      assets = [...assets.slice(0, index), asset, ...assets.slice(index + 1)]
      await bench.save(toPrepared(assets, secrets))
    }
    // Only the file that is being sent has secrets, and it is always the last one.
    const place = { asset: assets[index], secrets: bench.prepared?.secrets, save }
    await bringFile(account, file, place, bench)
  }
  return toPrepared(assets, undefined)
}

async function bringFile(
  account: Publisher,
  file: Media,
  place: AssetBench,
  bench: Workbench,
): Promise<void> {
  if (place.asset?.ready) return
  const sent = await sendFile(account, file, place)
  await place.save(sent)
  await untilAvailable(account, file, sent.urn, bench)
  await place.save({ ...sent, ready: true })
}

async function sendFile(account: Publisher, file: Media, place: AssetBench): Promise<Asset> {
  if (place.asset?.uploaded) return place.asset
  return file.kind === 'video' ? uploadVideo(account, file, place) : uploadWhole(account, file)
}

/**
 * Pictures and documents are sent in one request; an address whose answer was lost is thrown away.
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api
 */
async function uploadWhole(account: Publisher, file: Media): Promise<Asset> {
  const answer = await askRest(account, {
    method: 'POST',
    path: ENDPOINTS[file.kind],
    query: { action: 'initializeUpload' },
    json: { initializeUploadRequest: { owner: account.access.accountId } },
  })
  const { value } = readJson(LINKEDIN_DIALECT, answer, initializedSchema)
  const body = mediaBody(account.call.media, file)
  await putBytes(account, value.uploadUrl, body, { signed: true, mimeType: file.mimeType })
  const urn = value.image ?? value.document ?? ''
  return { urn, etags: [], uploaded: true, ready: false }
}
