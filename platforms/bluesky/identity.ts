import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Account, AccountAccess } from '../authorizer.ts'
import type { Call } from '../call.ts'
import type { BlueskyClient, Xrpc } from './client.ts'
import { accountClosed, BLUESKY_DIALECT } from './errors.ts'
import { pdsOf } from './session.ts'

const getSessionSchema = z.object({
  did: z.string().startsWith('did:'),
  handle: z.string(),
  active: z.boolean().optional(),
  didDoc: z.unknown().optional(),
})

const profileSchema = z.object({
  displayName: z.string().optional(),
  avatar: z.string().optional(),
})

/** The session's account, by its DID: handles change. */
export async function identify(
  client: BlueskyClient,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const answer = await client.query(xrpc, 'com.atproto.server.getSession', {})
  const session = readJson(BLUESKY_DIALECT, answer, getSessionSchema)
  if (session.active === false) throw accountClosed()
  const serviceUrl = pdsOf(session.didDoc) ?? access.serviceUrl
  const profile = await readProfile(client, { ...xrpc, serviceUrl }, session.did)
  return {
    platformAccountId: session.did,
    handle: session.handle,
    displayName: profile.displayName || null,
    profileImageUrl: profile.avatar ?? null,
    kind: 'personal',
    ...(serviceUrl === undefined ? {} : { serviceUrl }),
  }
}

/** Comes from the app view, which a PDS may not have: an account without a picture is fine. */
async function readProfile(
  client: BlueskyClient,
  xrpc: Xrpc,
  did: string,
): Promise<z.output<typeof profileSchema>> {
  try {
    const answer = await client.query(xrpc, 'app.bsky.actor.getProfile', { actor: did })
    return readJson(BLUESKY_DIALECT, answer, profileSchema)
  } catch (error) {
    if (error instanceof PlatformFailure) return {}
    throw error
  }
}
