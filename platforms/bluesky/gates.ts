import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call } from '../call.ts'
import type { Committed, Confirmation, Content, Draft } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import type { BlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { partsOfUri, writtenSchema } from './record.ts'
import { type BlueskySettings, blueskySettings } from './settings.ts'

/** Records beside the post, under the same key: who may reply, who may quote. */
export const GATES = ['threadgate', 'postgate'] as const

const RULES = {
  mention: 'app.bsky.feed.threadgate#mentionRule',
  follower: 'app.bsky.feed.threadgate#followerRule',
  following: 'app.bsky.feed.threadgate#followingRule',
} as const

export function gatesOf({ settings }: Pick<Content, 'settings'>): string[] {
  const parsed = blueskySettings.safeParse(settings)
  if (!parsed.success) return []
  const wanted = { threadgate: parsed.data.threadgate, postgate: parsed.data.disable_quotes }
  return GATES.filter((gate) => wanted[gate])
}

/**
 * Writes one gate; writing it again changes nothing.
 * https://docs.bsky.app/docs/tutorials/thread-gates
 */
export async function writeGate(
  client: BlueskyClient,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  const post = draft.root?.platformPostId ?? ''
  const { collection, record } = gateOf(draft, post)
  const xrpc = { serviceUrl: access.serviceUrl, access, call, effect: 'irreversible' as const }
  const answer = await client.procedure(xrpc, 'com.atproto.repo.putRecord', {
    repo: access.accountId,
    collection,
    rkey: partsOfUri(post).rkey,
    record,
  })
  return toCommitted(readJson(BLUESKY_DIALECT, answer, writtenSchema, 'irreversible'))
}

/** Whether the gate is there. One read of one key decides, as it does for posts. */
export async function findGate(
  client: BlueskyClient,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Extract<Confirmation, { outcome: 'found' }> | undefined> {
  const { rkey } = partsOfUri(draft.root?.platformPostId ?? '')
  const query = { repo: access.accountId, collection: `app.bsky.feed.${draft.extra}`, rkey }
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  try {
    const answer = await client.query(xrpc, 'com.atproto.repo.getRecord', query)
    const post = toCommitted(readJson(BLUESKY_DIALECT, answer, writtenSchema))
    return { outcome: 'found', post }
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'bluesky_record_not_found') {
      return undefined
    }
    throw error
  }
}

function gateOf({ extra, settings, createdAt }: Draft, post: string) {
  const collection = `app.bsky.feed.${extra}`
  const base = { $type: collection, post, createdAt: createdAt.toISOString() }
  const { threadgate }: BlueskySettings = parseSettings(blueskySettings, settings)
  if (extra === 'threadgate') {
    const allow = (threadgate?.allow ?? []).map((who) => ({ $type: RULES[who] }))
    return { collection, record: { ...base, allow } }
  }
  const embeddingRules = [{ $type: 'app.bsky.feed.postgate#disableRule' }]
  return { collection, record: { ...base, embeddingRules } }
}

/** Nobody can look at a gate by itself. */
function toCommitted({ uri, cid }: { uri: string; cid: string }): Committed {
  return { platformPostId: uri, permalink: null, metadata: { cid } }
}
