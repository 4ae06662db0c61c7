import { PlatformFailure, rejected } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type {
  Accepted,
  Committed,
  Connector,
  Draft,
  Looked,
  PublishCall,
  PublishedRef,
} from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeGoogleBusinessAuthorizer } from './auth.ts'
import { makeGoogleBusinessConfirm, POST_REFUSED, readPost } from './confirm.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'
import { askPosts, googlePost, localPostOf, localPostSchema, postsPath } from './local-posts.ts'
import { googleBusinessSettings } from './settings.ts'
import { GOOGLE_BUSINESS_LIMITS, validateGoogleBusiness } from './validate.ts'

export function makeGoogleBusinessConnector(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): Connector {
  return {
    platform: 'google_business',
    limits: GOOGLE_BUSINESS_LIMITS,
    kinds: ['update', 'event', 'offer'],
    auth: makeGoogleBusinessAuthorizer(hosts),
    settingsSchema: describeSettings(googleBusinessSettings),
    validate: validateGoogleBusiness,
    commit: (draft, access, call) => commit(hosts, draft, access, call),
    confirm: makeGoogleBusinessConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    lookup: (post, access, call) => lookup(hosts, post, access, call),
    whereToCheck: (handle) => `Look at the updates of ${handle} in Google Business Profile.`,
  }
}

/**
 * https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts/create
 * The photo is fetched by Google during the call. A 200 is no publication yet: review follows.
 */
async function commit(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: PublishCall,
): Promise<Committed | Accepted> {
  const json = localPostOf(draft, call.media)
  const request = { method: 'POST' as const, path: postsPath(access), json }
  const answer = await askPosts(hosts, request, access, call, 'irreversible')
  const post = readJson(GOOGLE_BUSINESS_DIALECT, answer, localPostSchema, 'irreversible')
  if (post.state === 'LIVE') return googlePost(post)
  const { code, message } = POST_REFUSED
  if (post.state === 'REJECTED') throw rejected({ code, message })
  return { accepted: { name: post.name } }
}

/** https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts/delete */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  try {
    await askPosts(hosts, { method: 'DELETE', path: post.platformPostId }, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'google_business_not_found') return
    throw error
  }
}

async function lookup(
  hosts: PlatformHosts,
  ref: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  const post = await readPost(hosts, ref.platformPostId, access, call)
  if (post === undefined || post.state === 'REJECTED') return { state: 'removed' }
  if (post.state !== 'LIVE') return { state: 'unknown' }
  return { state: 'live', permalink: post.searchUrl ?? ref.permalink ?? null }
}
