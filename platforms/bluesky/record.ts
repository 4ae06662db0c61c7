import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Draft } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import type { BlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { findSpans, toFacets } from './facets.ts'
import { blueskySettings } from './limits.ts'
import { recordKey } from './tid.ts'

export const COLLECTION = 'app.bsky.feed.post'

export const writtenSchema = z.object({
  uri: z.string().startsWith('at://'),
  cid: z.string().min(1),
})
const resolvedSchema = z.object({ did: z.string().startsWith('did:') })

/** Every try of one publish intent makes the same record, but for mentions that moved meanwhile. */
export async function makeRecord(
  client: BlueskyClient,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Readonly<Record<string, unknown>>> {
  const settings = parseSettings(blueskySettings, draft.settings)
  const spans = findSpans(draft.text)
  const handles = spans.flatMap((span) => (span.kind === 'mention' ? [span.handle] : []))
  const didOf = await resolveHandles(client, new Set(handles), access, call)
  const facets = toFacets(draft.text, spans, didOf)
  const labels = settings.labels?.map((val) => ({ val }))
  return {
    $type: COLLECTION,
    text: draft.text,
    createdAt: draft.createdAt.toISOString(),
    ...(facets.length > 0 ? { facets } : {}),
    ...(settings.langs?.length ? { langs: settings.langs } : {}),
    ...(settings.tags?.length ? { tags: settings.tags } : {}),
    ...(labels?.length
      ? { labels: { $type: 'com.atproto.label.defs#selfLabels', values: labels } }
      : {}),
  }
}

export function keyOf(draft: Draft): string {
  return recordKey(draft.createdAt, draft.idempotencyKey)
}

export function blueskyPost(
  hosts: PlatformHosts,
  access: Access,
  written: z.output<typeof writtenSchema>,
): Committed {
  const web = hosts.webBaseUrl ?? 'https://bsky.app'
  const rkey = written.uri.split('/').at(-1) ?? ''
  return {
    platformPostId: written.uri,
    permalink: `${web}/profile/${access.accountId}/post/${rkey}`,
    metadata: { cid: written.cid },
  }
}

async function resolveHandles(
  client: BlueskyClient,
  handles: ReadonlySet<string>,
  access: Access,
  call: Call,
): Promise<Map<string, string>> {
  const entries = await Promise.all(
    [...handles].map(
      async (handle) => [handle, await resolve(client, handle, access, call)] as const,
    ),
  )
  return new Map(entries.flatMap(([handle, did]) => (did === undefined ? [] : [[handle, did]])))
}

/** Undefined when nobody owns the handle; trouble of the server is thrown, nothing is sent yet. */
async function resolve(
  client: BlueskyClient,
  handle: string,
  access: Access,
  call: Call,
): Promise<string | undefined> {
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  try {
    const answer = await client.query(xrpc, 'com.atproto.identity.resolveHandle', { handle })
    return readJson(BLUESKY_DIALECT, answer, resolvedSchema).did
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return undefined
    throw error
  }
}
