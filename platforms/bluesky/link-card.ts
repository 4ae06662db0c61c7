import { PlatformFailure } from '../../domain/failures.ts'
import type { Draft, Warning } from '../connector.ts'
import { uploadBlob } from './blobs.ts'
import { findSpans } from './facets.ts'
import { type Fetched, fetchPage } from './fetch-page.ts'
import { type OpenGraph, readOpenGraph } from './open-graph.ts'
import type { Blob, Card } from './prepared-state.ts'
import type { BlueskySettings } from './settings.ts'
import type { Preparation } from './video.ts'

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/external.json */
const PICTURE = { accept: 'image/*', maxBytes: 1_000_000 }
const THUMB_TYPE = /^image\/(jpeg|png|webp|gif)$/i
/** What pages say of themselves stands at their beginning. */
const PAGE = { accept: 'text/html,application/xhtml+xml', maxBytes: 1_000_000 }

/** The card of a post: what settings say, the rest by the page itself. */
export async function makeCard(
  work: Preparation,
  draft: Draft,
  asked: BlueskySettings['link_card'],
): Promise<{ card?: Card; warnings: Warning[] }> {
  if (!asked) return { warnings: [] }
  const given: { title?: string; description?: string } = asked === true ? {} : asked
  const url = URL.parse((asked === true ? firstLink(draft.text) : asked.url) ?? '')
  if (url === null) return { warnings: [] }
  const page = await fetchPage(url, PAGE, work.call)
  const read: OpenGraph = page ? readOpenGraph(textOf(page)) : {}
  const thumb =
    page && read.image ? await makeThumb(work, URL.parse(read.image, page.url.href)) : undefined
  const card = {
    uri: url.href,
    title: given.title ?? read.title?.slice(0, 300) ?? url.host,
    description: given.description ?? read.description?.slice(0, 1000) ?? '',
    ...(thumb ? { thumb } : {}),
  }
  return { card, warnings: page || given.title ? [] : [withoutPreview(url)] }
}

/** The page's picture; one that is too large or cannot be had is left out. */
async function makeThumb(work: Preparation, url: URL | null): Promise<Blob | undefined> {
  if (url === null) return undefined
  const picture = await fetchPage(url, PICTURE, work.call)
  const mimeType = picture?.mimeType ?? ''
  if (!picture || picture.isCut || picture.bytes.length === 0 || !THUMB_TYPE.test(mimeType)) {
    return undefined
  }
  try {
    return await uploadBlob(work, { body: picture.bytes, mimeType })
  } catch (error) {
    // Somebody else's picture: a refusal of it is no reason to refuse the post.
    if (error instanceof PlatformFailure && error.kind === 'rejected') return undefined
    throw error
  }
}

function textOf({ bytes, charset }: Fetched): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // A name nobody knows: most pages are UTF-8 whatever they say.
    return new TextDecoder().decode(bytes)
  }
}

function firstLink(text: string): string | undefined {
  for (const span of findSpans(text)) if (span.kind === 'link') return span.uri
  return undefined
}

function withoutPreview(url: URL): Warning {
  const message = `The page at ${url.host} could not be read, so its card shows the address only.`
  return { code: 'bluesky_card_without_preview', message }
}
