import type { Media } from '../../domain/media.ts'
import type { Draft, Prepared, Warning } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { parseSettings } from '../settings.ts'
import { uploadBlob } from './blobs.ts'
import { makeCard } from './link-card.ts'
import { makeFacets } from './mentions.ts'
import { type BlueskyState, readState } from './prepared-state.ts'
import { blueskySettings } from './settings.ts'
import { readAnswered, readQuote } from './strong-ref.ts'
import { awaitVideo, type Preparation, uploadVideo } from './video.ts'

/** Finds out and uploads everything a record refers to; what is known already is not done again. */
export async function prepareBluesky(draft: Draft, work: Preparation): Promise<Prepared> {
  if (draft.role === 'extra') return { state: {} }
  let state = readState(work.bench.prepared)
  const keep = async (more: BlueskyState) => {
    state = { ...state, ...more }
    await work.bench.save({ state })
  }
  for (const [index, media] of draft.media.entries()) {
    const { blobs = [] } = state
    if (blobs[index]) continue
    if (media.kind === 'video') await bringVideo(work, media, state, keep)
    else await keep({ blobs: [...blobs, await uploadFile(work, media)] })
  }
  const settings = draft.role === 'post' ? parseSettings(blueskySettings, draft.settings) : {}
  if (settings.quote_uri && !state.quote) {
    await keep({ quote: await readQuote(work, settings.quote_uri) })
  }
  if (settings.link_card && !state.card) {
    const { card, warnings } = await makeCard(work, draft, settings.link_card)
    await keep({ ...(card ? { card } : {}), warnings })
  }
  const { client, access, call } = work
  const answered = state.answered ?? (await readAnswered(work, draft))
  const facets = state.facets ?? (await makeFacets(client, draft.text, access, call))
  return { state: { ...state, ...(answered ? { answered } : {}), facets } }
}

/** By the video service; straight into the repository where the server has none. */
async function bringVideo(
  work: Preparation,
  media: Media,
  state: BlueskyState,
  keep: (more: BlueskyState) => Promise<void>,
): Promise<void> {
  const videoJobId = state.videoJobId ?? (await uploadVideo(work, media))
  if (videoJobId === undefined) return keep({ blobs: [await uploadFile(work, media)] })
  if (state.videoJobId === undefined) await keep({ videoJobId })
  await keep({ blobs: [await awaitVideo(work, videoJobId, media)] })
}

function uploadFile(work: Preparation, media: Media) {
  const body = mediaBody(work.call.media, media)
  return uploadBlob(work, { body, mimeType: media.mimeType })
}

export function warningsOf(draft: Draft, { warnings = [] }: BlueskyState): Warning[] {
  if (!draft.media.some(({ kind, frames = 2 }) => kind === 'gif' && frames > 1)) return warnings
  const message = 'Bluesky shows GIFs as still pictures. Use a video for movement.'
  return [...warnings, { code: 'bluesky_gif_stands_still', message }]
}
