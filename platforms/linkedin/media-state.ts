import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Draft, Prepared } from '../connector.ts'

/** One file on its way to LinkedIn. */
const assetSchema = z.object({
  urn: z.string(),
  /** Of each part of a video that arrived, in order. */
  etags: z.array(z.string()),
  uploaded: z.boolean(),
  ready: z.boolean(),
  /** Epoch milliseconds until which the addresses of the upload work. */
  expiresAt: z.number().optional(),
})

const stateSchema = z.object({ assets: z.array(assetSchema) })

export type Asset = z.output<typeof assetSchema>

/** Where one file's progress is kept: the assets before it stay as they are. */
export interface AssetBench {
  asset: Asset | undefined
  secrets: Prepared['secrets'] | undefined
  save(asset: Asset, secrets?: Prepared['secrets']): Promise<void>
}

/** Files of a draft in the order of their assets: those of the post, then a link's picture. */
export function filesOf(draft: Draft): readonly Media[] {
  const thumbnail = draft.attached.thumbnail_media_id
  return thumbnail === undefined ? draft.media : [...draft.media, thumbnail]
}

export function readAssets(prepared: Prepared | undefined): Asset[] {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data.assets : []
}

export function toPrepared(
  assets: readonly Asset[],
  secrets: Prepared['secrets'] | undefined,
): Prepared {
  return { state: { assets }, ...(secrets === undefined ? {} : { secrets }) }
}
