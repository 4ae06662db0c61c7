import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Connector, Draft, Looked, PublishedRef } from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeMastodonAuthorizer } from './auth.ts'
import { askInstance, instanceOf } from './client.ts'
import { makeMastodonConfirm } from './confirm.ts'
import { MASTODON_DIALECT } from './errors.ts'
import { MASTODON_LIMITS, validateMastodon } from './limits.ts'
import type { Uploader } from './media.ts'
import { prepareMastodon, uploadedIds } from './prepare.ts'
import { mastodonSettings } from './settings.ts'
import { mastodonPost, statusBody, statusSchema } from './status.ts'

const KINDS = ['text', 'link', 'image', 'album', 'gif', 'video', 'poll', 'thread', 'reply', 'quote']

/** The server meant when a person names none: https://joinmastodon.org/servers */
export const MASTODON_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://mastodon.social',
  authBaseUrl: 'https://mastodon.social',
}

export function makeMastodonConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'mastodon',
    limits: MASTODON_LIMITS,
    kinds: KINDS,
    auth: makeMastodonAuthorizer(hosts),
    settingsSchema: describeSettings(mastodonSettings),
    validate: validateMastodon,
    prepare: async (draft, access, call, bench) => {
      const instance = instanceOf(hosts, access.serviceUrl)
      return prepareMastodon(draft, { instance, access, call }, bench)
    },
    commit: async (draft, access, call, prepared) => {
      const instance = instanceOf(hosts, access.serviceUrl)
      return commit({ instance, access, call }, draft, uploadedIds(draft, prepared))
    },
    confirm: makeMastodonConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    lookup: (post, access, call) => lookUp(hosts, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest posts of @${handle.replace(/^@/, '')} on its Mastodon server.`,
  }
}

/**
 * https://docs.joinmastodon.org/methods/statuses/#create. The key makes servers return the first
 * post for an hour; some ignore it, so it is a second net and no licence to send again.
 */
async function commit(
  { instance, access, call }: Uploader,
  draft: Draft,
  mediaIds: readonly string[],
): Promise<Committed> {
  const request = {
    method: 'POST' as const,
    path: '/api/v1/statuses',
    token: access.accessToken,
    headers: { 'idempotency-key': draft.idempotencyKey },
    json: statusBody(draft, mediaIds),
  }
  const answer = await askInstance(instance, request, call, 'irreversible')
  const status = readJson(MASTODON_DIALECT, answer, statusSchema, 'irreversible')
  return mastodonPost(status, draft)
}

/** https://docs.joinmastodon.org/methods/statuses/#delete; gone already counts as removed. */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const path = `/api/v1/statuses/${encodeURIComponent(post.platformPostId)}`
  const request = { method: 'DELETE' as const, path, token: access.accessToken }
  try {
    await askInstance(instanceOf(hosts, access.serviceUrl), request, call)
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
}

/** https://docs.joinmastodon.org/methods/statuses/#get */
async function lookUp(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  const path = `/api/v1/statuses/${encodeURIComponent(post.platformPostId)}`
  const request = { method: 'GET' as const, path, token: access.accessToken }
  try {
    const answer = await askInstance(instanceOf(hosts, access.serviceUrl), request, call)
    const { permalink } = mastodonPost(readJson(MASTODON_DIALECT, answer, statusSchema))
    return { state: 'live', permalink }
  } catch (error) {
    if (isNotFound(error)) return { state: 'removed' }
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === 'mastodon_not_found'
}
