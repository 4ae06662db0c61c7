import { PlatformFailure, rejected } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Committed, Connector, Draft, PublishedRef } from '../connector.ts'
import { describeSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince } from '../timing.ts'
import { makeBlueskyAuthorizer } from './auth.ts'
import { type BlueskyClient, makeBlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { BLUESKY_LIMITS, blueskySettings, validateBluesky } from './limits.ts'
import { lookUp } from './lookup.ts'
import { blueskyPost, COLLECTION, keyOf, makeRecord, writtenSchema } from './record.ts'

/** https://docs.bsky.app/docs/advanced-guides/entryway */
export const BLUESKY_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://bsky.social',
  authBaseUrl: 'https://bsky.social',
  webBaseUrl: 'https://bsky.app',
  // The directory of accounts: https://web.plc.directory
  services: { plc: 'https://plc.directory' },
}

export function makeBlueskyConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  const client = makeBlueskyClient(hosts)
  return {
    platform: 'bluesky',
    limits: BLUESKY_LIMITS,
    auth: makeBlueskyAuthorizer(hosts, client),
    settingsSchema: describeSettings(blueskySettings),
    validate: validateBluesky,
    commit: (draft, access, call) => commit(hosts, client, draft, access, call),
    confirm: (attempt, access, call) => confirm({ hosts, client, timing }, attempt, access, call),
    remove: (post, access, call) => remove(client, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest posts of @${handle.replace(/^@/, '')} on Bluesky.`,
  }
}

/**
 * `putRecord` with `swapRecord: null` under our own key: creates the post, does nothing when exactly
 * it is there already, and is refused when anything else is.
 */
async function commit(
  hosts: PlatformHosts,
  client: BlueskyClient,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  const record = await makeRecord(client, draft, access, call)
  const xrpc = {
    serviceUrl: access.serviceUrl,
    access,
    call,
    effect: 'irreversible' as const,
  }
  try {
    const answer = await client.procedure(xrpc, 'com.atproto.repo.putRecord', {
      repo: access.accountId,
      collection: COLLECTION,
      rkey: keyOf(draft),
      record,
      swapRecord: null,
    })
    const written = readJson(BLUESKY_DIALECT, answer, writtenSchema, 'irreversible')
    return blueskyPost(hosts, access, written)
  } catch (error) {
    if (!isTaken(error)) throw error
    return whatIsThere({ hosts, client }, draft, access, call, error)
  }
}

/** The key is taken: by an earlier try of ours, or (never seen) by something else. */
async function whatIsThere(
  { hosts, client }: { hosts: PlatformHosts; client: BlueskyClient },
  draft: Draft,
  access: Access,
  call: Call,
  taken: PlatformFailure,
): Promise<Committed> {
  const held = await lookUp(client, draft, access, call).catch(() => {
    // Whatever hinders the look, the key is taken: unknown until confirm has looked again.
    throw taken
  })
  if (held.state === 'ours') return blueskyPost(hosts, access, held)
  if (held.state === 'none') throw taken
  const message = 'Another post was written under the key of this one. Please try again.'
  throw rejected({ code: 'bluesky_key_taken', message, cause: taken })
}

async function confirm(
  parts: { hosts: PlatformHosts; client: BlueskyClient; timing: ConfirmTiming },
  attempt: Attempt,
  access: Access,
  call: Call,
): ReturnType<NonNullable<Connector['confirm']>> {
  // Read before the look: what arrives while we look must not count as absent.
  const quiet = quietSince(attempt, parts.timing)
  const held = await lookUp(parts.client, attempt.draft, access, call)
  if (held.state === 'ours') {
    return { outcome: 'found', post: blueskyPost(parts.hosts, access, held) }
  }
  if (held.state === 'other') {
    return { outcome: 'cannot_tell', message: 'Bluesky holds a changed version of this post.' }
  }
  if (quiet) return { outcome: 'absent' }
  return { outcome: 'cannot_tell', message: 'The post may still arrive; Clarion looks again.' }
}

/** Deleting what is not there is no error for a PDS. */
async function remove(
  client: BlueskyClient,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const rkey = post.platformPostId.split('/').at(-1) ?? ''
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const body = { repo: access.accountId, collection: COLLECTION, rkey }
  await client.procedure(xrpc, 'com.atproto.repo.deleteRecord', body)
}

function isTaken(error: unknown): error is PlatformFailure {
  return error instanceof PlatformFailure && error.code === 'bluesky_record_exists'
}
