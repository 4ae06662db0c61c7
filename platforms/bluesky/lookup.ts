import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call } from '../call.ts'
import type { Draft } from '../connector.ts'
import type { BlueskyClient } from './client.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { COLLECTION, keyOf, writtenSchema } from './record.ts'

const recordSchema = writtenSchema.extend({
  value: z.object({ text: z.string().optional(), createdAt: z.string().optional() }),
})

export type Held =
  | { state: 'ours'; uri: string; cid: string }
  | { state: 'other' }
  | { state: 'none' }

/**
 * What the repository holds under the draft's key. Text and time decide, not bytes: a mention may
 * have resolved to somebody else between two tries.
 */
export async function lookUp(
  client: BlueskyClient,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Held> {
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const query = { repo: access.accountId, collection: COLLECTION, rkey: keyOf(draft) }
  try {
    const answer = await client.query(xrpc, 'com.atproto.repo.getRecord', query)
    const { uri, cid, value } = readJson(BLUESKY_DIALECT, answer, recordSchema)
    const ours = value.text === draft.text && value.createdAt === draft.createdAt.toISOString()
    return ours ? { state: 'ours', uri, cid } : { state: 'other' }
  } catch (error) {
    if (isNotFound(error)) return { state: 'none' }
    throw error
  }
}

/** Whether the account's repository has a record. */
export async function holds(
  client: BlueskyClient,
  key: { collection: string; rkey: string },
  access: Access,
  call: Call,
): Promise<boolean> {
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  try {
    const query = { repo: access.accountId, ...key }
    await client.query(xrpc, 'com.atproto.repo.getRecord', query)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === 'bluesky_record_not_found'
}
