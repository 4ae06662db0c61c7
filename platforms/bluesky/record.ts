import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Committed, Draft, PublishedRef, Warning } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { makeEmbed } from './embed.ts'
import type { BlueskyState, StrongRef } from './prepared-state.ts'
import { blueskySettings } from './settings.ts'
import { recordKey } from './tid.ts'

export const COLLECTION = 'app.bsky.feed.post'

export const writtenSchema = z.object({
  uri: z.string().startsWith('at://'),
  cid: z.string().min(1),
})

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json */
export function makeRecord(draft: Draft, state: BlueskyState): Readonly<Record<string, unknown>> {
  const settings = parseSettings(blueskySettings, draft.settings)
  const { facets = [] } = state
  const reply = replyOf(draft, state)
  const embed = makeEmbed(draft, state)
  const labels = settings.labels?.map((val) => ({ val }))
  return {
    $type: COLLECTION,
    text: draft.text,
    createdAt: draft.createdAt.toISOString(),
    ...(facets.length > 0 ? { facets } : {}),
    ...(reply ? { reply } : {}),
    ...(embed ? { embed } : {}),
    ...(settings.langs?.length ? { langs: settings.langs } : {}),
    ...(settings.tags?.length && draft.role === 'post' ? { tags: settings.tags } : {}),
    ...(labels?.length
      ? { labels: { $type: 'com.atproto.label.defs#selfLabels', values: labels } }
      : {}),
  }
}

export function keyOf(draft: Draft): string {
  return recordKey(draft.createdAt, draft.idempotencyKey)
}

/** `at://{did}/{collection}/{key}` */
export function partsOfUri(uri: string): { collection: string; rkey: string } {
  const [collection = COLLECTION, rkey = ''] = uri.replace('at://', '').split('/').slice(1)
  return { collection, rkey }
}

export function blueskyPost(
  hosts: PlatformHosts,
  access: Access,
  written: z.output<typeof writtenSchema>,
  warnings: readonly Warning[] = [],
): Committed {
  return {
    platformPostId: written.uri,
    permalink: permalinkOf(hosts, access, written.uri),
    metadata: { cid: written.cid },
    ...(warnings.length > 0 ? { warnings } : {}),
  }
}

export function permalinkOf(hosts: PlatformHosts, access: Access, uri: string): string {
  const web = hosts.webBaseUrl ?? 'https://bsky.app'
  return `${web}/profile/${access.accountId}/post/${partsOfUri(uri).rkey}`
}

/** Both ends of the thread; an addition to the post is nothing to answer. */
export function answeredBy({
  root,
  parent,
}: Draft): { root: PublishedRef; parent: PublishedRef } | undefined {
  if (!root) return undefined
  const isPost = parent && partsOfUri(parent.platformPostId).collection === COLLECTION
  return { root, parent: isPost ? parent : root }
}

/** By exact versions: known since the parts were written, or read while preparing. */
function replyOf(draft: Draft, { answered }: BlueskyState) {
  if (answered) return answered
  const known = answeredBy(draft)
  return known && { root: strongRef(known.root), parent: strongRef(known.parent) }
}

function strongRef({ platformPostId: uri, metadata }: PublishedRef): StrongRef {
  const cid = metadata?.cid
  if (cid) return { uri, cid }
  const message = 'Clarion does not know which version of the post this part answers.'
  throw rejected({ code: 'bluesky_parent_unknown', message })
}
