import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call } from '../call.ts'
import type { BlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { type Facet, findSpans, toFacets } from './facets.ts'

const resolvedSchema = z.object({ did: z.string().startsWith('did:') })

/** The facets of a text, its mentions looked up. */
export async function makeFacets(
  client: BlueskyClient,
  text: string,
  access: Access,
  call: Call,
): Promise<Facet[]> {
  const spans = findSpans(text)
  const handles = spans.flatMap((span) => (span.kind === 'mention' ? [span.handle] : []))
  return toFacets(text, spans, await resolveHandles(client, new Set(handles), access, call))
}

async function resolveHandles(
  client: BlueskyClient,
  handles: ReadonlySet<string>,
  access: Access,
  call: Call,
): Promise<Map<string, string>> {
  const entries = await Promise.all(
    [...handles].map(
      async (handle) => [handle, await resolveHandle(client, handle, access, call)] as const,
    ),
  )
  return new Map(entries.flatMap(([handle, did]) => (did === undefined ? [] : [[handle, did]])))
}

/** Undefined when nobody owns the handle; trouble of the server is thrown, nothing is sent yet. */
export async function resolveHandle(
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
