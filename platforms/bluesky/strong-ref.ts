import { PlatformFailure, rejected } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Draft, PublishedRef } from '../connector.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { resolveHandle } from './mentions.ts'
import type { StrongRef } from './prepared-state.ts'
import { answeredBy, COLLECTION, partsOfUri, writtenSchema } from './record.ts'
import type { Preparation } from './video.ts'

/** The post to quote as it is now: a quote names its exact version. */
export async function readQuote(work: Preparation, asked: string): Promise<StrongRef> {
  const uri = asked.startsWith('at://') ? asked : await uriOf(work, asked)
  const found = uri && (await readRef(work, uri))
  if (found) return found
  const message = 'Bluesky does not show the post that should be quoted. It may be deleted.'
  throw rejected({ code: 'bluesky_quote_not_found', message })
}

/**
 * What a part of a thread answers. The version of a part that a person found is not known and is
 * asked for; the others are known since they were written.
 */
export async function readAnswered(
  work: Preparation,
  draft: Draft,
): Promise<{ root: StrongRef; parent: StrongRef } | undefined> {
  const answered = answeredBy(draft)
  if (!answered) return undefined
  const root = await versionOf(work, answered.root)
  const isSame = answered.parent.platformPostId === answered.root.platformPostId
  return { root, parent: isSame ? root : await versionOf(work, answered.parent) }
}

async function versionOf(work: Preparation, post: PublishedRef): Promise<StrongRef> {
  const { platformPostId: uri, metadata } = post
  if (metadata?.cid) return { uri, cid: metadata.cid }
  const found = await readRef(work, uri)
  if (found) return found
  const message = 'Bluesky does not hold the post that this part answers. It may be deleted.'
  throw rejected({ code: 'bluesky_parent_not_found', message })
}

/**
 * Undefined when there is no such post. A server reads posts of other servers for us.
 * https://docs.bsky.app/docs/api/com-atproto-repo-get-record
 */
async function readRef(work: Preparation, at: string): Promise<StrongRef | undefined> {
  const { client, access, call } = work
  const [repo = ''] = at.replace('at://', '').split('/')
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  try {
    const query = { repo, ...partsOfUri(at) }
    const answer = await client.query(xrpc, 'com.atproto.repo.getRecord', query)
    const { uri, cid } = readJson(BLUESKY_DIALECT, answer, writtenSchema)
    return { uri, cid }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Of its own accounts a server says “RecordNotFound”, of others that it could not locate it. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof PlatformFailure) || error.kind !== 'rejected') return false
  return error.code === 'bluesky_record_not_found' || error.httpStatus === 400
}

/** `https://bsky.app/profile/{handle or DID}/post/{key}` */
async function uriOf(work: Preparation, address: string): Promise<string | undefined> {
  const [, who = '', key = ''] = /\/profile\/([^/]+)\/post\/([^/?#]+)/.exec(address) ?? []
  const { client, access, call } = work
  const did = who.startsWith('did:') ? who : await resolveHandle(client, who, access, call)
  return did && `at://${did}/${COLLECTION}/${key}`
}
