import { z } from 'zod'
import { transient } from '../../domain/failures.ts'
import type { Draft, Prepared, Workbench } from '../connector.ts'
import { type Progress, untilProcessed } from '../processing.ts'
import { parseSettings } from '../settings.ts'
import { isProcessed, sendMedia, type Uploader } from './media.ts'
import { mastodonSettings } from './settings.ts'

const stateSchema = z.object({ mediaIds: z.array(z.string()) })

/** Brings the files of a draft to the instance and waits until they may be used. */
export async function prepareMastodon(
  draft: Draft,
  uploader: Uploader,
  bench: Workbench,
): Promise<Prepared> {
  const { focus = [] } = parseSettings(mastodonSettings, draft.settings)
  const mediaIds = readMediaIds(bench.prepared)
  const waiting = new Set(mediaIds.keys())
  for (const [index, media] of draft.media.entries()) {
    if (mediaIds[index] !== undefined) continue
    const spot = draft.role === 'post' ? focus[index] : undefined
    const { id, isReady } = await sendMedia(uploader, media, spot)
    mediaIds[index] = id
    if (!isReady) waiting.add(index)
    await bench.save({ state: { mediaIds } })
  }
  for (const [index, media] of draft.media.entries()) {
    const id = mediaIds[index]
    if (id === undefined || !waiting.has(index)) continue
    const look = async (): Promise<Progress<true>> =>
      (await isProcessed(uploader, id, media)) ? { done: true } : {}
    await untilProcessed(bench, look, stillProcessing)
  }
  return { state: { mediaIds } }
}

/** Ids of the uploaded files, in the order of the draft's. */
export function readMediaIds(prepared: Prepared | undefined): string[] {
  const parsed = stateSchema.safeParse(prepared?.state)
  return parsed.success ? parsed.data.mediaIds : []
}

/** The same, all of them: a post must never appear without its files. */
export function uploadedIds(draft: Draft, prepared: Prepared | undefined): string[] {
  const ids = readMediaIds(prepared)
  if (ids.length >= draft.media.length) return ids.slice(0, draft.media.length)
  const message =
    'The files of the post are not at the Mastodon server yet. They are uploaded again.'
  throw transient({ code: 'mastodon_not_prepared', message, startOver: true })
}

function stillProcessing() {
  const message = 'The Mastodon server is still working on a file. Clarion looks again.'
  return transient({ code: 'mastodon_still_processing', message })
}
