import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type {
  Attempt,
  Committed,
  Confirmation,
  Connector,
  Draft,
  Looked,
  PublishedRef,
} from '../connector.ts'
import { describeSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince } from '../timing.ts'
import { makeBlueskyAuthorizer } from './auth.ts'
import { type BlueskyClient, makeBlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { findGate, gatesOf, writeGate } from './gates.ts'
import { BLUESKY_LIMITS, validateBluesky } from './limits.ts'
import { holds, lookUp } from './lookup.ts'
import { makeFacets } from './mentions.ts'
import { prepareBluesky, warningsOf } from './prepare.ts'
import { type BlueskyState, readState } from './prepared-state.ts'
import {
  blueskyPost,
  COLLECTION,
  keyOf,
  makeRecord,
  partsOfUri,
  permalinkOf,
  writtenSchema,
} from './record.ts'
import { blueskySettings } from './settings.ts'

/** https://docs.bsky.app/docs/advanced-guides/entryway */
export const BLUESKY_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://bsky.social',
  authBaseUrl: 'https://bsky.social',
  webBaseUrl: 'https://bsky.app',
  services: {
    // The directory of accounts: https://web.plc.directory
    plc: 'https://plc.directory',
    // https://docs.bsky.app/docs/tutorials/video
    video: 'https://video.bsky.app',
  },
}

const KINDS = ['text', 'link', 'link_card', 'image', 'album', 'gif', 'video', 'thread', 'quote']

export function makeBlueskyConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  const client = makeBlueskyClient(hosts)
  return {
    platform: 'bluesky',
    limits: BLUESKY_LIMITS,
    kinds: KINDS,
    auth: makeBlueskyAuthorizer(hosts, client),
    settingsSchema: describeSettings(blueskySettings),
    validate: validateBluesky,
    extras: gatesOf,
    prepare: (draft, access, call, bench) =>
      prepareBluesky(draft, { hosts, client, access, call, bench, now: timing.now }),
    commit: async (draft, access, call, prepared) => {
      if (draft.role === 'extra') return writeGate(client, draft, access, call)
      const state = readState(prepared)
      assertUploaded(draft, state)
      const facets = state.facets ?? (await makeFacets(client, draft.text, access, call))
      return commit({ hosts, client, access, call }, draft, { ...state, facets })
    },
    confirm: (attempt, access, call) => confirm({ hosts, client, access, call }, attempt, timing),
    remove: (post, access, call) => remove(client, post, access, call),
    lookup: (post, access, call) => lookUpPost({ hosts, client, access, call }, post),
    whereToCheck: (handle) =>
      `Look at the newest posts of @${handle.replace(/^@/, '')} on Bluesky.`,
  }
}

interface Session {
  hosts: PlatformHosts
  client: BlueskyClient
  access: Access
  call: Call
}

/**
 * `putRecord` with `swapRecord: null` under our own key: creates the post, does nothing when exactly
 * it is there already, and is refused when anything else is.
 */
async function commit(session: Session, draft: Draft, state: BlueskyState): Promise<Committed> {
  const { hosts, client, access, call } = session
  const record = makeRecord(draft, state)
  const xrpc = { serviceUrl: access.serviceUrl, access, call, effect: 'irreversible' as const }
  const warnings = warningsOf(draft, state)
  try {
    const answer = await client.procedure(xrpc, 'com.atproto.repo.putRecord', {
      repo: access.accountId,
      collection: COLLECTION,
      rkey: keyOf(draft),
      record,
      swapRecord: null,
    })
    const written = readJson(BLUESKY_DIALECT, answer, writtenSchema, 'irreversible')
    return blueskyPost(hosts, access, written, warnings)
  } catch (error) {
    if (!isTaken(error)) throw error
    return blueskyPost(hosts, access, await whatIsThere(session, draft, error), warnings)
  }
}

/** The key is taken: by an earlier try of ours, or (never seen) by something else. */
async function whatIsThere(
  { client, access, call }: Session,
  draft: Draft,
  taken: PlatformFailure,
): Promise<{ uri: string; cid: string }> {
  const held = await lookUp(client, draft, access, call).catch(() => {
    // Whatever hinders the look, the key is taken: unknown until confirm has looked again.
    throw taken
  })
  if (held.state === 'ours') return held
  if (held.state === 'none') throw taken
  const message = 'Another post was written under the key of this one. Please try again.'
  throw rejected({ code: 'bluesky_key_taken', message, cause: taken })
}

async function confirm(
  { hosts, client, access, call }: Session,
  attempt: Attempt,
  timing: ConfirmTiming,
): Promise<Confirmation> {
  const { draft } = attempt
  // Read before the look: what arrives while we look must not count as absent.
  const quiet = quietSince(attempt, timing)
  const nothing: Confirmation = quiet
    ? { outcome: 'absent' }
    : { outcome: 'cannot_tell', message: 'The post may still arrive; Clarion looks again.' }
  if (draft.role === 'extra') return (await findGate(client, draft, access, call)) ?? nothing
  const held = await lookUp(client, draft, access, call)
  if (held.state === 'ours') {
    const warnings = warningsOf(draft, readState(attempt.prepared))
    return { outcome: 'found', post: blueskyPost(hosts, access, held, warnings) }
  }
  if (held.state === 'none') return nothing
  return { outcome: 'cannot_tell', message: 'Bluesky holds a changed version of this post.' }
}

/** Deleting what is not there is no error for a PDS. */
async function remove(
  client: BlueskyClient,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const body = { repo: access.accountId, ...partsOfUri(post.platformPostId) }
  await client.procedure(xrpc, 'com.atproto.repo.deleteRecord', body)
}

async function lookUpPost(session: Session, { platformPostId }: PublishedRef): Promise<Looked> {
  const { hosts, client, access, call } = session
  const { collection, rkey } = partsOfUri(platformPostId)
  const isThere = await holds(client, { collection, rkey }, access, call)
  if (!isThere) return { state: 'removed' }
  const isPost = collection === COLLECTION
  return { state: 'live', permalink: isPost ? permalinkOf(hosts, access, platformPostId) : null }
}

/** A post must never appear without its files. */
function assertUploaded({ media }: Draft, { blobs = [] }: BlueskyState): void {
  if (blobs.length >= media.length) return
  const message = 'The files of the post are not at Bluesky yet. They are uploaded again.'
  throw transient({ code: 'bluesky_not_prepared', message, startOver: true })
}

function isTaken(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && error.code === 'bluesky_record_exists'
}
